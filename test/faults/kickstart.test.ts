/** A kickstart whose apply is killed at any call: it is taken exactly once in the life of its session all the same. */
import assert from 'node:assert/strict';
import { standInsOf, type StandIns } from '../support/stand-in/runtime.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { type Call, type Fault, noFault } from './fault.ts';
import { runFaulty } from './faulty.ts';

const KICKSTART = 'Begin with the open tasks.\nThen tell what you did.';

inWorld(
  'a kickstart that is killed anywhere is taken once',
  'none',
  async (world) => {
    const agents = standInsOf(world);
    agents.behave('app', { busyMs: 0 });
    world.writeFleet({
      runtimes: { 'stand-in': agents.runtime },
      defaults: {
        working_directory: world.cwd,
        on_restart: 'fresh',
        restart: { policy: 'always', max_restarts: 100_000, backoff: { initial: '0s', max: '0s' } },
      },
      agents: [{ name: 'app', runtime: 'stand-in', kickstart: KICKSTART }],
    });
    assert.equal((await world.mosaic(['apply'])).code, 0);
    assert.deepEqual(takenInLastLife(agents), [KICKSTART]);
    const undisturbed = await startKilledAt(world, agents, noFault);
    const cases = killings(undisturbed);
    assert.ok(cases.length > 8, `${cases.length} cases`);
    const trouble: string[] = [];
    for (const fault of cases) {
      await startKilledAt(world, agents, fault).catch((error: unknown) =>
        trouble.push(`${fault.how} call ${fault.at}: ${String(error)}`),
      );
    }
    assert.equal(trouble.length, 0, trouble.join('\n\n'));
  },
  { timeout: 900_000 },
);

/** Every call from the loading of the text on; after one is before the next. */
function killings(calls: readonly Call[]): Fault[] {
  const first = calls.findIndex(({ subject }) => subject.includes(' load-buffer '));
  assert.ok(first >= 0);
  return calls.slice(first).flatMap(({ number, name }) => {
    const hows: Fault['how'][] = name === 'exec' ? ['before', 'during'] : ['before'];
    return hows.map((how) => ({ at: number, how }));
  });
}

async function startKilledAt(world: World, agents: StandIns, fault: Fault): Promise<Call[]> {
  const starts = agents.records('app').filter(({ what }) => what === 'start').length;
  await world.tmux('kill-session', '-t', '=app');
  const { calls } = await runFaulty(world, ['apply'], fault);
  const said: string[] = [];
  let code: number | null = 1;
  for (let round = 0; round < 3 && code !== 0; round++) {
    const applied = await world.mosaic(['apply']);
    code = (await world.mosaic(['plan', '--detailed-exitcode'])).code;
    said.push(applied.stdout, applied.stderr);
  }
  assert.equal(code, 0, said.join(''));
  assert.equal(agents.records('app').filter(({ what }) => what === 'start').length, starts + 1);
  assert.deepEqual(takenInLastLife(agents), [KICKSTART]);
  const { stdout } = await world.tmux('list-buffers', '-F', '#{buffer_name}');
  // One that the kill left behind is overwritten by the next of that name, and is no text of anybody else.
  assert.ok(
    stdout
      .split('\n')
      .filter(Boolean)
      .every((name) => name.startsWith('mosaic-')),
    stdout,
  );
  return calls;
}

function takenInLastLife(agents: StandIns): string[] {
  const records = agents.records('app');
  const start = records.findLastIndex(({ what }) => what === 'start');
  return records.slice(start).flatMap(({ what, text = '' }) => (what === 'taken' ? [text] : []));
}
