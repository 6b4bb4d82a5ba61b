/** Runs a mission's quality gates over milestones whose tasks are all closed, and writes down what came of it. */
import { listed } from '../base/text.ts';
import { tailLines } from '../base/tail.ts';
import { HostError, type Host } from '../host/host.ts';
import { correctionEntry } from '../mission/scratchpad.ts';
import { isFinished } from '../mission/select.ts';
import { settled } from '../mission/settle.ts';
import { appendTask } from '../mission/tasks.ts';
import type { Mission } from '../model/fleet.ts';
import type { GatesEntry, MilestoneEntry, MissionFile, Task } from '../model/mission.ts';
import { seeRecord } from '../observe/mission.ts';
import { changeMission } from './change.ts';
import { MissionError } from './error.ts';
import { withMission } from './store.ts';

/** Gates that take longer have hung. */
const TIMEOUT_MS = 3_600_000;
const TAIL_LINES = 40;
const TAIL_BYTES = 64 * 1024;
const LONGEST_LINE = 300;

export interface GatesWish {
  milestones: readonly string[];
  /** A shell line: it is written by whoever writes the fleet file or the mission, and meant for a shell. */
  command: string;
  /** Where it is run. */
  workplace: string;
  /** The fleet file's mission; absent where there is none. */
  wish?: Mission;
  /** Aborted: the gates are ended, and nothing is written of them. */
  signal: AbortSignal;
}

export type GatesResult =
  | { result: 'passed'; completed: string[] }
  /** Without an exit code they did not end by themselves. */
  | { result: 'failed'; exitCode?: number; remediation?: string; log: string; tail: string }
  | { result: 'interrupted' };

/**
 * When they pass, the milestones are completed. When they fail, a task to mend it is appended to TASKS.md, a correction with
 * the end of what they printed to the scratchpad, and the milestones stay open.
 *
 * Throws HostError, and MissionError: `conflict` when a session or other gates are at work, or a milestone is not finished any more.
 */
export async function runGates(host: Host, project: string, wish: GatesWish): Promise<GatesResult> {
  await begin(host, project, wish);
  try {
    return await judged(host, project, wish);
  } catch (error) {
    // That they run no more is written down, whatever came of them: else whoever looks would wait for this process to end.
    await forget(host, project, wish.milestones);
    throw error;
  }
}

async function judged(host: Host, project: string, wish: GatesWish): Promise<GatesResult> {
  const { places } = seeRecord(host, project);
  // What they print goes into the file at once, however much it is, and is there to be followed.
  const script = '( eval "$1" ) >"$2" 2>&1 </dev/null';
  const ran = await host.exec('sh', ['-c', script, 'sh', wish.command, places.gatesLog], {
    cwd: wish.workplace,
    timeoutMs: TIMEOUT_MS,
    signal: wish.signal,
  });
  // Who ran them is gone then: the next look takes them for due again.
  if (wish.signal.aborted) return { result: 'interrupted' };
  if (ran.failure === 'missing' || ran.failure === 'not-started')
    throw new MissionError('invalid', `the quality gates could not be started: ${ran.message ?? ''}`);
  if (ran.code === 0) return passed(host, project, wish);
  return failed(host, project, wish, ran.code, await tailOf(host, places.gatesLog));
}

/** What went wrong before it is what is told; that this did too is seen by the next look. */
async function forget(host: Host, project: string, milestones: readonly string[]): Promise<void> {
  try {
    await changeMission(host, project, (record) =>
      withGates(record, milestones, (gates) => gates && { ...gates, pid: 0 }),
    );
  } catch (error) {
    if (!(error instanceof MissionError || error instanceof HostError)) throw error;
  }
}

const nowOf = ({ clock }: Host): string => new Date(clock.now()).toISOString();

/** Says that they run, and who runs them: whoever looks meanwhile leaves the mission alone. */
async function begin(host: Host, project: string, { milestones, workplace }: GatesWish): Promise<void> {
  const { facts, processes } = host;
  await withMission(host, project, (files) => {
    if (files.gatesRunning) throw new MissionError('conflict', 'its quality gates run already');
    if (files.lock.kind === 'elsewhere' || files.lock.kind === 'corrupt')
      throw new MissionError('conflict', 'whether a session is at work in the same files cannot be told', {
        fix: `Look at ${files.places.lock}.`,
      });
    if (files.lock.kind === 'live' || files.lock.kind === 'starting')
      throw new MissionError('conflict', `${files.lock.lock.session_id} is at work in the same files`, {
        fix: 'Wait for it to end.',
      });
    const tasks = files.tasks.known ? (files.tasks.value ?? []) : [];
    const open = milestones.filter((id) => !isFinished(tasks, id));
    if (open.length > 0)
      throw new MissionError('conflict', `not all tasks of ${listed(open)} are done or cancelled`);
    const ticks = processes.startTime(facts.pid);
    const gates = (before: GatesEntry | undefined): GatesEntry => ({
      started_at: nowOf(host),
      pid: facts.pid,
      ...(ticks === undefined ? {} : { pid_start_time: ticks }),
      boot_id: facts.bootId,
      ...(workplace === project ? {} : { workplace }),
      failures: before?.failures ?? 0,
    });
    return { record: () => withGates(files.record, milestones, gates), result: undefined };
  });
}

async function passed(host: Host, project: string, { milestones, wish }: GatesWish): Promise<GatesResult> {
  const now = host.clock.now();
  const record = await changeMission(host, project, (before, tasks) => {
    // What was added while they ran they have not seen.
    const still = new Set(milestones.filter((id) => isFinished(tasks, id)));
    const gated = withGates(before, milestones, (gates, id) =>
      still.has(id)
        ? { ...startedGates(host, gates), ended_at: nowOf(host), exit_code: 0, failures: 0 }
        : undefined,
    );
    return settled(gated, wish, tasks, now);
  });
  const completed = record.milestones.filter(
    ({ id, status }) => status === 'completed' && milestones.includes(id),
  );
  return { result: 'passed', completed: completed.map(({ id }) => id) };
}

function failed(
  host: Host,
  project: string,
  { milestones, command }: GatesWish,
  exitCode: number | undefined,
  tail: string,
): Promise<GatesResult> {
  const when = nowOf(host);
  return withMission(host, project, ({ places, record, tasks }) => {
    const list = tasks.known ? (tasks.value ?? []) : [];
    const milestone = milestones.at(-1) ?? '';
    const remediation = remediationId(record, list, milestone);
    const how = exitCode === undefined ? 'did not end by themselves' : `failed with exit ${exitCode}`;
    return {
      tasks: (text) =>
        appendTask(text, {
          id: remediation,
          milestone,
          description: `Mend what the quality gates found: ${command}`,
          notes: `they ${how}; the scratchpad has the end of their output`,
        }),
      scratchpad: correctionEntry({
        milestone: listed([...milestones]),
        when,
        exitCode,
        outputTail: tail,
        remediation,
      }),
      record: () =>
        withGates(record, milestones, (gates) => ({
          ...startedGates(host, gates),
          ended_at: when,
          ...(exitCode === undefined ? {} : { exit_code: exitCode }),
          failures: (gates?.failures ?? 0) + 1,
          remediation,
        })),
      result: {
        result: 'failed' as const,
        ...(exitCode === undefined ? {} : { exitCode }),
        remediation,
        log: places.gatesLog,
        tail,
      },
    };
  });
}

/** The end of what they printed, however much that was. */
async function tailOf(host: Host, log: string): Promise<string> {
  const { code, stdout } = await host.exec('tail', ['-c', String(TAIL_BYTES), '--', log]);
  if (code !== 0) return '';
  return tailLines(stdout, TAIL_LINES)
    .split('\n')
    .map((line) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)} …` : line))
    .join('\n');
}

/** Such as `FIX-M1-2`: free among the ids of the table. */
function remediationId({ task_prefix }: MissionFile, tasks: readonly Task[], milestone: string): string {
  const taken = new Set(tasks.map(({ id }) => id));
  const stem = `${task_prefix ?? ''}FIX-${milestone}`;
  for (let number = 1; ; number++) if (!taken.has(`${stem}-${number}`)) return `${stem}-${number}`;
}

const startedGates = (host: Host, gates: GatesEntry | undefined): GatesEntry =>
  gates ?? { started_at: nowOf(host), pid: host.facts.pid, boot_id: host.facts.bootId, failures: 0 };

function withGates(
  record: MissionFile,
  ids: readonly string[],
  change: (before: GatesEntry | undefined, id: string) => GatesEntry | undefined,
): MissionFile {
  const milestones = record.milestones.map((milestone): MilestoneEntry => {
    if (!ids.includes(milestone.id)) return milestone;
    const { gates, ...rest } = milestone;
    const after = change(gates, milestone.id);
    return after === undefined ? rest : { ...rest, gates: after };
  });
  return { ...record, milestones };
}
