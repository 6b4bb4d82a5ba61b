/** The first apply of a fleet and the taking down of it, killed at any point: holder, units and folders come whole and go whole. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { forSupervisors } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { type Call, type Fault, noFault } from './fault.ts';
import { runFaulty } from './faulty.ts';
import { filesBelow, type Picture, pictureOf } from './picture.ts';

describe('a first apply and a down', { concurrency: 2 }, () => {
  forSupervisors(
    'that are killed at any call on the host are ended by the next one',
    async (world) => {
      world.writeFleet({
        runtimes: { idle: { command: ['sleep', 'infinity'] } },
        defaults: { working_directory: '/' },
        agents: ['one', 'two'].map((name) => ({ name, runtime: 'idle' })),
      });
      const bare = filesBelow(world.home);
      const up = await runFaulty(world, ['apply'], noFault);
      assert.equal(up.code, 0, up.stderr);
      const expected = await pictureOf(world);
      const down = await runFaulty(world, ['down', '--purge'], noFault);
      assert.equal(down.code, 0, down.stderr);
      await requireNothing(world, bare, 'undisturbed');

      const ups = killings(up.calls);
      const downs = killings(down.calls);
      const trouble: string[] = [];
      for (let turn = 0; turn < Math.max(ups.length, downs.length); turn++) {
        const told = (error: unknown): number => trouble.push(String(error));
        await upKilledAt(world, ups[turn] ?? noFault, expected).catch(told);
        await downKilledAt(world, downs[turn] ?? noFault, bare).catch(told);
      }
      assert.equal(trouble.length, 0, trouble.join('\n\n'));
    },
    { timeout: 1_800_000 },
  );
});

/** After one call is before the next: here they do not overlap. */
function killings(calls: readonly Call[]): Fault[] {
  return calls.flatMap(({ number, name }) => {
    const hows = name === 'exec' || name === 'write' || name === 'append' ? ['before', 'during'] : ['before'];
    return hows.map((how) => ({ at: number, how: how as Fault['how'] }));
  });
}

async function upKilledAt(world: World, fault: Fault, expected: Picture): Promise<void> {
  const { calls } = await runFaulty(world, ['apply'], fault);
  const where = whereOf(fault, calls);
  const said: string[] = [];
  let code: number | null = 1;
  for (let round = 0; round < 2 && code !== 0; round++) {
    const { stdout, stderr } = await world.mosaic(['apply']);
    const plan = await world.mosaic(['plan', '--detailed-exitcode']);
    said.push(stdout, stderr, plan.stdout);
    code = plan.code;
  }
  assert.equal(code, 0, `${where}: ${said.join('')}`);
  const { pids: _, state: __, ...seen } = await pictureOf(world);
  const { pids: ___, state: ____, ...wanted } = expected;
  assert.deepEqual(seen, wanted, where);
}

async function downKilledAt(world: World, fault: Fault, bare: readonly string[]): Promise<void> {
  const { calls } = await runFaulty(world, ['down', '--purge'], fault);
  const where = `down ${whereOf(fault, calls)}`;
  const { code, stdout, stderr } = await world.mosaic(['down', '--purge']);
  assert.equal(code, 0, `${where}: ${stdout}${stderr}`);
  await requireNothing(world, bare, where);
}

async function requireNothing(world: World, bare: readonly string[], where: string): Promise<void> {
  assert.deepEqual(await world.sessions(), [], where);
  assert.deepEqual(filesBelow(world.home), bare, where);
  if (world.supervisor === 'systemd') {
    const units = await world.systemctl('list-units', '--plain', '--no-legend', 'mosaic-*');
    assert.equal(units.stdout, '', where);
  }
}

function whereOf(fault: Fault, calls: readonly Call[]): string {
  const call = calls.find(({ hit }) => hit);
  return `killed ${fault.how} call ${fault.at} (${call?.name} ${call?.subject})`;
}
