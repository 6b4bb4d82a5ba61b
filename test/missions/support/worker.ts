/**
 * The program of a mission's agent in these tests. It does what an agent would: finds its session by its environment, begins with
 * the capsule's task, works tasks off TASKS.md, commits each; and stops as its orders say. It is run as a file of its own, so it
 * imports nothing but node.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What one session does. */
export interface Order {
  /** It ends after so many tasks; absent: when none is left. */
  tasks?: number;
  /** The status that it ends with; 0 unless told. */
  exit?: number;
  /** It is dead in the middle of these tasks, by SIGKILL of its own. */
  dieOn?: string[];
  /** In the middle of these it stops, and lives on without doing anything. */
  hangOn?: string[];
  /** It gives these up: failed. */
  failOn?: string[];
  /** Before it ends it leaves a handoff in the scratchpad. */
  handoff?: boolean;
  /** It does nothing but set this task to done, or when it is done, back. */
  toggle?: string;
  /** While that file is not there, it ends with status 1 at once. */
  needs?: string;
  /** It dies or fails as soon as it is up: else only once its start is written down. */
  atOnce?: boolean;
  /** It writes down these tasks first: rows of the table. */
  plan?: string[];
}

/** One line of the log. */
export interface Deed {
  agent: string;
  session: string;
  pid: number;
  /** `up`: the program started. `half`: in the middle of a task. `did`: the task's result is committed. `end`: it ends by itself. */
  what: 'up' | 'half' | 'did' | 'end';
  task?: string;
  /** The task had been begun by an earlier session. */
  recovered?: boolean;
  cwd?: string;
  args?: string[];
  env?: Record<string, string>;
}

const [orders = '', ...args] = process.argv.slice(2);
const { MOSAIC_PROJECT: project = '', MOSAIC_AGENT: agent = '', MOSAIC_MISSION: mission = '' } = process.env;
const orchestrator = `${project}/.mosaic/orchestrator`;
const tasksFile = `${project}/docs/TASKS.md`;

/** Moved into place: nobody ever reads half of it. */
function put(path: string, text: string): void {
  writeFileSync(`${path}.of-${agent}`, text);
  renameSync(`${path}.of-${agent}`, path);
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

/** The first order of the list, which is taken off it; the last one stays. */
function takeOrder(): Order {
  const path = `${orders}/${agent}.json`;
  const [first = {}, ...rest] = json(path) as Order[];
  if (rest.length > 0) put(path, JSON.stringify(rest));
  return first;
}

const session = existsSync(`${orchestrator}/session.lock`)
  ? (json(`${orchestrator}/session.lock`) as { session_id: string }).session_id
  : '';

function tell(deed: Omit<Deed, 'agent' | 'session' | 'pid'>): void {
  appendFileSync(`${orders}/log.jsonl`, `${JSON.stringify({ agent, session, pid: process.pid, ...deed })}\n`);
}

const cellsOf = (line: string): string[] => line.split('|').map((cell) => cell.trim());

/** Rows of the table: a line that begins with a pipe and has one of the known words as its status. */
const rows = (): { id: string; status: string }[] =>
  readFileSync(tasksFile, 'utf8')
    .split('\n')
    .map(cellsOf)
    .flatMap(([before, id = '', status = '']) =>
      before === '' && /^(?:not-started|in-progress|done|blocked|failed|cancelled)$/.test(status)
        ? [{ id, status }]
        : [],
    );

function setStatus(id: string, status: string): void {
  const lines = readFileSync(tasksFile, 'utf8').split('\n');
  const changed = lines.map((line) => {
    const cells = line.split('|');
    return cells[1]?.trim() === id ? cells.with(2, ` ${status} `).join('|') : line;
  });
  put(tasksFile, changed.join('\n'));
}

function nextTask(): string | undefined {
  const all = rows();
  const next =
    all.find(({ status }) => status === 'in-progress') ?? all.find(({ status }) => status === 'not-started');
  return next?.id;
}

/** Until mosaic has written down which process this session is. */
async function joined(): Promise<void> {
  const lock = `${orchestrator}/session.lock`;
  while (!existsSync(lock) || (json(lock) as { pid: number }).pid !== process.pid) await sleep(10);
}

function commit(task: string): void {
  if (!existsSync('.git')) return;
  execFileSync('git', ['add', 'work', 'README.md']);
  execFileSync('git', ['commit', '--quiet', '--message', task]);
}

/** @returns whether it goes on with the next */
async function work(task: string, order: Order): Promise<boolean> {
  const part = `work/${task}.part`;
  const recovered = existsSync(part);
  setStatus(task, 'in-progress');
  mkdirSync('work', { recursive: true });
  // What an earlier session has begun is gone on with.
  appendFileSync(part, recovered ? `mended by ${session}\n` : `begun by ${session}\n`);
  if (order.failOn?.includes(task) === true) {
    setStatus(task, 'failed');
    return true;
  }
  const dies = order.dieOn?.includes(task) === true;
  const hangs = order.hangOn?.includes(task) === true;
  if (dies || hangs) {
    appendFileSync('README.md', `half of ${task}\n`);
    tell({ what: 'half', task });
    if (dies) {
      if (order.atOnce !== true) await joined();
      process.kill(process.pid, 'SIGKILL');
    }
    setInterval(() => {}, 1000);
    await new Promise(() => {});
  }
  renameSync(part, `work/${task}.txt`);
  commit(task);
  tell({ what: 'did', task, ...(recovered ? { recovered } : {}) });
  setStatus(task, 'done');
  return true;
}

async function run(): Promise<number> {
  const told = Object.entries(process.env).filter(([name]) => name.startsWith('MOSAIC_'));
  tell({ what: 'up', cwd: process.cwd(), args, env: Object.fromEntries(told) as Record<string, string> });
  const order = takeOrder();
  if (order.needs !== undefined && !existsSync(order.needs)) {
    if (order.atOnce !== true) await joined();
    return 1;
  }
  if (order.plan !== undefined)
    put(tasksFile, [readFileSync(tasksFile, 'utf8').trimEnd(), ...order.plan, ''].join('\n'));
  if (order.toggle !== undefined) {
    const now = rows().find(({ id }) => id === order.toggle)?.status;
    setStatus(order.toggle, now === 'done' ? 'not-started' : 'done');
    return 0;
  }
  const first = (json(`${orchestrator}/next-task.json`) as { next_task: string }).next_task;
  const most = order.tasks ?? Number.POSITIVE_INFINITY;
  for (let count = 0; count < most; count++) {
    const task = count === 0 && first !== '' ? first : nextTask();
    if (task === undefined) break;
    await work(task, order);
  }
  if (order.handoff === true)
    appendFileSync(
      `${project}/docs/scratchpads/${mission}.md`,
      '\n## Handoff\n\n- the rest is for the next\n',
    );
  return order.exit ?? 0;
}

const status = await run();
tell({ what: 'end' });
process.exit(status);
