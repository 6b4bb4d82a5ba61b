/** A project for one test, in a folder of its own, on the real machine. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { beginSession, type SessionWish } from '../../src/coord/begin.ts';
import { MissionError, type MissionErrorKind } from '../../src/coord/error.ts';
import { initMission, type MissionStart } from '../../src/coord/init.ts';
import type { Host } from '../../src/host/host.ts';
import { realHost } from '../../src/host/real.ts';
import {
  missionPlaces,
  type MissionFile,
  type MissionLock,
  type MissionPlaces,
} from '../../src/model/mission.ts';
import { parseMission } from '../../src/record/mission.ts';
import { atExit } from '../support/exit.ts';

export interface World {
  host: Host;
  project: string;
  places: MissionPlaces & { scratchpad: string };
  read(path: string): string;
  write(path: string, text: string): void;
  record(): MissionFile;
  /** Changes mission.json as somebody else would. */
  edit(change: (record: MissionFile) => object): void;
  writeLock(lock: Partial<MissionLock>): void;
}

export const NOW = Date.parse('2026-01-02T03:04:05.000Z');
export const at = (time: number): string => new Date(time).toISOString();

export const wish: MissionStart = {
  id: 'checkout',
  name: 'Checkout',
  prompt: 'Make the checkout work.\n```\nwith care\n```',
  milestones: [
    { id: 'M1', name: 'Schema' },
    { id: 'M2', name: 'API' },
  ],
};

export const table = (...rows: string[]): string =>
  [
    '# Tasks',
    '',
    '| id | status | milestone | description | pr | notes |',
    '| --- | --- | --- | --- | --- | --- |',
  ]
    .concat(rows, '', 'Told at the end.', '')
    .join('\n');

export const row = (id: string, status: string, milestone = 'M1'): string =>
  `| ${id} | ${status} | ${milestone} | do ${id} | | |`;

export const TASKS = table(row('T1', 'done'), row('T2', 'not-started'), row('T3', 'not-started', 'M2'));

export function makeWorld(t: TestContext): World {
  const project = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'mosaic-coord-')));
  t.after(() => fs.rmSync(project, { recursive: true, force: true }));
  const places = { ...missionPlaces(project), scratchpad: join(project, 'docs/scratchpads/checkout.md') };
  const world: World = {
    host: realHost(),
    project,
    places,
    read: (path) => fs.readFileSync(path, 'utf8'),
    write(path, text) {
      fs.mkdirSync(dirname(path), { recursive: true });
      fs.writeFileSync(path, text);
    },
    record: () => parseMission(world.read(places.mission)),
    edit: (change) => world.write(places.mission, JSON.stringify(change(world.record()), undefined, 2)),
    writeLock(lock) {
      const whole = {
        session_id: 'sess-001',
        runtime: 'claude',
        pid: 0,
        started_at: at(Date.now()),
        project_path: project,
      };
      world.write(places.lock, JSON.stringify({ ...whole, ...lock }));
    },
  };
  return world;
}

/** With the mission made, and three tasks in two milestones. */
export async function withMissionMade(t: TestContext): Promise<World> {
  const world = makeWorld(t);
  await initMission(world.host, world.project, wish);
  world.write(world.places.tasks, TASKS);
  return world;
}

export const texts: SessionWish['texts'] = ({ sessionId, task }) => ({
  prompt: `go on with ${task?.id}\n`,
  capsule: `{"session": "${sessionId}"}\n`,
});

export const begin = (world: World, more: Partial<SessionWish> = {}) =>
  beginSession(world.host, world.project, { runtime: 'claude', texts, now: Date.now(), ...more });

/** The MissionError that a call ends with. */
export async function failure(call: Promise<unknown>, kind: MissionErrorKind): Promise<MissionError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof MissionError, String(error));
    assert.equal(error.kind, kind, error.message);
    return error;
  }
  throw new assert.AssertionError({ message: `expected ${kind}, and it succeeded` });
}

/** Every file of the project, with its text: to see that nothing was touched. */
export function contents(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of fs.readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    // Its text is who held it last.
    if (entry.isFile() && entry.name !== '.guard')
      found[path.slice(folder.length + 1)] = fs.readFileSync(path, 'latin1');
  }
  return found;
}

export interface Program {
  pid: number;
  startTime: number;
  /** Resolves when no process of that pid is left. */
  kill: () => Promise<void>;
}

/** A process that lives until it is told not to. */
export async function program(t: TestContext, host: Host): Promise<Program> {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const forget = atExit(() => child.kill('SIGKILL'));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
    forget();
  };
  t.after(kill);
  await new Promise<void>((resolve) => child.once('spawn', () => resolve()));
  const pid = child.pid ?? 0;
  const startTime = host.processes.startTime(pid);
  assert.ok(startTime !== undefined);
  return { pid, startTime, kill };
}
