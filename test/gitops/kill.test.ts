/** A sync or a bootstrap that is killed, or whose disk is full, at any call on the host: the next one reaches the same end. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';
import { noFault, type Call, type Fault } from '../faults/fault.ts';
import { runFaulty } from '../faults/faulty.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { bootstrap, gitops, running, Source, statusOf } from './support.ts';

const CHANGES_FILES = new Set(['write', 'mkdir', 'rename', 'writeLink']);

function faultsOf(calls: readonly Call[]): Fault[] {
  return calls.flatMap(({ number, name }) => {
    const hows: Fault['how'][] = ['before', 'after'];
    if (name === 'exec' || name === 'write' || name === 'append') hows.push('during');
    if (CHANGES_FILES.has(name)) hows.push('no-space');
    return hows.map((how) => ({ at: number, how }));
  });
}

/** A commit that is not the last one: `one` stays, and with it runs a or b. */
async function turn(source: Source, round: number): Promise<{ sha: string; agents: string[] }> {
  const agents = ['one', round % 2 === 0 ? 'a' : 'b'];
  source.write('texts/hello.md', `round ${round}\n`);
  const sha = await source.agents([], {
    tmux: { socket_name: source.world.socket, extra_config: '../texts/hello.md' },
    reconcile: { max_stop_fraction: 1 },
    agents: agents.map((name) => ({ name, runtime: 'idle' })),
  });
  return { sha, agents: agents.sort() };
}

async function requireEnd(
  world: World,
  { sha, agents }: { sha: string; agents: string[] },
  where: string,
): Promise<void> {
  const status = await statusOf(world);
  assert.deepEqual(
    [status.in_force, status.applied?.sha, status.healthy],
    [sha, sha, true],
    `${where}: ${JSON.stringify(status)}`,
  );
  assert.deepEqual(await running(world), agents, where);
  const folder = join(world.env['XDG_STATE_HOME'] ?? '', 'mosaic/test/gitops');
  const left = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?:^|\/)(?:tmp_|mirror\.new|\.mosaic-)|\.lock$/.test(name.replace(/^sync\.lock$/, '')),
  );
  assert.deepEqual(left, [], where);
}

const SHARES = 2;

void describe('a followed repository, interrupted', { concurrency: 2 }, () => {
  for (let share = 0; share < SHARES; share++) {
    inWorld(
      `a sync is ended by the next one (${share + 1} of ${SHARES})`,
      'none',
      async (world) => {
        const source = await Source.make(world);
        let round = 0;
        await turnAt(source, round++);
        await bootstrap(source, '--path', 'hosts/fleet.yaml');
        const first = await turnAt(source, round++);
        const { calls, code, stderr } = await runFaulty(world, ['gitops', 'sync'], noFault);
        assert.equal(code, 0, stderr);
        await requireEnd(world, first, 'undisturbed');
        assert.ok(calls.length > 25, `only ${calls.length} calls`);
        const faults = faultsOf(calls).filter((_, index) => index % SHARES === share);
        for (const fault of faults) {
          const next = await turnAt(source, round++);
          const run = await runFaulty(world, ['gitops', 'sync'], fault);
          const call = run.calls.find(({ hit }) => hit);
          const where = `${fault.how} call ${fault.at} (${call?.name} ${call?.subject})`;
          // Whatever it came to, one whole revision is in force.
          assert.ok((await statusOf(world)).in_force !== undefined, where);
          const {
            code: after,
            stdout,
            stderr: said,
          } = await world.mosaic(['gitops', 'sync'], { timeoutMs: 60_000 });
          assert.equal(after, 0, `${where}: ${stdout}${said}`);
          await requireEnd(world, next, where);
        }
      },
      { timeout: 900_000 },
    );
  }

  inWorld(
    'a bootstrap is ended by the next one',
    'none',
    async (world) => {
      const source = await Source.make(world);
      const wanted = await turnAt(source, 0);
      const args = ['gitops', 'bootstrap', '--repo', source.remote, '--path', 'hosts/fleet.yaml'];
      const { calls, code, stderr } = await runFaulty(world, args, noFault);
      assert.equal(code, 0, stderr);
      for (const fault of faultsOf(calls).filter(({ how }) => how === 'before' || how === 'no-space')) {
        const down = await world.mosaic(['down', '--purge']);
        assert.equal(down.code, 0, down.stderr);
        const run = await runFaulty(world, args, fault);
        const call = run.calls.find(({ hit }) => hit);
        const where = `${fault.how} call ${fault.at} (${call?.name} ${call?.subject})`;
        await gitops(world, 0, ...args.slice(1));
        await requireEnd(world, wanted, where);
      }
    },
    { timeout: 900_000 },
  );
});

/** The fleet file in a folder, so that what it names is beside it and above it. */
async function turnAt(source: Source, round: number): ReturnType<typeof turn> {
  const { world, tree } = source;
  const { agents } = await turn(source, round);
  await world.run('mkdir', ['-p', join(tree, 'hosts')]);
  await world.git(tree, 'mv', '--force', 'fleet.yaml', 'hosts/fleet.yaml');
  return { sha: await source.push(`round ${round}`), agents };
}
