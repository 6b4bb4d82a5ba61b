/**
 * Whatever happens to a fleet, two applies bring it to where it should be, and the next plan is empty: random stories on a
 * fake machine, through the real command line, observation, planner and executor.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { fleetOn, look, mosaic } from '../model/driver.ts';
import { createMachine, HOME } from '../model/fake-host.ts';
import { assertInvariants } from './invariants.ts';
import { event, happen, MAX_RESTARTS, ours, type Event, type Story } from './story.ts';

/** Two applies settle what happened. Those that end as soon as they start take two more for each of their restarts. */
const APPLIES = 2;
const APPLIES_OF_ENDERS = APPLIES + 2 * (MAX_RESTARTS + 1);

// For a longer search than the usual one: STORIES=5000 SEED=1 npm run test:unit.
const STORIES = Number(process.env['STORIES'] ?? 200);
const SEED = Number(process.env['SEED'] ?? 20_260_102);

for (const supervisor of ['none', 'systemd'] as const) {
  // The seed makes the stories the same each time; a failure prints the shortest one that fails.
  test(`any story ends in the wanted state [${supervisor}]`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 3, maxLength: 14, size: 'max' }), async (events) => {
        const story = await begin(supervisor === 'systemd');
        for (const what of events) {
          await happen(story, what);
          await settleNothing(story);
        }
        await settle(story, events);
      }),
      { seed: SEED, numRuns: STORIES },
    );
  });
}

async function begin(systemd: boolean): Promise<Story> {
  const story: Story = {
    machine: createMachine({ systemd }),
    wish: new Map(),
    formulas: new Map(),
    systemd,
    foreign: new Map(),
  };
  for (const agent of ['ap', 'app', 'app-2', 'build'] as const) await happen(story, { do: 'add', agent });
  await happen(story, { do: 'apply' });
  return story;
}

/** At any moment: a dry run writes nothing, its plan keeps the rules, foreign sessions stand, nobody has two sessions. */
async function settleNothing(story: Story): Promise<void> {
  const { machine } = story;
  const before = machine.files.changes();
  const { plan, observation } = await look(machine);
  const dry = await mosaic(machine, 'apply', '--dry-run', '--allow-mass-stop');
  assert.ok([0, 1].includes(dry.code), dry.stderr);
  assert.equal(machine.files.changes(), before, 'a dry run writes nothing');
  assertInvariants({ fleet: fleetOn(machine), observation, options: { allowMassStop: true }, plan });
  assertForeignStand(story);
  const marks = machine.tmux.sessions().flatMap(({ options }) => options.get('@mosaic')?.split(' ')[0] ?? []);
  assert.equal(new Set(marks).size, marks.length, `nobody has two sessions: ${marks.join(', ')}`);
}

function assertForeignStand({ machine, foreign }: Story): void {
  const alive = new Set(machine.processes.all().map(({ pid }) => pid));
  for (const [session, pid] of foreign) {
    assert.ok(machine.tmux.sessions().includes(session), `the foreign session ${session.name} stands`);
    assert.ok(pid === undefined || alive.has(pid), `the program of the foreign session ${session.name} runs`);
  }
}

async function settle(story: Story, events: readonly Event[]): Promise<void> {
  const { machine } = story;
  const enders = ['crasher', 'done'].some((name) =>
    events.some((what) => 'agent' in what && what.agent === name),
  );
  // Each backoff that runs out is one more thing that happens.
  for (let waits = 0; waits <= 2 * (MAX_RESTARTS + 1); waits++) {
    for (let applies = 0; (await look(machine)).plan.actions.length > 0; applies++) {
      const left = (await look(machine)).plan.actions.map(({ id }) => id);
      assert.ok(
        applies < (enders ? APPLIES_OF_ENDERS : APPLIES),
        `after ${applies} applies: ${left.join(', ')}`,
      );
      const { code, stderr } = await mosaic(machine, 'apply', '--allow-mass-stop');
      assert.ok(code === 0 || code === 1, stderr);
      await settleNothing(story);
    }
    const { plan } = await look(machine);
    const next = Math.min(...plan.verdicts.flatMap(({ until }) => until ?? []));
    if (!Number.isFinite(next)) break;
    // Those under `always` that end at once go round for ever: that is what they are for.
    if (plan.verdicts.every(({ until, agent }) => until === undefined || goesRound(story, agent))) break;
    machine.advance(next - machine.now());
  }
  await assertWanted(story);
}

const goesRound = ({ wish }: Story, name: string): boolean => {
  const { command, restart } = (wish.get(name) ?? {}) as { command?: string[]; restart?: { policy: string } };
  return command?.[0] === 'true' && restart?.policy === 'always';
};

/** Told from the fleet file and the machine alone, but for those that stay down: why they do is the planner's to say. */
async function assertWanted(story: Story): Promise<void> {
  const { machine, wish } = story;
  const { plan } = await look(machine);
  const verdicts = new Map(plan.verdicts.map((verdict) => [verdict.agent, verdict]));
  for (const [name, fields] of wish) {
    const verdict = verdicts.get(name);
    const pane = ours(story, name)?.panes[0];
    const program = machine.processes.all().find(({ pid }) => pid === pane?.pid);
    // What its user opened in its session is not the agent.
    const runs = program?.env['MOSAIC_AGENT'] !== undefined;
    const say = `${name} is ${verdict?.status}: ${verdict?.reason}`;
    if (verdict?.wanted !== 'running') assert.ok(pane === undefined, `${say}, and has a session`);
    else if (!runs) assert.ok(mayStayDown(story, name, verdict.status), say);
    else assert.ok(['running', 'pending-restart'].includes(verdict.status), say);
    if (fields['state'] === 'stopped') assert.equal(verdict?.wanted, 'stopped');
  }
  const marked = machine.tmux
    .sessions()
    .flatMap(({ options }) => options.get('@mosaic')?.split(' ')[0] ?? []);
  const agents = marked.map((mark) => mark.slice('test/'.length)).filter((name) => !name.startsWith('_'));
  const strangers = agents.filter((name) => !wish.has(name));
  assert.deepEqual(strangers, [], 'no session of an agent that is gone');
  const down = plan.verdicts.filter(
    ({ agent, status }) => wish.has(agent) && mayStayDown(story, agent, status),
  );
  assertNothingLeft(story, new Set(down.map(({ agent }) => agent)));
  assertTimers(story);
}

/** Exactly the formulas of the file have a timer, which comes as often as it says, also after a reboot. */
function assertTimers({ machine, formulas, systemd }: Story): void {
  const folder = `${HOME}/.config/systemd/user`;
  const timers = (names: readonly string[]): string[] =>
    names.flatMap((name) => /^mosaic-formula-(.+)\.timer$/.exec(name)?.[1] ?? []).toSorted();
  const wanted = systemd ? [...formulas.keys()].toSorted() : [];
  const active = machine.systemd?.exec(['--user', 'list-units']).stdout ?? '[]';
  const units = (JSON.parse(active) as { unit: string }[]).map(({ unit }) => unit);
  assert.deepEqual(timers(units), wanted, 'timers that run');
  assert.deepEqual(timers(machine.files.list(folder)), wanted, 'files of timers');
  assert.deepEqual(timers(machine.files.list(`${folder}/timers.target.wants`)), wanted, 'timers at a start');
  for (const name of wanted) {
    const text = machine.files.read(`${folder}/mosaic-formula-${name}.timer`) ?? '';
    assert.ok(text.includes(`every ${formulas.get(name)},`), text);
  }
}

function mayStayDown(story: Story, name: string, status: string): boolean {
  const { wish, foreign } = story;
  const { restart } = (wish.get(name) ?? {}) as { restart?: { policy: string } };
  const policy = restart?.policy;
  switch (status) {
    case 'completed':
      return policy !== 'always';
    case 'crashed':
      return policy === 'never';
    case 'blocked':
      return policy !== 'never';
    case 'conflict':
      return [...foreign.keys()].some((session) => session.name === name);
    case 'backoff':
      return policy === 'always';
    case 'absent':
      return itsUnitIsTaken(story, name);
    default:
      return false;
  }
}

/** Another agent was started under that name, renamed since, and lives on in the unit. */
const itsUnitIsTaken = ({ machine, systemd }: Story, name: string): boolean =>
  systemd &&
  machine.tmux.sessions().some(({ options }) => {
    const [owner, , , born] = options.get('@mosaic')?.split(' ') ?? [];
    return born === name && owner !== `test/${name}`;
  });

/**
 * Every process that was started for an agent belongs to a session that is there. Those that stay down are left as they ended,
 * with what they left running, until they are stopped or started again.
 */
function assertNothingLeft({ machine, foreign }: Story, down: ReadonlySet<string>): void {
  const sessions = new Set(machine.tmux.sessions().map(({ id }) => id.slice(1)));
  const theirs = new Set([...foreign.keys()].map(({ id }) => id.slice(1)));
  for (const { pid, env } of machine.processes.all()) {
    const session = env['TMUX']?.split(',').at(-1);
    const agent = env['MOSAIC_AGENT'];
    if (agent === undefined || down.has(agent) || session === undefined || theirs.has(session)) continue;
    assert.ok(sessions.has(session), `the process ${pid} of ${agent} outlived its session`);
  }
}
