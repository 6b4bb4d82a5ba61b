/** What a world looks like, without what differs from run to run: pids, times, session ids. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseSessionLock } from '../../src/record/session-lock.ts';
import { parseState } from '../../src/record/state.ts';
import { processesOf } from '../support/processes.ts';
import type { World } from '../support/world.ts';

export interface Picture {
  /** Name, marks, and whether the kickstart is out, of each session. */
  sessions: string[];
  /** Main process by session. */
  pids: Record<string, string>;
  /** Text of every file rendered, by path. */
  files: Record<string, string>;
  /** Agents that have a lock, and whether it names the main process. */
  locks: Record<string, boolean>;
  /** State by agent, of runs only that they are known. */
  state: Record<string, unknown>;
  reloadPending: boolean;
  /** As git lists them, what is not committed in each, and whose mark it bears. */
  worktrees: string[];
  /** How often each agent's program runs. */
  running: Record<string, number>;
  units: string[];
  /** What the agents that answer heard. */
  heard: string[];
  /** Files that belong to an unfinished step. */
  unfinished: string[];
  /** Crash records, which are as many as charged restarts. */
  crashes: number;
}

export async function pictureOf(world: World): Promise<Picture> {
  const { sessions, pids } = await sessionsOf(world);
  const stateFolder = join(world.env['XDG_STATE_HOME'] ?? '', 'mosaic/test');
  const configFolder = world.env['XDG_CONFIG_HOME'] ?? '';
  const records = filesBelow(join(stateFolder, 'crashes')).filter((path) => basename(path) === 'record.json');
  const { state, reloadPending } = stateOf(stateFolder, records.length);
  const all = [...filesBelow(world.home), ...filesBelow(world.path('repositories'))];
  return {
    sessions,
    pids,
    files: Object.fromEntries(filesBelow(configFolder).map((path) => [path, readFileSync(path, 'utf8')])),
    locks: locksOf(stateFolder, pids),
    state,
    reloadPending,
    worktrees: await worktreesOf(world),
    running: await runningOf(world),
    units: await unitsOf(world),
    heard: await heardBy(world),
    unfinished: all.filter(
      (path) => /\.tmp$|\.unfinished|\.lock$|mosaic-index/.test(path) && !isApplyLock(path),
    ),
    crashes: records.length,
  };
}

const isApplyLock = (path: string): boolean => basename(path) === 'apply.lock';

export async function sessionsOf(world: World): Promise<Pick<Picture, 'sessions' | 'pids'>> {
  const format = '#{session_name} #{pane_pid} #{pane_dead} #{s| %[0-9]+||:@mosaic} #{@mosaic_kickstart}';
  const { stdout } = await world.tmux('list-panes', '-a', '-F', format);
  const fields = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '));
  return {
    // A mark may name its pane.
    sessions: fields.map(([name, , ...rest]) => [name, ...rest].join(' ').replace(/%\d+/, '%')).sort(),
    pids: Object.fromEntries(fields.map(([name = '', pid = '']) => [name, pid])),
  };
}

function locksOf(folder: string, pids: Record<string, string>): Record<string, boolean> {
  const names = readdirSync(join(folder, 'locks')).filter((name) => name.endsWith('.json'));
  return Object.fromEntries(
    names.map((name) => {
      const lock = parseSessionLock(readFileSync(join(folder, 'locks', name), 'utf8'));
      const agent = basename(name, '.json');
      return [agent, String(lock.pid) === pids[agent] && lock.agent === agent];
    }),
  );
}

function stateOf(folder: string, crashes: number): Pick<Picture, 'state' | 'reloadPending'> {
  const { agents, reloadPending } = parseState(readFileSync(join(folder, 'state.json'), 'utf8'));
  const state = Object.entries(agents).map(([name, record]) => {
    const { run, ended, restarts, ...rest } = record;
    return [
      name,
      {
        ...rest,
        // Counted on from change to change, one for each crash.
        restarts: name === 'crasher' ? restarts - crashes : restarts,
        run: run === undefined ? 'none' : run.definition,
        ended: ended && [ended.cause, ended.signal, ended.definition, existsSync(ended.record ?? '')],
      },
    ];
  });
  return { state: Object.fromEntries(state) as Record<string, unknown>, reloadPending };
}

async function worktreesOf(world: World): Promise<string[]> {
  const repository = world.path('repositories/app');
  if (!existsSync(repository)) return [];
  const listed = await world.git(repository, 'worktree', 'list', '--porcelain');
  return Promise.all(
    listed.split('\n\n').map(async (entry) => {
      const path = /^worktree (.*)$/m.exec(entry)?.[1] ?? '';
      const status = await world.git(path, 'status', '--porcelain');
      const mark = join(await world.git(path, 'rev-parse', '--absolute-git-dir'), 'mosaic.json');
      const owner = existsSync(mark)
        ? (JSON.parse(readFileSync(mark, 'utf8')) as { agent: string }).agent
        : 'nobody';
      return `${entry}\n${status}\nof ${owner}`;
    }),
  );
}

/** Only agents' main programs: what they start themselves has the same environment and another parent. */
async function runningOf(world: World): Promise<Record<string, number>> {
  const { stdout } = await world.tmux('display-message', '-p', '#{pid}');
  assert.match(stdout, /^\d+\n$/);
  const counts: Record<string, number> = {};
  for (const { pid } of processesOf(world.folder)) {
    const agent = agentOf(pid);
    if (agent !== undefined && agentOf(parentOf(pid)) !== agent) counts[agent] = (counts[agent] ?? 0) + 1;
  }
  return counts;
}

function agentOf(pid: number | string): string | undefined {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
    return /(?:^|\0)MOSAIC_AGENT=([^\0]*)/.exec(environment)?.[1];
  } catch {
    return undefined;
  }
}

/** `self` where it has gone meanwhile: that is no agent. */
function parentOf(pid: number): string {
  try {
    return /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 'self';
  } catch {
    return 'self';
  }
}

async function unitsOf(world: World): Promise<string[]> {
  if (world.supervisor === 'none') return [];
  const { stdout } = await world.systemctl('list-units', '--all', '--plain', '--no-legend', 'mosaic-*');
  return (
    stdout
      .split('\n')
      .map((line) => line.trim().split(/\s+/).slice(0, 4).join(' '))
      // One that has ended is forgotten when systemd comes to it.
      .filter((unit) => unit !== '' && !unit.endsWith(' inactive dead'))
      .sort()
  );
}

async function heardBy(world: World): Promise<string[]> {
  const sessions = (await world.sessions()).filter((name) => name.startsWith('only-'));
  return Promise.all(
    sessions.map(async (name) => {
      // What was typed may still be on its way through the terminal.
      const { stdout } = await world.until(
        `${name} has heard something`,
        () => world.tmux('capture-pane', '-p', '-t', `=${name}:`),
        3_000,
        (screen) => screen.stdout.includes('heard '),
      );
      return `${name}: ${stdout.trim()}`;
    }),
  );
}

export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
