/**
 * Every combination of what can be seen and wanted of one agent. The full product of all dimensions would be some ten
 * thousand million cells; what cannot influence each other is therefore multiplied in groups of its own:
 *
 * - life: what decides whether an agent runs, stops or starts, all of it multiplied with each other;
 * - place: worktrees and repositories, which only ever keep a start or a removal from happening;
 * - asked: what an operator asks for on the command line, with everything that it overrides;
 * - away: it lives where its session is not, which decides before anything that is asked for;
 * - blind: sources that did not answer, which decide before anything else is looked at.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Fleet } from '../../src/model/fleet.ts';
import type { Observation } from '../../src/model/observation.ts';
import type { Plan } from '../../src/model/plan.ts';
import { plan, type PlanOptions } from '../../src/plan/plan.ts';
import { document, good } from '../fleet/helpers.ts';
import {
  BUDGETS,
  EXTREMES,
  LOCKS,
  NAME,
  RECORDS,
  SESSIONS,
  UNITS,
  WISHES,
  WORKTREES,
  type Cell,
  type Wish,
} from './dimensions.ts';
import { actionOf, actionsOf, assertInvariants } from './invariants.ts';
import type { AgentSeen } from './seen-agent.ts';
import { observationOf, settingFor, type Seen } from './seen.ts';

// --- the groups ---

test('life: session, record, lock, unit, scope, budget, suspension and wish', (t) => {
  let cells = 0;
  // What is not to run has no use for a budget or a restart policy: one of each stands for all.
  const suspended = WISHES.slice(0, 2).map(({ wish, prune }) => ({
    wish,
    prune,
    more: [{ suspended: true }],
  }));
  const others = WISHES.map(({ wish, prune }) => ({ wish, prune, more: isWanted(wish) ? BUDGETS : [{}] }));
  for (const { wish, prune, more } of [...others, ...suspended]) {
    for (const { supervisor, seen: unit } of UNITS) {
      for (const session of SESSIONS) {
        for (const record of RECORDS) {
          for (const lock of LOCKS) {
            for (const history of more) {
              visit({
                wish,
                prune,
                supervisor,
                seen: { ...history, ...session, ...record, ...lock, ...unit },
              });
              cells++;
            }
          }
        }
      }
    }
  }
  report(t, cells);
});

test('place: worktree, session, record and wish', (t) => {
  let cells = 0;
  const repositories = WORKTREES.map((trees) => ({ worktrees: { '/repo': trees } }));
  const wishes = [
    ...WISHES.filter(({ wish }) => wish === 'gone'),
    ...['hold', 'restart'].map((on_change) => ({
      wish: { on_change, worktree: { repository: '/repo', path: '/trees/agent' } },
      prune: true,
    })),
    { wish: { worktree: { repository: '/repo' } }, prune: true },
    { wish: { state: 'stopped', worktree: { repository: '/repo' } }, prune: true },
  ];
  for (const { wish, prune } of wishes) {
    for (const { supervisor, seen: unit } of EXTREMES) {
      for (const session of SESSIONS) {
        for (const record of RECORDS) {
          for (const host of repositories) {
            visit({ wish, prune, supervisor, seen: { ...session, ...record, ...unit }, host });
            cells++;
          }
        }
      }
    }
  }
  report(t, cells);
});

test('asked: --restart, --adopt, --agent, --allow-mass-stop, down, with what they override', (t) => {
  let cells = 0;
  const names = new Set([NAME]);
  const asked: PlanOptions[] = [
    { restart: names },
    { adopt: names },
    { restart: names, adopt: names },
    { start: names },
    { suspend: names },
    { only: names },
    { only: new Set(['bystander']) },
    { only: names, restart: names },
    { allowMassStop: true },
    { down: true },
  ];
  const hosts: Omit<Seen, 'agents'>[] = [
    {},
    { files: { agent: 'foreign' } },
    { files: { agent: 'changed', 'tmux.conf': 'changed' } },
    { files: { agent: 'absent' } },
    { files: { 'holder.tmux': 'foreign' }, holder: 'absent' },
    { files: { 'holder.service': 'foreign' }, tmux: 'no server' },
    { files: { 'agent@.service': 'foreign' } },
    { folders: { '/src': 'absent' } },
    { holder: 'absent' },
    { holder: 'foreign' },
    { tmux: 'no server' },
    { holderUnit: 'inactive' },
    { reloadPending: true },
    { outage: '1s' },
    { outage: '10m' },
  ];
  for (const options of [{}, ...asked]) {
    for (const host of hosts) {
      // The restart policy on-crash stands for all three.
      for (const { wish, prune } of WISHES.filter((_, index) => index < 2 || index > 3)) {
        for (const { supervisor, seen: unit } of EXTREMES) {
          for (const session of SESSIONS) {
            for (const record of [
              {},
              { record: 'run' },
              { record: 'restarting' },
              { record: 'ended crash' },
              { record: 'run', suspended: true },
            ]) {
              visit({ wish, prune, supervisor, seen: { ...session, ...record, ...unit }, host, options });
              cells++;
            }
          }
        }
      }
    }
  }
  report(t, cells);
});

test('away: it lives in another session, or on a server that does not answer', (t) => {
  let cells = 0;
  const lives: { seen: AgentSeen; host?: Omit<Seen, 'agents'> }[] = [
    { seen: { record: 'run', paneIn: 'theirs' } },
    { seen: { session: 'closed', record: 'run', paneIn: 'theirs' } },
    { seen: { session: 'closed', record: 'run', paneIn: 'theirs', beside: 1 } },
    { seen: { record: 'restarting', paneIn: 'theirs' } },
    { seen: { record: 'other server', lock: 'live' }, host: { silent: 'uncertain' } },
    { seen: { record: 'other server', lock: 'live' }, host: { silent: 'uncertain', tmux: 'no server' } },
  ];
  const names = new Set([NAME]);
  for (const options of [{}, { restart: names }, { adopt: names }, { allowMassStop: true }, { down: true }]) {
    for (const { wish, prune } of WISHES) {
      for (const { supervisor, seen: unit } of UNITS) {
        for (const lock of LOCKS) {
          for (const { seen, host = {} } of lives) {
            for (const suspended of [false, true]) {
              const all = { ...lock, ...unit, ...seen, suspended };
              staysUntouched({ wish, prune, supervisor, seen: all, host, options });
              cells++;
            }
          }
        }
      }
    }
  }
  report(t, cells);
});

function staysUntouched(cell: Cell): void {
  const fleet = fleetOf(cell);
  const { options = {}, host = {} } = cell;
  const theirs: Seen['agents'] = cell.seen.paneIn === undefined ? {} : { theirs: { session: 'foreign' } };
  const observation = observationOf(
    fleet,
    { ...host, agents: { [NAME]: cell.seen, ...theirs } },
    filesFor(fleet, host),
  );
  const result = plan(fleet, observation, settingFor(fleet), options);
  assertInvariants({ fleet, observation, options, plan: result });
  const say = `in the cell ${JSON.stringify(cell)}`;
  if (result.unobserved !== undefined) return;
  assert.equal(result.verdicts.find(({ agent }) => agent === NAME)?.rule, 'out-of-reach', say);
  assert.deepEqual(actionsOf(result, NAME), [], say);
}

test('blind: tmux, state or the user manager did not answer', (t) => {
  let cells = 0;
  const hosts: Omit<Seen, 'agents'>[] = [{ tmux: 'unknown' }, { state: 'unknown' }, { manager: 'unknown' }];
  for (const host of hosts) {
    for (const { wish, prune } of WISHES) {
      for (const session of SESSIONS) {
        for (const record of RECORDS) {
          for (const options of [{}, { down: true }, { restart: new Set([NAME]) }]) {
            const seen = { ...session, ...record };
            const result = visit({ wish, prune, supervisor: 'systemd', seen, host, options });
            assert.ok(result.unobserved, 'says that it could not look');
            assert.ok(result.verdicts.every(({ change }) => change === 'unknown'));
            cells++;
          }
        }
      }
    }
  }
  report(t, cells);
});

// --- a cell ---

const isWanted = (wish: Wish): boolean => wish !== 'gone' && wish['state'] !== 'stopped';

const report = (t: TestContext, cells: number): void => t.diagnostic(`${cells} cells`);

const fleets = new Map<string, Fleet>();

function fleetOf({ wish, supervisor, prune }: Cell): Fleet {
  const key = JSON.stringify([wish, supervisor, prune]);
  const made = fleets.get(key);
  if (made !== undefined) return made;
  // Who is gone leaves another behind: an empty roster stops nothing.
  const agents = [wish === 'gone' ? { name: 'bystander' } : { name: NAME, kickstart: 'Begin.', ...wish }];
  const fleet = good(
    document({
      name: 'test',
      supervisor,
      runtimes: { mine: { command: ['mine'], limit: 'limit reached' } },
      defaults: { runtime: 'mine', working_directory: '/src' },
      reconcile: { prune },
      agents,
    }),
  );
  fleets.set(key, fleet);
  return fleet;
}

const files = new Map<Fleet, Map<string, Observation['files']>>();

/** The files of a fleet do not depend on its sessions: they are rendered once for each host. */
function filesFor(fleet: Fleet, host: Omit<Seen, 'agents'>): Observation['files'] {
  const key = JSON.stringify(host);
  const byHost = files.get(fleet) ?? new Map<string, Observation['files']>();
  files.set(fleet, byHost);
  const made = byHost.get(key) ?? observationOf(fleet, host).files;
  byHost.set(key, made);
  return made;
}

function visit(cell: Cell): Plan {
  const fleet = fleetOf(cell);
  const options = cell.options ?? {};
  const seen: Seen = {
    ...cell.host,
    agents: { [NAME]: cell.seen, ...(cell.wish === 'gone' ? { bystander: 'up' } : {}) },
  };
  const observation = observationOf(fleet, seen, filesFor(fleet, cell.host ?? {}));
  try {
    const result = plan(fleet, observation, settingFor(fleet), options);
    assertInvariants({ fleet, observation, options, plan: result });
    assertMeant(cell, observation, result);
    return result;
  } catch (error) {
    if (error instanceof Error) error.message += `\nin the cell ${JSON.stringify(cell)}`;
    throw error;
  }
}

/** What this cell in particular asks for, told without the planner's own words. */
function assertMeant(cell: Cell, observation: Observation, result: Plan): void {
  if (result.unobserved !== undefined || result.refused !== undefined) return;
  if (cell.options?.only?.has(NAME) === false || cell.options?.down === true) return;
  const { session = 'absent' } = cell.seen;
  const { options = {} } = cell;
  const suspended =
    options.suspend?.has(NAME) === true ||
    (cell.seen.suspended === true && options.start?.has(NAME) !== true);
  const gone = cell.host?.tmux === 'no server';
  const verdict = result.verdicts.find(({ agent }) => agent === NAME);
  const start = actionOf(result, 'start-session', NAME);
  const stop = actionOf(result, 'stop-session', NAME);
  const own = !gone && !session.startsWith('foreign') && session !== 'absent';
  if (cell.wish === 'gone') {
    if (own)
      assert.equal(stop !== undefined, cell.prune, 'a session of an agent that is gone is pruned, or not');
    if (!cell.prune) assert.equal(stop?.target, undefined, 'nothing is pruned');
    return;
  }
  assert.ok(verdict, 'each agent of the file has a verdict');
  if (!isWanted(cell.wish) || suspended) {
    if (own) assert.ok(stop?.target, 'a session that is not wanted is stopped');
    return;
  }
  if (!gone && session.startsWith('foreign')) {
    if (session === 'foreign' && cell.options?.adopt !== undefined) return;
    if (cell.options?.adopt === undefined)
      assert.equal(verdict.change, 'conflict', 'a foreign session is a conflict');
    return;
  }
  if (!gone && session === 'live') {
    assert.ok(
      ['running', 'pending-restart', 'limited', 'conflict', 'unknown'].includes(verdict.status),
      verdict.status,
    );
    return;
  }
  // Wanted and not there: it starts, or there is a word for why it does not.
  const why = ['blocked', 'backoff', 'completed', 'crashed', 'conflict', 'unknown'];
  assert.ok(start !== undefined || why.includes(verdict.status), `is ${verdict.status} and does not start`);
  const ran =
    own || cell.seen.record !== undefined || (cell.seen.lock !== undefined && cell.seen.lock !== 'corrupt');
  const unitRan = cell.supervisor === 'systemd' && cell.seen.unit === 'active';
  const hindered = ['conflict', 'unknown'].includes(verdict.status);
  if (!ran && !unitRan && !hindered) assert.ok(start, 'what never ran is started');
  assert.ok(
    observation.now >= (verdict.until ?? 0) === (verdict.until === undefined),
    'waits for the future only',
  );
}
