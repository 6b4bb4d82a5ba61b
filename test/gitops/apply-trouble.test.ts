/** A revision that is in force and could not be applied is no revision that was applied. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe } from 'node:test';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { atOnce, bootstrap, events, gitops, idle, Source, statusOf } from './support.ts';

/** What must hold while the apply of a revision does not go well. */
async function notApplied(world: World, { good, sha }: { good: string; sha: string }, why: RegExp) {
  await gitops(world, 1, 'sync');
  const { applied, attempted, in_force, healthy, apply_trouble: trouble } = await statusOf(world);
  assert.match(trouble?.message ?? '', why);
  assert.deepEqual([applied?.sha, attempted?.sha, in_force, healthy], [good, sha, sha, false]);
  const { code, stdout } = await world.mosaic(['gitops', 'status']);
  assert.equal(code, 1);
  assert.match(stdout, /^not applied +since .*/m);
  assert.equal(events(world).filter(({ message }) => message.startsWith('could not be applied: ')).length, 1);
}

async function thenApplied(world: World, sha: string): Promise<void> {
  await gitops(world, 0, 'sync');
  const { applied, healthy, apply_trouble: trouble } = await statusOf(world);
  assert.deepEqual([applied?.sha, healthy, trouble], [sha, true, undefined]);
  assert.equal((await world.mosaic(['gitops', 'status'])).code, 0);
}

async function following(world: World): Promise<{ source: Source; good: string }> {
  const source = await Source.make(world);
  const good = await source.agents(['one'], atOnce);
  await bootstrap(source);
  return { source, good };
}

void describe('a revision that cannot be applied', { concurrency: 2 }, () => {
  inWorld('since an agent does not start, names it, until it does', 'none', async (world) => {
    const { source, good } = await following(world);
    const program = world.path('bin/late-program');
    const sha = await source.agents([], {
      agents: [idle('one'), { name: 'two', command: [program] }],
    });
    await notApplied(world, { good, sha }, /two/);
    // It waits for its next try now, with nothing to be done meanwhile.
    const waiting = await world.mosaic(['gitops', 'sync']);
    assert.equal((await statusOf(world)).healthy, false, waiting.stdout);
    assert.equal((await statusOf(world)).applied?.sha, good);
    await world.run('mkdir', ['-p', world.path('bin')]);
    writeFileSync(program, '#!/bin/sh\nexec sleep infinity\n', { mode: 0o755 });
    assert.equal((await world.mosaic(['apply', '--restart', 'two'])).code, 0);
    await thenApplied(world, sha);
  });

  inWorld('since a session of others has its name, says so until that is gone', 'none', async (world) => {
    const { source, good } = await following(world);
    assert.equal((await world.tmux('new-session', '-d', '-s', 'two', 'sleep infinity')).code, 0);
    const sha = await source.agents(['one', 'two'], atOnce);
    await notApplied(world, { good, sha }, /^two: /);
    await world.tmux('kill-session', '-t', '=two');
    await thenApplied(world, sha);
  });
});
