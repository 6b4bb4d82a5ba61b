/** The fake machine and a real one, told the same story by the same commands: mosaic must see the same on both. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { run } from '../../src/cli/run.ts';
import { realExec } from '../../src/host/exec.ts';
import type { Host } from '../../src/host/host.ts';
import { realHost } from '../../src/host/real.ts';
import type { TmuxSeen } from '../../src/model/observation.ts';
import { placesOf } from '../../src/model/places.ts';
import type { FleetState } from '../../src/model/state.ts';
import { observeLocks, observeState } from '../../src/observe/files.ts';
import { withExitStatus } from '../../src/observe/observe.ts';
import { observeTmux } from '../../src/observe/tmux.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { FLEET_FILE, mosaic } from './driver.ts';
import { createMachine } from './fake-host.ts';

/** What the story needs of a machine. */
interface Stage {
  host: Host;
  folder: string;
  socket: string;
  writeFleet(fleet: object): void;
  mosaic(...argv: string[]): Promise<{ code: number; stdout: string }>;
  /** Ends the program in a session; resolves when tmux has noticed. */
  end(session: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Has the shell in a session end with a status. */
  exit(session: string, status: number): Promise<void>;
  tmux(...args: string[]): Promise<void>;
}

/** What mosaic sees, without what differs between any two runs. */
interface Picture {
  step: string;
  code: number;
  sessions: string[];
  locks: string[];
  records: string[];
}

/** Tells the story, and takes a picture after each step. */
async function story(stage: Stage): Promise<Picture[]> {
  const pictures: Picture[] = [];
  const step = async (name: string, ...argv: string[]): Promise<void> => {
    const { code } = argv.length === 0 ? { code: 0 } : await stage.mosaic(...argv);
    pictures.push({ step: name, code, ...(await look(stage)) });
  };
  const agents = [
    { name: 'app' },
    { name: 'app-2', command: ['sleep', '1000'], restart: { policy: 'never' } },
    { name: 'brief' },
    { name: 'broken', restart: { max_restarts: 1 } },
    { name: 'told', kickstart: 'echo told' },
  ];
  const fleet = (list: object[]): object => ({
    version: 1,
    name: 'test',
    supervisor: 'none',
    tmux: { socket_name: stage.socket },
    defaults: { runtime: 'shell', working_directory: stage.folder },
    agents: list,
  });
  stage.writeFleet(fleet(agents));
  await step('before anything');
  await step('a dry run', 'plan');
  await step('the first apply', 'apply');
  await step('the second apply', 'apply');
  await stage.exit('brief', 0);
  await stage.exit('broken', 3);
  await step('two programs end');
  await step('one is done, the other starts again', 'apply');
  await stage.exit('broken', 3);
  await step('a crash loop', 'apply');
  await step('stays down', 'apply');
  await stage.end('app', 'SIGKILL');
  await step('a program is killed');
  await step('and comes back', 'apply');
  await stage.end('app-2', 'SIGTERM');
  await step('one that stays down is ended', 'apply');
  await stage.tmux('new-session', '-d', '-s', 'stranger', '--', 'sleep', '1000');
  await stage.tmux('new-session', '-d', '-s', 'taken', '--', 'sleep', '1000');
  stage.writeFleet(
    fleet([
      { name: 'renamed', renamed_from: 'app' },
      { name: 'taken' },
      ...agents.filter(({ name }) => name === 'told'),
    ]),
  );
  await step('a rename, a conflict and agents that are gone', 'apply', '--allow-mass-stop');
  await step('adopted', 'apply', '--adopt', 'taken');
  await stage.tmux('kill-session', '-t', '=told');
  await step('a session is killed');
  await step('and comes back as well', 'apply');
  await stage.tmux('rename-session', '-t', '=told', '--', 'strange');
  await step('renamed by hand', 'apply');
  await step('restarted', 'apply', '--restart', 'renamed');
  await step('down', 'down');
  return pictures;
}

async function look({ host, socket }: Stage): Promise<Omit<Picture, 'step' | 'code'>> {
  const places = placesOf('test', host.facts);
  const fleet = { name: 'test', tmux: { socketName: socket, holderSession: '_holder' } };
  const tmux = await withExitStatus(host, fleet, await observeTmux(host, socket));
  const state = observeState(host.files, places);
  assert.ok(tmux.known, 'tmux is observed');
  assert.ok(state.known, 'the state is observed');
  return {
    sessions: sessionsIn(tmux.value),
    locks: [...observeLocks(host, places)].map(([name, { kind }]) => `${name} ${kind}`).sort(),
    records: recordsIn(state.value),
  };
}

const sessionsIn = ({ sessions }: TmuxSeen): string[] =>
  sessions
    .map(({ name, owner, started, kickstartPending, pane }) => {
      const mark = owner === undefined ? 'foreign' : `${owner.fleet}/${owner.agent}`;
      const run = started === undefined ? '' : ` by ${started.supervisor} as ${started.born}`;
      const how = pane?.dead === true ? ` dead ${pane.status ?? ''}/${pane.signal ?? ''}` : ' live';
      return `${name}: ${mark}${run}${pane === undefined ? '' : how}${kickstartPending ? ' pending' : ''}`;
    })
    .sort();

const recordsIn = ({ agents }: FleetState): string[] =>
  Object.entries(agents)
    .map(([name, { run, ended, restarts }]) => {
      const end = ended === undefined ? '' : ` ${ended.cause} ${ended.status ?? ''}/${ended.signal ?? ''}`;
      return `${name}:${run === undefined ? '' : ' runs'}${end} ${restarts}`;
    })
    .sort();

function fakeStage(): Stage {
  const machine = createMachine({ systemd: false });
  const tmux = (...args: string[]): void => {
    const { code, stderr } = machine.tmux.exec(['-L', 'test', ...args], '');
    assert.equal(code, 0, stderr);
  };
  const pidIn = (session: string): number =>
    machine.tmux.sessions().find(({ name }) => name === session)?.panes[0]?.pid ?? -1;
  return {
    host: machine.host(),
    folder: '/src',
    socket: 'test',
    writeFleet: (fleet) => machine.files.put(FLEET_FILE, JSON.stringify(fleet)),
    mosaic: (...argv) => mosaic(machine, ...argv),
    async end(session, signal) {
      machine.processes.end(pidIn(session), { signal: signal === 'SIGKILL' ? 9 : 15 });
    },
    async exit(session, status) {
      machine.processes.end(pidIn(session), { status });
    },
    async tmux(...args) {
      tmux(...args);
    },
  };
}

function realStage(world: World): Stage {
  const folder = world.path('src');
  mkdirSync(folder);
  const base = realHost();
  const facts = { ...base.facts, env: world.env, home: world.home, cwd: world.cwd };
  const host: Host = { ...base, facts, exec: realExec(facts) };
  const untilDead = (session: string): Promise<boolean> =>
    world.until(`${session} is dead`, async () => {
      const pane = await world.tmux('list-panes', '-t', `=${session}:`, '-F', '#{pane_dead}');
      return pane.stdout.trim() === '1';
    });
  return {
    host,
    folder,
    socket: world.socket,
    writeFleet: (fleet) => void world.writeFleet(JSON.stringify(fleet)),
    async mosaic(...argv) {
      let stdout = '';
      const code = await run(argv, {
        host,
        stdout: { write: (text) => (stdout += text) },
        stderr: { write: () => {} },
        signal: new AbortController().signal,
      });
      return { code, stdout };
    },
    async end(session, signal) {
      const { stdout } = await world.tmux('list-panes', '-t', `=${session}:`, '-F', '#{pane_pid}');
      process.kill(Number(stdout), signal);
      await untilDead(session);
    },
    async exit(session, status) {
      await world.tmux('send-keys', '-t', `=${session}:`, `exit ${status}`, 'Enter');
      await untilDead(session);
    },
    async tmux(...args) {
      const { code, stderr } = await world.tmux(...args);
      assert.equal(code, 0, stderr);
    },
  };
}

inWorld('mosaic sees the same on the fake machine and on a real one', 'none', async (world) => {
  const expected = await story(realStage(world));
  const actual = await story(fakeStage());
  for (const [index, picture] of expected.entries()) assert.deepEqual(actual[index], picture);
  assert.equal(actual.length, expected.length);
});

test('the units that ship are in the words that the fake manager knows', () => {
  for (const unit of ['mosaic-agent@.service', 'mosaic-tmux-holder.service', 'mosaic-wake.service']) {
    const text = readFileSync(new URL(`../../units/${unit}`, import.meta.url), 'utf8');
    const keys = [...text.matchAll(/^([A-Za-z]+)=/gm)].map(([, key]) => key);
    const known = new Set([
      'Description',
      'Requires',
      'After',
      'PartOf',
      'StartLimitIntervalSec',
      'Type',
      'RemainAfterExit',
      'KillMode',
      'TimeoutStopSec',
      'ExecStart',
      'ExecStop',
      'WantedBy',
    ]);
    assert.deepEqual(
      keys.filter((key) => !known.has(key ?? '')),
      [],
      `${unit}: the fake manager must learn these`,
    );
  }
});
