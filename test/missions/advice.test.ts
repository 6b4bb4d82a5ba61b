/** What whoever applies is told of missions that an agent which has just started could go on with. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { inMission, table } from './support/mission.ts';

inMission(
  'an agent that starts where a mission is active: told once, with the way on',
  'none',
  async (scene) => {
    const { world } = scene;
    const shop = await world.makeRepository('market');
    const bare = world.path('bare');
    mkdirSync(bare);
    const made = await world.mosaic(['coord', 'init', '--name', 'Checkout v2', '--milestones', 'A, B'], {
      cwd: shop,
    });
    assert.equal(made.code, 0, made.stderr);
    scene.fleet([
      { name: 'coder', working_directory: shop },
      { name: 'second', working_directory: shop },
      { name: 'other', working_directory: bare },
    ]);
    const { stderr } = await scene.apply();
    assert.match(stderr, /^coder, second could go on with a mission:$/m);
    assert.match(stderr, /^ {2}mission: +Checkout v2 \(checkout-v2\), active: 0 of 0 tasks done \(0%\)$/m);
    assert.match(stderr, /^ {2}working tree: +\d changed files?$/m);
    assert.match(stderr, /^ {2}to continue: +mosaic coord continue --project \S*\/market$/m);
    assert.equal(stderr.match(/could go on/g)?.length, 1);
    // Nobody starts: nothing to tell.
    assert.doesNotMatch((await scene.apply()).stderr, /could go on/);
  },
);

inMission(
  'a mission that the reconciler carries on is nobody else’s to go on with',
  'none',
  async (scene) => {
    const { project, workers } = scene;
    project.write(table('T1 M1'));
    workers.order('coder', {});
    scene.missionFleet();
    const { stderr } = await scene.apply();
    assert.doesNotMatch(stderr, /could go on/);
  },
);
