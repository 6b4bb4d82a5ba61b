/** An apply of formulas that is killed at any point: the next one brings every timer to what the fleet file says. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { noFault, type Call, type Fault } from '../faults/fault.ts';
import { runFaulty } from '../faults/faulty.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

inWorld(
  'an apply of formulas that is killed at any call is made up for by the next one',
  'systemd',
  async (world) => {
    writeFileSync(world.path('work', 'f.toml'), '');
    await goTo(world, 'a');
    assert.deepEqual(await timers(world), { both: '00/1', 'only-a': '00/12' });
    let side: 'a' | 'b' = 'b';
    const { calls } = await runFaulty(world, ['apply'], await wish(world, side));
    const faults = killings(calls);
    assert.ok(faults.length > 30, `only ${faults.length}`);
    for (const fault of faults) {
      side = side === 'a' ? 'b' : 'a';
      await wish(world, side);
      const { calls: made } = await runFaulty(world, ['apply'], fault);
      const hit = made.find((call) => call.hit);
      const say: string = `killed ${fault.how} call ${fault.at} (${hit?.name} ${hit?.subject}), to ${side}`;
      await goTo(world, side);
      const wanted: Record<string, string> =
        side === 'a' ? { both: '00/1', 'only-a': '00/12' } : { both: '00/6', 'only-b': '00/12' };
      assert.deepEqual(await timers(world), wanted, say);
      const { code, stdout } = await world.mosaic(['plan', '--detailed-exitcode']);
      assert.equal(code, 0, `${say}: ${stdout}`);
    }
  },
  { timeout: 900_000 },
);

/** From the first write on: before it, an apply only looks. */
function killings(calls: readonly Call[]): Fault[] {
  const first = calls.find(({ name }) => name === 'write')?.number ?? 0;
  return calls
    .filter(({ number }) => number >= first)
    .flatMap(({ number, name }) => {
      const lasting = name === 'exec' || name === 'write';
      const hows = lasting ? (['during', 'after'] as const) : (['before'] as const);
      return hows.map((how) => ({ at: number, how }));
    });
}

async function wish(world: World, side: 'a' | 'b'): Promise<Fault> {
  const file = 'f.toml';
  world.writeFleet({
    agents: [],
    formulas: [
      { file, name: 'both', every: side === 'a' ? '1h' : '6h' },
      { file, name: `only-${side}`, every: '12h' },
    ],
  });
  return noFault;
}

async function goTo(world: World, side: 'a' | 'b'): Promise<void> {
  await wish(world, side);
  const { code, stdout, stderr } = await world.mosaic(['apply']);
  assert.equal(code, 0, stdout + stderr);
}

/** Those that run and come back after a reboot, by formula, with the hours at which they come. */
async function timers(world: World): Promise<Record<string, string>> {
  const folder = `${world.env['XDG_CONFIG_HOME']}/systemd/user`;
  const links = readdirSync(`${folder}/timers.target.wants`);
  const files = readdirSync(folder).filter((name) => name.startsWith('mosaic-formula-'));
  assert.deepEqual(
    files.filter((name) => name.endsWith('.timer')),
    links,
  );
  assert.equal(files.length, 2 * links.length, files.join(' '));
  const show = ['show', '--property=Id,ActiveState,TimersCalendar', 'mosaic-formula-*.timer'];
  const { stdout } = await world.systemctl(...show);
  return Object.fromEntries(
    stdout
      .split('\n\n')
      .filter((block) => block.includes('ActiveState=active'))
      .map((block) => [
        /^Id=mosaic-formula-(.*)\.timer$/m.exec(block)?.[1] ?? '',
        /OnCalendar=\*-\*-\* (\S+?):00:00/.exec(block)?.[1] ?? '',
      ]),
  );
}
