/** A fleet in a world of its own, with what nearly every test does to one and asks of one. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { TestContext, TestOptions } from 'node:test';
import type { CommandResult } from '../../support/command.ts';
import { inWorld } from '../../support/supervisors.ts';
import type { World } from '../../support/world.ts';
import { foreignersOf, type Foreigners } from './foreigners.ts';
import { puppetOf, type Puppet } from './puppet.ts';

export type AgentEntry = Record<string, unknown> & { name: string };

/** An agent's session as tmux itself tells it. */
export interface SessionSeen {
  id: string;
  /** Of the agent's program: the same before and after means that nobody restarted it. */
  pid: number;
  dead: boolean;
}

export interface Scene {
  readonly world: World;
  readonly foreigners: Foreigners;
  readonly puppet: Puppet;
  /** Writes the fleet file; agents run `sleep` in the world's own folder unless they say otherwise. */
  fleet(agents: readonly AgentEntry[], rest?: Record<string, unknown>): void;
  /** Runs a command and checks its exit code: 0 unless told. */
  mosaic(args: readonly string[], code?: number): Promise<CommandResult>;
  /** `mosaic apply`; the first successful one brings a foreign session named `stranger` to the fleet's socket. */
  apply(args?: readonly string[], code?: number): Promise<CommandResult>;
  /** Asserts that there is nothing left to do, and nothing held. */
  inSync(): Promise<void>;
  /** Sessions that bear our mark, by agent. */
  sessions(): Promise<Record<string, SessionSeen>>;
  /** The session of an agent that must have one. */
  session(agent: string): Promise<SessionSeen>;
  /** Ends an agent's program with a signal and waits until tmux knows. */
  kill(agent: string, signal?: string): Promise<void>;
  /** Waits until tmux knows that an agent's program has ended. */
  untilDead(agent: string): Promise<void>;
  /** Ends the fleet's tmux server with everything in it. */
  killServer(): Promise<void>;
  /** Has an agent that runs `puppet` end with a status, and waits until tmux knows. */
  exit(agent: string, status: number): Promise<void>;
  status(agent: string): Promise<StatusRow>;
  /** The path of something in the fleet's state folder. */
  state(...parts: string[]): string;
  /** Rewrites state.json. */
  changeState(change: (state: StateFile) => void): void;
  readState(): StateFile;
  lock(agent: string): SessionLockFile | undefined;
  /** Folders of the agent's crash records, oldest first. */
  crashes(agent: string): string[];
}

export interface StatusRow {
  agent: string;
  state: string;
  wanted: string;
  restarts: number;
  reason?: string;
  until?: string;
  pid?: number;
  memory_bytes?: number;
  worktree?: { branch?: string; dirty: boolean; unpushed: number };
}

/** What the tests touch of state.json; the rest goes through as it is. */
export interface StateFile {
  agents: Record<
    string,
    {
      run?: { boot_id: string; started_at: number; pid: number };
      ended?: { at: number; cause: string; status?: number; signal?: number };
      restarts: number;
      suspended_at?: number;
    }
  >;
  outage_at?: number;
}

export interface SessionLockFile {
  pid: number;
  boot_id: string;
  pid_start_time: number;
  agent: string;
  runtime: string;
  project_path: string;
}

type Body = (scene: Scene, t: TestContext) => void | Promise<void>;

/** A test of a fleet in a world of its own, which ends with a look at everything that is not the fleet's. */
export function inScene(
  name: string,
  supervisor: World['supervisor'],
  body: Body,
  options: TestOptions = {},
): void {
  inWorld(
    name,
    supervisor,
    async (world, t) => {
      const scene = makeScene(world, await foreignersOf(world));
      await body(scene, t);
      await scene.foreigners.untouched();
    },
    options,
  );
}

/** The same test twice: where tmux alone starts the agents, and where systemd does. */
export function forScenes(name: string, body: Body, options?: TestOptions): void {
  inScene(name, 'none', body, options);
  inScene(name, 'systemd', body, options);
}

function makeScene(world: World, foreigners: Foreigners): Scene {
  const state = (...parts: string[]): string =>
    [`${world.env['XDG_STATE_HOME']}/mosaic/test`, ...parts].join('/');
  let applied = false;
  const scene: Scene = {
    world,
    foreigners,
    puppet: puppetOf(world),
    state,
    fleet(agents, { runtimes, defaults, ...rest } = {}) {
      world.writeFleet({
        ...rest,
        runtimes: { idle: { command: ['sleep', 'infinity'] }, ...(runtimes as object | undefined) },
        defaults: { working_directory: world.cwd, runtime: 'idle', ...(defaults as object | undefined) },
        agents,
      });
    },
    async mosaic(args, code = 0) {
      const result = await world.mosaic(args, { timeoutMs: 45_000 });
      assert.equal(result.code, code, `mosaic ${args.join(' ')}\n${result.stdout}\n${result.stderr}`);
      return result;
    },
    async apply(args = [], code = 0) {
      const result = await scene.mosaic(['apply', ...args], code);
      if (!applied && code === 0) await foreigners.join('stranger');
      applied ||= code === 0;
      return result;
    },
    async inSync() {
      const { stdout } = await scene.mosaic(['plan', '--detailed-exitcode']);
      assert.match(stdout, /^Nothing to do[.:]/);
    },
    sessions: () => ourSessions(world),
    async session(agent) {
      const found = (await ourSessions(world))[agent];
      assert.ok(found, `${agent} has no session`);
      return found;
    },
    async kill(agent, signal = 'KILL') {
      const { pid } = await scene.session(agent);
      await world.run('kill', [`-${signal}`, String(pid)]);
      await scene.untilDead(agent);
    },
    async untilDead(agent) {
      await world.until(`${agent} is dead`, async () => (await scene.session(agent)).dead);
    },
    async killServer() {
      foreigners.forgetFleetSocket();
      await world.tmux('kill-server');
      await world.until('the server is gone', async () => (await world.tmux('list-sessions')).code === 1);
    },
    async exit(agent, status) {
      await scene.puppet.exit(agent, status);
      await scene.untilDead(agent);
    },
    async status(agent) {
      const { stdout } = await scene.mosaic(['status', '--json']);
      const { agents } = JSON.parse(stdout) as { agents: StatusRow[] };
      const row = agents.find((one) => one.agent === agent);
      assert.ok(row, `no row of ${agent} in ${stdout}`);
      return row;
    },
    readState: () => JSON.parse(readFileSync(state('state.json'), 'utf8')) as StateFile,
    changeState(change) {
      const data = scene.readState();
      change(data);
      writeFileSync(state('state.json'), JSON.stringify(data));
    },
    lock(agent) {
      const path = state('locks', `${agent}.json`);
      return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as SessionLockFile) : undefined;
    },
    crashes(agent) {
      const folder = state('crashes', agent);
      return existsSync(folder)
        ? readdirSync(folder)
            .sort()
            .map((name) => `${folder}/${name}`)
        : [];
    },
  };
  return scene;
}

async function ourSessions(world: World): Promise<Record<string, SessionSeen>> {
  const format = '#{session_id} #{pane_pid} #{pane_dead} #{session_name} #{@mosaic}';
  const { stdout } = await world.tmux('list-panes', '-a', '-F', format);
  const sessions: Record<string, SessionSeen> = {};
  for (const line of stdout.split('\n')) {
    const [, id = '', pid, dead, name, agent] = /^(\S+) (\d+) (\d) (\S+) test\/(\S+)/.exec(line) ?? [];
    if (agent === undefined || agent === '_holder') continue;
    assert.equal(name, agent, 'a session is named as its agent');
    assert.equal(sessions[agent], undefined, `two sessions of ${agent}`);
    sessions[agent] = { id, pid: Number(pid), dead: dead === '1' };
  }
  return sessions;
}
