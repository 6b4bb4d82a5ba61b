/**
 * Whatever happens to a mission and its agent, no record of a session is lost, no two are at work at once, and once it may go on
 * it is carried to its end: random stories on a fake machine, through the real command line, observation, planner and executor.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { mission as validMission, sessionLock as validLock } from '../../src/generated/validators.js';
import { isOpen } from '../../src/mission/select.ts';
import { appendTask, parseTasks, setTaskStatus } from '../../src/mission/tasks.ts';
import {
  missionPlaces,
  type MissionFile,
  type SessionEntry,
  type TaskStatus,
} from '../../src/model/mission.ts';
import { FLEET_FILE, fleetOn, look, mosaic } from '../model/driver.ts';
import { createMachine, type Machine } from '../model/fake-host.ts';
import { assertInvariants } from './invariants.ts';
import { STATE } from './fleet-on-machine.ts';

const PROJECT = '/src';
const places = missionPlaces(PROJECT);

const PLAIN = [
  'work',
  'block',
  'reopen',
  'fail',
  'add-task',
  'restart',
  'kill-server',
  'reboot',
  'lose-lock',
  'spoil-lock',
  'lose-state',
  'lose-tasks',
  'spoil-tasks',
  'redefine',
  'rename',
] as const;

type Event =
  | { do: (typeof PLAIN)[number] | 'apply' }
  | { do: 'end'; how: { status?: number; signal?: number } }
  | { do: 'state'; state: 'active' | 'paused' }
  | { do: 'continue'; by: 'auto' | 'manual' }
  | { do: 'agent'; state: 'running' | 'stopped' }
  | { do: 'milestones'; ids: readonly string[] }
  | { do: 'wait'; seconds: number };

const plain = fc.record({ do: fc.constantFrom(...PLAIN) });
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('apply' as const) }) },
  { weight: 10, arbitrary: plain },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      how: fc.constantFrom({ status: 0 }, { status: 3 }, { signal: 9 }, {}),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('state' as const), state: fc.constantFrom('active', 'paused') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('continue' as const), by: fc.constantFrom('auto', 'manual') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('agent' as const), state: fc.constantFrom('running', 'stopped') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('milestones' as const),
      ids: fc.constantFrom(['M1', 'M2'], ['M2', 'M1'], ['M1', 'M3', 'M2'], ['M2']),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 70, 1200) }),
  },
);

interface Story {
  machine: Machine;
  agent: { name: string; renamed_from?: string; state: string; env: { V: string } };
  mission: { state: string; continue: string; milestones: readonly string[] };
  /** TASKS.md, as git has it. */
  tasks: string;
  /** As the record had them when it was last looked at. */
  sessions: SessionEntry[];
}

const STORIES = Number(process.env['STORIES'] ?? 80);
const SEED = Number(process.env['SEED'] ?? 20_260_102);

for (const systemd of [false, true]) {
  test(`any story of a mission can be carried to its end [${systemd ? 'systemd' : 'none'}]`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 3, maxLength: 16, size: 'max' }), async (events) => {
        const story = await begin(systemd);
        for (const what of events) {
          await happen(story, what);
          await check(story);
        }
        await carryOn(story);
      }),
      { seed: SEED, numRuns: STORIES },
    );
  });
}

async function begin(systemd: boolean): Promise<Story> {
  const story: Story = {
    machine: createMachine({ systemd }),
    agent: { name: 'a', state: 'running', env: { V: '0' } },
    mission: { state: 'active', continue: 'auto', milestones: ['M1', 'M2'] },
    tasks: '',
    sessions: [],
  };
  writeFleet(story);
  await apply(story);
  for (const [id, milestone] of [
    ['T1', 'M1'],
    ['T2', 'M1'],
    ['T3', 'M2'],
  ] as const)
    edit(story, (text) =>
      appendTask(text, { id, milestone, description: `Do ${id}`, status: 'not-started' }),
    );
  story.tasks = story.machine.files.read(places.tasks) ?? '';
  return story;
}

function writeFleet({ machine, agent, mission }: Story): void {
  const fleet = {
    version: 1,
    name: 'test',
    supervisor: machine.systemd === undefined ? 'none' : 'systemd',
    defaults: { runtime: 'shell', working_directory: PROJECT },
    agents: [
      { ...agent, command: ['sh'], on_change: 'restart', restart: { policy: 'on-crash', max_restarts: 2 } },
    ],
    missions: [
      {
        id: 'm',
        name: 'Mission',
        project: PROJECT,
        agent: agent.name,
        state: mission.state,
        continue: mission.continue,
        milestones: mission.milestones.map((id) => ({ id, name: `Milestone ${id}` })),
      },
    ],
  };
  machine.files.put(FLEET_FILE, JSON.stringify(fleet));
}

/** Applies; and what it does to the tasks is to begin one, or to set one aside. */
async function apply({ machine }: Story, ...options: string[]): Promise<void> {
  const before = machine.files.read(places.tasks);
  const { code, stdout, stderr } = await mosaic(machine, 'apply', '--allow-mass-stop', ...options);
  assert.ok(code === 0 || code === 1, `exit ${code}: ${stdout}${stderr}`);
  const after = machine.files.read(places.tasks) ?? '';
  if (before === undefined || before === after) return;
  const now = new Map(parseTasks(after).tasks.map((task) => [task.id, task.status]));
  let expected = before;
  for (const { id, status } of parseTasks(before).tasks) {
    const to = now.get(id);
    if (to === undefined || to === status) continue;
    const begun = status === 'not-started' && to === 'in-progress';
    const aside = (status === 'in-progress' || status === 'not-started') && to === 'blocked';
    assert.ok(begun || aside, `${id}: from ${status} to ${to}`);
    expected = setTaskStatus(expected, id, to);
  }
  assert.equal(after, expected, 'nothing else of TASKS.md is changed');
}

const recordOf = ({ machine }: Story): MissionFile =>
  JSON.parse(machine.files.read(places.mission) ?? '{}') as MissionFile;

/** The agent's program, while it lives. */
function program({ machine, agent }: Story): number | undefined {
  const pane = machine.tmux
    .sessions()
    .find(({ options }) => options.get('@mosaic')?.startsWith(`test/${agent.name} `) === true)?.panes[0];
  return pane?.dead === undefined ? pane?.pid : undefined;
}

/** Somebody edits TASKS.md, where it can be edited. */
function edit({ machine }: Story, change: (text: string) => string): void {
  const text = machine.files.read(places.tasks);
  if (text === undefined || parseTasks(text).problems.length > 0) return;
  machine.files.put(places.tasks, change(text));
}

function setFirst(story: Story, from: readonly TaskStatus[], to: TaskStatus): void {
  edit(story, (text) => {
    const task = parseTasks(text).tasks.find(({ status }) => from.includes(status));
    return task === undefined ? text : setTaskStatus(text, task.id, to);
  });
}

async function happen(story: Story, what: Event): Promise<void> {
  const { machine, agent, mission } = story;
  const { files } = machine;
  switch (what.do) {
    case 'work':
      if (program(story) !== undefined) setFirst(story, ['in-progress'], 'done');
      break;
    case 'block':
      setFirst(story, ['in-progress', 'not-started'], 'blocked');
      break;
    case 'fail':
      setFirst(story, ['in-progress', 'not-started'], 'failed');
      break;
    case 'reopen':
      setFirst(story, ['blocked', 'failed', 'done'], 'not-started');
      break;
    case 'add-task':
      edit(story, (text) =>
        appendTask(text, {
          id: `X${parseTasks(text).tasks.length}`,
          milestone: 'M1',
          description: 'More',
          status: 'not-started',
        }),
      );
      break;
    case 'apply':
      await apply(story);
      break;
    case 'restart':
      await apply(story, '--restart', agent.name);
      break;
    case 'kill-server':
      machine.tmux.kill();
      break;
    case 'reboot':
      machine.reboot();
      break;
    case 'lose-lock':
      files.remove(places.lock);
      break;
    case 'spoil-lock':
      files.put(places.lock, '{');
      break;
    case 'lose-state':
      files.removeTree(STATE);
      break;
    case 'lose-tasks':
      files.remove(places.tasks);
      break;
    case 'spoil-tasks':
      files.put(
        places.tasks,
        '| id | status | milestone | description |\n|---|---|---|---|\n| T1 | perhaps | M1 | x |\n',
      );
      break;
    case 'redefine':
      agent.env = { V: `${Number(agent.env.V) + 1}` };
      break;
    case 'rename':
      agent.renamed_from = agent.name;
      agent.name = agent.name === 'a' ? 'b' : 'a';
      break;
    case 'end': {
      const pid = program(story);
      if (pid !== undefined) machine.processes.end(pid, what.how);
      break;
    }
    case 'state':
      mission.state = what.state;
      break;
    case 'continue':
      mission.continue = what.by;
      break;
    case 'agent':
      agent.state = what.state;
      break;
    case 'milestones':
      mission.milestones = what.ids;
      break;
    case 'wait':
      machine.advance(what.seconds * 1000);
      break;
  }
  writeFleet(story);
}

/** At any moment: the record is whole, no session of it is lost, an end once written stays, and one session at most is open. */
async function check(story: Story): Promise<void> {
  const { machine } = story;
  const record = recordOf(story);
  assert.ok(validMission(record), JSON.stringify(validMission.errors));
  const lock = machine.files.read(places.lock);
  if (lock !== undefined && lock !== '{')
    assert.ok(validLock(JSON.parse(lock)), JSON.stringify(validLock.errors));
  for (const [index, before] of story.sessions.entries()) {
    const now = record.sessions[index];
    assert.equal(now?.session_id, before.session_id, 'no session is lost');
    if (!isOpen(before)) assert.deepEqual(now, before, 'an end that is written stays');
  }
  story.sessions = structuredClone(record.sessions);
  const open = record.sessions.filter(isOpen);
  assert.ok(
    open.length < 2 && (open[0] === undefined || open[0] === record.sessions.at(-1)),
    'one session is open at most',
  );
  const { plan, observation } = await look(machine);
  assertInvariants({ fleet: fleetOn(machine), observation, options: { allowMassStop: true }, plan });
}

/** Its owner puts right what only a person can, and from then on an agent that does a task and ends is carried to the end. */
async function carryOn(story: Story): Promise<void> {
  const { machine, agent, mission } = story;
  Object.assign(mission, { state: 'active', continue: 'auto', milestones: ['M1', 'M2', 'M3'] });
  agent.state = 'running';
  writeFleet(story);
  if (machine.files.read(places.lock) === '{') machine.files.remove(places.lock);
  const text = machine.files.read(places.tasks);
  if (text === undefined || parseTasks(text).problems.length > 0)
    machine.files.put(places.tasks, story.tasks);
  await apply(story);
  await apply(story, '--restart', agent.name);
  for (const id of ['Y1', 'Y2', 'Y3'])
    edit(story, (now) =>
      appendTask(now, {
        id,
        milestone: id.replace('Y', 'M'),
        description: 'One more',
        status: 'not-started',
      }),
    );
  for (let sessions = 0; recordOf(story).status !== 'completed'; sessions++) {
    const { plan } = await look(machine);
    const said = JSON.stringify([
      plan.verdicts,
      plan.missions,
      parseTasks(machine.files.read(places.tasks) ?? '').tasks,
    ]);
    assert.ok(sessions < 60, `goes on for ever: ${said}`);
    await apply(story);
    await check(story);
    const pid = program(story);
    if (pid === undefined) {
      machine.advance(60_000);
      for (;;) {
        const before = machine.files.read(places.tasks);
        setFirst(story, ['blocked', 'failed'], 'not-started');
        if (machine.files.read(places.tasks) === before) break;
      }
      continue;
    }
    setFirst(story, ['in-progress'], 'done');
    machine.advance(1000);
    machine.processes.end(pid, { status: 0 });
  }
  await apply(story);
  await apply(story);
  await check(story);
  const { plan } = await look(machine);
  assert.deepEqual(
    plan.actions.map(({ id }) => id),
    [],
    'nothing is left to do',
  );
  const record = recordOf(story);
  assert.ok(
    record.sessions.every((entry) => !isOpen(entry)),
    'every session has its end',
  );
  assert.equal(machine.files.read(places.lock), undefined, 'nor does a lock stay');
  assert.equal(program(story), undefined, 'nor a program');
}
