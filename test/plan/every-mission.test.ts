/**
 * Every combination of what can be seen of a mission and of the agent in whose slot it is worked on: its sessions, its lock, how
 * far it is, and all that its agent's own session, record and lock may be. What is wanted is multiplied with fewer of them.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Fleet } from '../../src/model/fleet.ts';
import type { Observation } from '../../src/model/observation.ts';
import type { Plan } from '../../src/model/plan.ts';
import { plan, type PlanOptions } from '../../src/plan/plan.ts';
import { document, good } from '../fleet/helpers.ts';
import { actionOf, assertInvariants } from './invariants.ts';
import type { AgentSeen } from './seen-agent.ts';
import type { MissionWords, SessionWords } from './seen-mission.ts';
import { observationOf, settingFor } from './seen.ts';

const up: AgentSeen = { session: 'live', record: 'run', lock: 'live' };
const over: AgentSeen = { record: 'run', lock: 'dead', died: '10s', created: '5m' };
const AGENTS: AgentSeen[] = [
  {},
  up,
  { ...up, created: '30s' },
  { ...up, definition: 'other' },
  { ...up, named: 'another-name' },
  { session: 'live', created: '30s' },
  { session: 'live', record: 'restarting' },
  { ...over, session: 'exit 0' },
  { ...over, session: 'exit 3' },
  { ...over, session: 'signal 9', restarts: 2 },
  { ...over, session: 'exit 3', screen: 'limit reached' },
  { ...over, session: 'closed' },
  over,
  { record: 'restarting', lock: 'dead' },
  { record: 'other boot', lock: 'other boot' },
  { record: 'other server', lock: 'dead' },
  { record: 'ended exit' },
  { record: 'ended crash', restarts: 1, ended: '1s' },
  { record: 'ended crash', restarts: 9 },
  { record: 'ended limit', limits: 1, ended: '1s' },
  { record: 'ended outage' },
  { session: 'foreign' },
  { ...up, suspended: true },
];

const SESSIONS: SessionWords[][] = [
  [],
  [{ began: '1m' }],
  [{ began: '2h' }],
  [{ run: 'this', task: 'T2' }],
  [
    { end: 'crashed', task: 'T2' },
    { run: 'this', task: 'T2', tasks: 'same' },
  ],
  [{ run: 'other', task: 'T2' }],
  [{ agent: '', pid: 4242 }],
  [{ end: 'premature', run: 'this' }],
  [
    { end: 'crashed', task: 'T2' },
    { end: 'crashed', task: 'T2' },
    { end: 'crashed', task: 'T2', run: 'this' },
  ],
  [
    { end: 'premature', idle: true },
    { end: 'premature', idle: true, tasks: 'same' },
  ],
];

const LOCKS: Pick<MissionWords, 'lock'>[] = [
  {},
  ...(['live', 'starting', 'elsewhere', 'corrupt', 'gone', 'reused', 'reboot', 'never-started'] as const).map(
    (lock) => ({ lock }),
  ),
];

const work: MissionWords = { tasks: ['T1 done M1', 'T2 in-progress M1', 'T3 not-started M2'] };
const due: MissionWords = { tasks: ['T1 done M1', 'T2 done M1', 'T3 not-started M2'] };
const complete: MissionWords = { tasks: ['T1 done M1', 'T2 done M2'], status: 'completed' };
const unreadable: MissionWords = { tasks: 'invalid' };
/** How far the mission is. */
const FAR: MissionWords[] = [
  work,
  due,
  complete,
  unreadable,
  { tasks: [] },
  { tasks: 'none', missing: ['tasks', 'scratchpad'] },
  { tasks: ['T2 in-progress M1'] },
  { tasks: ['T2 blocked M1', 'T3 failed M2'] },
  { ...due, gates: 'run' },
  { ...due, milestones: ['M1 in-progress 2', 'M2 pending'] },
  { tasks: ['T1 done M1', 'F1 not-started M1'], milestones: ['M1 in-progress 1 F1', 'M2 pending'] },
  { ...due, milestones: ['M1 in-progress passed', 'M9 in-progress'] },
  { ...work, status: 'failed' },
  { record: 'none' },
  { record: 'invalid' },
  { ...work, record: 'of another mission' },
];

interface Wish {
  agent?: Record<string, unknown>;
  mission?: Record<string, unknown>;
  options?: PlanOptions;
}

const names = new Set(['a']);
const WISHES: Wish[] = [
  { mission: { continue: 'manual' } },
  { mission: { state: 'paused' } },
  { mission: { state: 'completed' } },
  { mission: { continue: 'manual', state: 'paused' } },
  { agent: { on_change: 'restart' } },
  { agent: { state: 'stopped' } },
  { agent: { working_directory: '/not-there' } },
  { agent: { restart: { policy: 'never' } } },
  { options: { restart: names } },
  { mission: { state: 'paused' }, options: { restart: names } },
  { options: { adopt: names } },
  { options: { only: new Set(['b']) } },
  { options: { down: true } },
];

test('how far it is: its sessions, its lock and its agent', (t) => {
  everyCell(t, [{}], FAR);
});

test('what is wanted, in four of those', (t) => {
  everyCell(t, WISHES, [work, due, complete, unreadable]);
});

function everyCell(t: TestContext, wishes: Wish[], far: MissionWords[]): void {
  let cells = 0;
  for (const wish of wishes) {
    for (const agent of AGENTS) {
      for (const sessions of SESSIONS) {
        for (const lock of LOCKS) {
          for (const words of far) {
            visit(wish, agent, { ...words, ...lock, sessions });
            cells++;
          }
        }
      }
    }
  }
  t.diagnostic(`${cells} cells`);
}

const fleets = new WeakMap<Wish, { fleet: Fleet; files: Observation['files'] }>();

function fleetOf(wish: Wish): { fleet: Fleet; files: Observation['files'] } {
  const made = fleets.get(wish);
  if (made !== undefined) return made;
  const restart = { policy: 'on-crash', max_restarts: 2 };
  const milestones = [
    { id: 'M1', name: 'One' },
    { id: 'M2', name: 'Two' },
  ];
  const fleet = good(
    document({
      name: 'test',
      supervisor: 'none',
      runtimes: { mine: { command: ['mine'], limit: 'limit reached', ready: '^>' } },
      defaults: { runtime: 'mine', working_directory: '/src' },
      agents: [{ name: 'a', restart, ...wish.agent }, { name: 'b' }],
      missions: [
        {
          id: 'm',
          name: 'Mission',
          project: '/src',
          agent: 'a',
          quality_gates: 'make check',
          max_idle_sessions: 2,
          continue: 'auto',
          milestones,
          ...wish.mission,
        },
      ],
    }),
  );
  const files = observationOf(fleet, {}).files;
  fleets.set(wish, { fleet, files });
  return { fleet, files };
}

function visit(wish: Wish, agent: AgentSeen, mission: MissionWords): void {
  const { fleet, files } = fleetOf(wish);
  const { options = {} } = wish;
  const seen = {
    agents: { a: agent, b: up },
    missions: { m: mission },
    folders: { '/not-there': 'absent' as const },
  };
  const observation = observationOf(fleet, seen, files);
  try {
    const result = plan(fleet, observation, settingFor(fleet), options);
    assertInvariants({ fleet, observation, options, plan: result });
    assertMeant(wish, agent, mission, result);
  } catch (error) {
    if (error instanceof Error) error.message += `\nin the cell ${JSON.stringify({ wish, agent, mission })}`;
    throw error;
  }
}

/** What a few cells in particular ask for, told without the planner's own words. */
function assertMeant(wish: Wish, agent: AgentSeen, mission: MissionWords, result: Plan): void {
  const auto = wish.mission === undefined && wish.agent === undefined && wish.options === undefined;
  const last = mission.sessions?.at(-1);
  const free = mission.lock === undefined && (last === undefined || last.end === 'premature');
  const quiet = Object.keys(agent).length === 0 || agent.record === 'ended exit';
  const begin = actionOf(result, 'begin-mission-session', 'a');
  if (auto && free && quiet && last?.idle !== true && mission.tasks === work.tasks && isUsual(mission))
    assert.ok(begin, 'what is active, free and has work goes on');
  const alive = agent.session === 'live' && agent.suspended !== true;
  if (alive && wish.options === undefined && agent.definition === undefined && wish.agent === undefined) {
    assert.equal(actionOf(result, 'stop-session', 'a'), undefined, 'what lives is let live');
    assert.equal(begin, undefined, 'and nothing begins beside it');
  }
}

const isUsual = ({ status, record, gates }: MissionWords): boolean =>
  status === undefined && record === undefined && gates === undefined;
