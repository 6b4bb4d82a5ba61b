/** A mission of a fleet in a world of its own: its project, its files as they are on disk, what is planned of it, who works on it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import {
  mission as isMission,
  nextTask as isCapsule,
  sessionLock as isLock,
} from '../../../src/generated/validators.js';
import type { MissionFile, MissionLock, SessionEntry, Task } from '../../../src/model/mission.ts';
import { parseTasks } from '../../../src/mission/tasks.ts';
import { inScene, type AgentEntry, type Scene } from '../../e2e/support/scene.ts';
import type { World } from '../../support/world.ts';
import type { Deed, Order } from './worker.ts';

export interface Verdict {
  mission: string;
  agent: string;
  state: string;
  change: string;
  reason: string;
  fix?: string;
  conditions: { code: string; name: string; seen: string; done: string }[];
  progress?: { done: number; total: number; pct: number };
}

export interface PlanSeen {
  in_sync: boolean;
  missions: Verdict[];
  agents: { agent: string; status: string; change: string; reason: string; fix?: string; until?: string }[];
  holds: { subject: string; reason: string; fix?: string }[];
  actions: { id: string; kind: string; agent?: string; task?: string; prompt?: string }[];
  verifications: { mission: string; milestones: string[] }[];
}

export interface Capsule {
  mission_id: string;
  next_task: string;
  current_milestone: { id: string; name: string };
  current_branch: string;
  progress: { tasks_done: number; tasks_total: number; pct: number };
}

/** A project with a mission's files. Every file of them is checked against its schema whenever it is read. */
export interface Project {
  readonly folder: string;
  path(...parts: string[]): string;
  read(...parts: string[]): string;
  /** Writes TASKS.md. */
  write(text: string): void;
  /** Changes TASKS.md, as one would by hand. */
  edit(change: (text: string) => string): void;
  record(): MissionFile;
  sessions(): SessionEntry[];
  /** `sess-001 premature` for each session; `open` while it has no end. */
  ends(): string[];
  lock(): MissionLock | undefined;
  capsule(): Capsule;
  prompt(): string;
  tasks(): Task[];
  /** Statuses by task. */
  statuses(): Record<string, string>;
  scratchpad(): string;
}

export interface Workers {
  /** The command line of an agent. */
  command: string[];
  /** What the next sessions of an agent do; the last order is for all that follow. */
  order(agent: string, ...orders: Order[]): void;
  deeds(what?: Deed['what']): Deed[];
  /** Waits until a session is in the middle of a task. */
  half(task: string, session?: string): Promise<Deed>;
  /** Asserts that each of these tasks was done, and once. */
  didOnce(...tasks: string[]): void;
}

export interface MissionScene extends Scene {
  workers: Workers;
  /** The project of the mission `checkout`. */
  project: Project;
  /** Makes another project. */
  makeProject(name: string, mission: string): Promise<Project>;
  /** Writes the fleet file: `coder` with a worktree of its project on the mission `checkout`. */
  missionFleet(wish?: MissionFleet): void;
  plan(args?: readonly string[], code?: number): Promise<PlanSeen>;
  verdict(mission?: string): Promise<Verdict>;
  /** `mosaic coord mission --json`. */
  dashboard(project?: Project): Promise<Dashboard>;
  /** Applies again and again, each time when no session runs any more, until the mission is over. Gives how often. */
  carry(most: number): Promise<number>;
  /** The agent's worktree. */
  worktree(...parts: string[]): string;
}

export interface Dashboard {
  mission: { id: string; status: string };
  conditions: { code: string; name: string; seen: string; done: string }[];
  sessions: { session_id: string; ended_reason?: string }[];
}

export interface MissionFleet {
  mission?: Record<string, unknown>;
  agent?: Record<string, unknown>;
  /** Other agents. */
  agents?: AgentEntry[];
  missions?: Record<string, unknown>[];
  rest?: Record<string, unknown>;
}

/** A task table of such rows as `T1 M1`, `T2 M1 done`. */
export const table = (...tasks: string[]): string =>
  ['# Tasks', '', '| id | status | milestone | description | pr | notes |', '|---|---|---|---|---|---|']
    .concat(tasks.map(row), '')
    .join('\n');

export function row(task: string): string {
  const [id = '', milestone = '', status = 'not-started'] = task.split(' ');
  return `| ${id} | ${status} | ${milestone} | do ${id} | | |`;
}

export const milestones = (...ids: string[]): { id: string; name: string }[] =>
  ids.map((id) => ({ id, name: `Milestone ${id}` }));

type Body = (scene: MissionScene, t: TestContext) => Promise<void>;

export function inMission(
  name: string,
  supervisor: World['supervisor'],
  body: Body,
  timeout = 240_000,
): void {
  inScene(name, supervisor, async (scene, t) => body(await missionScene(scene), t), { timeout });
}

/** The same test where tmux alone starts the agents, and where systemd does. */
export function forMissions(name: string, body: Body, timeout?: number): void {
  inMission(name, 'none', body, timeout);
  inMission(name, 'systemd', body, timeout);
}

async function missionScene(scene: Scene): Promise<MissionScene> {
  const { world } = scene;
  const makeProject = async (name: string, mission: string): Promise<Project> =>
    projectAt(await world.makeRepository(name), mission);
  const project = await makeProject('shop', 'checkout');
  const workers = workersOf(world);
  const plan: MissionScene['plan'] = async (args = [], code = 0) =>
    JSON.parse((await scene.mosaic(['plan', '--json', ...args], code)).stdout) as PlanSeen;
  const extended: Omit<MissionScene, keyof Scene> = {
    workers,
    project,
    makeProject,
    missionFleet({ mission, agent, agents = [], missions = [], rest } = {}) {
      const usual = { restart: { backoff: { initial: '10ms', max: '10ms' } } };
      const worktree = { repository: project.folder, branch: 'agents/coder' };
      scene.fleet([{ name: 'coder', command: workers.command, worktree, ...usual, ...agent }, ...agents], {
        ...rest,
        missions: [
          {
            id: 'checkout',
            name: 'Checkout',
            project: project.folder,
            agent: 'coder',
            milestones: milestones('M1', 'M2'),
            continue: 'auto',
            ...mission,
          },
          ...missions,
        ],
      });
    },
    plan,
    async verdict(mission = 'checkout') {
      const { missions } = await plan();
      const verdict = missions.find((one) => one.mission === mission);
      assert.ok(verdict, `no verdict on ${mission}`);
      return verdict;
    },
    async dashboard(of = project) {
      const { stdout } = await scene.mosaic(['coord', 'mission', '--project', of.folder, '--json']);
      return JSON.parse(stdout) as Dashboard;
    },
    async carry(most) {
      for (let count = 1; count <= most; count++) {
        await scene.apply();
        if (project.record().status === 'completed') return count;
        await scene.untilDead('coder');
      }
      assert.fail(
        `not completed after ${most} applies:\n${project.ends().join('\n')}\n${project.read('docs/TASKS.md')}`,
      );
    },
    worktree: (...parts) => scene.state('worktrees', 'coder', ...parts),
  };
  return Object.assign(scene, extended);
}

function workersOf(world: World): Workers {
  const orders = world.path('orders');
  const program = world.path('worker.mjs');
  const log = join(orders, 'log.jsonl');
  mkdirSync(orders, { recursive: true });
  buildSync({
    entryPoints: [fileURLToPath(new URL('worker.ts', import.meta.url))],
    outfile: program,
    platform: 'node',
    format: 'esm',
  });
  const deeds: Workers['deeds'] = (what) => {
    const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
    const all = text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Deed);
    return what === undefined ? all : all.filter((deed) => deed.what === what);
  };
  return {
    command: [process.execPath, program, orders],
    order(agent, ...list) {
      writeFileSync(join(orders, `${agent}.new`), JSON.stringify(list));
      renameSync(join(orders, `${agent}.new`), join(orders, `${agent}.json`));
    },
    deeds,
    half: (task, session) =>
      world.until(
        `it is in the middle of ${task}`,
        () =>
          deeds('half').find(
            (deed) => deed.task === task && (session === undefined || deed.session === session),
          ),
        30_000,
      ),
    didOnce(...tasks) {
      const done = deeds('did').map(({ task = '' }) => task);
      assert.deepEqual([...done].sort(), [...tasks].sort(), 'each task once');
    },
  };
}

/** @throws when it is there and does not follow its schema */
function checked(path: string, follows: { (data: unknown): boolean; errors?: unknown }): unknown {
  const text = readFileSync(path, 'utf8');
  const data: unknown = JSON.parse(text);
  assert.ok(follows(data), `${path}: ${JSON.stringify(follows.errors)}\n${text}`);
  return data;
}

function projectAt(folder: string, id: string): Project {
  const path = (...parts: string[]): string => join(folder, ...parts);
  const orchestrator = (name: string): string => path('.mosaic/orchestrator', name);
  const file = path('docs/TASKS.md');
  const project: Project = {
    folder,
    path,
    read: (...parts) => readFileSync(path(...parts), 'utf8'),
    write(text) {
      mkdirSync(path('docs'), { recursive: true });
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    },
    edit: (change) => project.write(change(readFileSync(file, 'utf8'))),
    record: () => checked(orchestrator('mission.json'), isMission) as MissionFile,
    sessions: () => project.record().sessions,
    ends: () =>
      project
        .sessions()
        .map(
          ({ session_id: session, ended_reason: reason }) => `${session} ${reason === '' ? 'open' : reason}`,
        ),
    lock: () =>
      existsSync(orchestrator('session.lock'))
        ? (checked(orchestrator('session.lock'), isLock) as MissionLock)
        : undefined,
    capsule: () => checked(orchestrator('next-task.json'), isCapsule) as Capsule,
    prompt: () => readFileSync(orchestrator('prompt.md'), 'utf8'),
    tasks() {
      const { tasks, problems } = parseTasks(readFileSync(file, 'utf8'));
      assert.deepEqual(problems, []);
      return tasks;
    },
    statuses: () => Object.fromEntries(project.tasks().map(({ id: task, status }) => [task, status])),
    scratchpad: () => readFileSync(path('docs/scratchpads', `${id}.md`), 'utf8'),
  };
  return project;
}
