/** What happens to a fleet: what people, programs and machines do to it between two applies. */
import * as fc from 'fast-check';
import { parseState, formatState } from '../../src/record/state.ts';
import { emptyState } from '../../src/model/state.ts';
import { FLEET_FILE, fleetOn, mosaic } from '../model/driver.ts';
import { HOME, type Machine } from '../model/fake-host.ts';
import type { FakePane, FakeSession } from '../model/fake-tmux.ts';

export const NAMES = ['ap', 'app', 'app-2', 'build', 'crasher', 'done'] as const;
export const STATE = `${HOME}/.local/state/mosaic/test`;
export const MAX_RESTARTS = 2;

type Name = (typeof NAMES)[number];

export const FORMULAS = ['weed', 'plan'] as const;
type FormulaName = (typeof FORMULAS)[number];
const UNITS = `${HOME}/.config/systemd/user`;

export type Event =
  | { do: 'add' | 'remove' | 'redefine' | 'stop' | 'start' | 'suspend' | 'resume'; agent: Name }
  | { do: 'rename'; agent: Name; to: Name }
  | { do: 'policy'; agent: Name; policy: 'never' | 'on-crash' | 'always' }
  | { do: 'on-change'; agent: Name; change: 'hold' | 'restart' }
  | { do: 'end'; agent: Name; how: { status?: number; signal?: number } }
  | { do: 'kill-session' | 'close-pane' | 'fork' | 'rename-by-hand' | 'unmark'; agent: Name }
  | { do: 'unit'; agent: Name; verb: 'stop' | 'restart' }
  | { do: 'kill-server' | 'kill-holder' | 'reboot' | 'lose-state' | 'lose-locks' | 'lose-files' | 'apply' }
  | { do: 'foreign'; name: string }
  | { do: 'schedule'; formula: FormulaName; every: '1h' | '6h' | 'never' }
  | { do: 'timer'; formula: FormulaName; how: 'stop' | 'disable' | 'lose' }
  | { do: 'run'; formula: FormulaName }
  | { do: 'wait'; seconds: number };

const agent = fc.constantFrom(...NAMES);

export const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('apply' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('add', 'remove', 'redefine', 'stop', 'start', 'suspend', 'resume'),
      agent,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rename' as const), agent, to: agent }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('policy' as const),
      agent,
      policy: fc.constantFrom('never', 'on-crash', 'always'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('on-change' as const),
      agent,
      change: fc.constantFrom('hold', 'restart'),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      agent,
      how: fc.constantFrom({ status: 0 }, { status: 3 }, { signal: 9 }, {}),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('kill-session', 'close-pane', 'fork', 'rename-by-hand', 'unmark'),
      agent,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('unit' as const),
      agent,
      verb: fc.constantFrom('stop', 'restart'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('kill-server', 'kill-holder', 'reboot', 'lose-state', 'lose-locks', 'lose-files'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('foreign' as const),
      name: fc.constantFrom(...NAMES, 'stranger'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('schedule' as const),
      formula: fc.constantFrom(...FORMULAS),
      every: fc.constantFrom('1h', '6h', 'never'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('timer' as const),
      formula: fc.constantFrom(...FORMULAS),
      how: fc.constantFrom('stop', 'disable', 'lose'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('run' as const), formula: fc.constantFrom(...FORMULAS) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 70, 1200) }),
  },
);

/** The fleet file, as its owner thinks of it. */
export type Wish = Map<string, Record<string, unknown>>;

export interface Story {
  machine: Machine;
  wish: Wish;
  /** How often each formula comes. */
  formulas: Map<FormulaName, string>;
  systemd: boolean;
  /** Sessions that belong to nobody we know, with the program in each as long as nobody has ended it. */
  foreign: Map<FakeSession, number | undefined>;
}

export async function happen(story: Story, what: Event): Promise<void> {
  const { machine, wish } = story;
  const { tmux, processes, files } = machine;
  switch (what.do) {
    case 'add':
      if (!wish.has(what.agent)) wish.set(what.agent, definitionOf(what.agent));
      // The file takes no former name that somebody bears.
      for (const definition of wish.values()) {
        if (definition['renamed_from'] === what.agent) delete definition['renamed_from'];
      }
      break;
    case 'remove':
      wish.delete(what.agent);
      break;
    case 'rename': {
      const definition = wish.get(what.agent);
      if (definition === undefined || wish.has(what.to)) return;
      wish.delete(what.agent);
      for (const other of wish.values()) if (other['renamed_from'] === what.to) delete other['renamed_from'];
      wish.set(what.to, { ...definition, renamed_from: what.agent });
      break;
    }
    case 'redefine':
      edit(story, what.agent, (fields) => ({
        env: { V: `${Number((fields['env'] as { V: string }).V) + 1}` },
      }));
      break;
    case 'stop':
    case 'start':
      edit(story, what.agent, () => ({ state: what.do === 'stop' ? 'stopped' : 'running' }));
      break;
    case 'policy':
      edit(story, what.agent, (fields) => ({
        restart: { ...(fields['restart'] as object), policy: what.policy },
      }));
      break;
    case 'on-change':
      edit(story, what.agent, () => ({ on_change: what.change }));
      break;
    case 'suspend':
    case 'resume':
      suspend(story, what.agent, what.do === 'suspend');
      break;
    case 'end':
      for (const pane of livePanes(story, what.agent)) processes.end(pane.pid, what.how);
      break;
    case 'kill-session':
      if (ours(story, what.agent)) tmux.killSession(what.agent);
      break;
    case 'close-pane':
      closePane(story, what.agent);
      break;
    case 'fork':
      fork(story, what.agent);
      break;
    case 'rename-by-hand': {
      const session = ours(story, what.agent);
      if (session !== undefined && named(story, 'strange') === undefined) session.name = 'strange';
      break;
    }
    case 'unmark': {
      const session = ours(story, what.agent);
      session?.options.delete('@mosaic');
      if (session !== undefined) story.foreign.set(session, livePid(session));
      break;
    }
    case 'unit':
      if (!fleetOn(machine).agents.some(({ name }) => name === what.agent)) break;
      // Its unit would not find a session that was renamed by hand, and make a second one.
      if (named(story, 'strange') !== undefined) break;
      if (
        machine.systemd !== undefined &&
        files.read(`${HOME}/.config/systemd/user/mosaic-agent@.service`) !== undefined
      ) {
        const unit = `mosaic-agent@${what.agent}.service`;
        // Whoever stops a unit means all that is in it.
        for (const session of story.foreign.keys()) story.foreign.set(session, undefined);
        machine.systemd.exec(['--user', 'stop', unit]);
        if (what.verb === 'restart') machine.systemd.exec(['--user', 'start', unit]);
      }
      break;
    case 'kill-server':
      tmux.kill();
      story.foreign.clear();
      break;
    case 'kill-holder':
      tmux.killSession('_holder');
      break;
    case 'reboot':
      machine.reboot();
      story.foreign.clear();
      break;
    case 'lose-state':
      files.removeTree(STATE);
      break;
    case 'lose-locks':
      files.removeTree(`${STATE}/locks`);
      break;
    case 'lose-files':
      files.removeTree(`${HOME}/.config/mosaic`);
      break;
    case 'foreign': {
      if (tmux.sessions().length === 0) break;
      const session = tmux.newForeign(what.name);
      if (session !== undefined) story.foreign.set(session, livePid(session));
      break;
    }
    case 'schedule':
      if (what.every === 'never') story.formulas.delete(what.formula);
      else story.formulas.set(what.formula, what.every);
      break;
    case 'timer': {
      const timer = `mosaic-formula-${what.formula}.timer`;
      if (what.how === 'stop') machine.systemd?.exec(['--user', 'stop', timer]);
      else if (what.how === 'disable') files.remove(`${UNITS}/timers.target.wants/${timer}`);
      else files.remove(`${UNITS}/${timer}`);
      break;
    }
    case 'run': {
      if (tmux.sessions().length === 0) break;
      const name = `_formula-${what.formula}`;
      const session = tmux.newForeign(name);
      if (session === undefined) break;
      // In the hands of who runs it: to every apply it is as foreign as any.
      session.options.set('@mosaic', `test/${name} 0- none ${name} ${session.panes[0]?.id}`);
      story.foreign.set(session, livePid(session));
      break;
    }
    case 'wait':
      machine.advance(what.seconds * 1000);
      break;
    case 'apply':
      await mosaic(machine, 'apply', '--allow-mass-stop');
      break;
  }
  writeFleet(story);
}

const definitionOf = (name: Name): Record<string, unknown> => ({
  command: name === 'crasher' ? ['false'] : name === 'done' ? ['true'] : ['sh'],
  env: { V: '0' },
  restart: { policy: 'on-crash', max_restarts: MAX_RESTARTS },
  ...(name === 'build' ? { kickstart: 'Begin.' } : {}),
});

export function writeFleet({ machine, wish, formulas, systemd }: Story): void {
  machine.files.put('/src/formula.toml', '');
  const fleet = {
    version: 1,
    name: 'test',
    supervisor: systemd ? 'systemd' : 'none',
    defaults: { runtime: 'shell', working_directory: '/src' },
    agents: [...wish].map(([name, fields]) => Object.assign({ name }, fields)),
    formulas: [...formulas].map(([name, every]) => ({ name, every, file: '/src/formula.toml' })),
  };
  machine.files.put(FLEET_FILE, JSON.stringify(fleet));
}

function edit({ wish }: Story, name: string, change: (fields: Record<string, unknown>) => object): void {
  const fields = wish.get(name);
  if (fields !== undefined) wish.set(name, { ...fields, ...change(fields) });
}

function suspend({ machine, wish }: Story, name: string, on: boolean): void {
  if (!wish.has(name)) return;
  const text = machine.files.read(`${STATE}/state.json`);
  const state = text === undefined ? emptyState() : parseState(text);
  const record = (state.agents[name] ??= { restarts: 0 });
  if (on) record.suspendedAt = machine.now();
  else delete record.suspendedAt;
  machine.files.put(`${STATE}/state.json`, formatState(state));
}

const named = ({ machine }: Story, name: string): FakeSession | undefined =>
  machine.tmux.sessions().find((session) => session.name === name);

/** The session of that name, if it bears a mark of ours. */
export function ours(story: Story, name: string): FakeSession | undefined {
  const session = named(story, name);
  return session?.options.get('@mosaic')?.startsWith('test/') === true ? session : undefined;
}

const livePid = ({ panes: [pane] }: FakeSession): number | undefined =>
  pane?.dead === undefined ? pane?.pid : undefined;

const livePanes = (story: Story, name: string): FakePane[] =>
  ours(story, name)?.panes.filter(({ dead }) => dead === undefined) ?? [];

/** Its user splits the window and closes the pane that the agent ran in. */
function closePane(story: Story, name: string): void {
  const session = ours(story, name);
  const [pane] = session?.panes ?? [];
  if (session === undefined || pane === undefined) return;
  const pid = story.machine.processes.start({ parent: 1, env: {}, cwd: '/', ended: () => {} }).pid;
  session.panes = [{ id: `%${9000 + pid}`, pid, options: new Map(), screen: '', cwd: '/' }];
  story.machine.processes.end(pane.pid, { signal: 1 });
}

/** The agent starts a process that leaves its session, with setsid(2). */
function fork(story: Story, name: string): void {
  for (const pane of livePanes(story, name)) {
    const parent = story.machine.processes.all().find(({ pid }) => pid === pane.pid);
    if (parent === undefined) continue;
    const { env, scope } = parent;
    story.machine.processes.start({
      parent: 1,
      env,
      cwd: '/',
      ended: () => {},
      ...(scope === undefined ? {} : { scope }),
    });
  }
}
