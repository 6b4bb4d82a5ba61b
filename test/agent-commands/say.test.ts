/** mosaic agent send, broadcast and reset. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import {
  agentBroadcast as isBroadcast,
  agentReset as isReset,
  agentSend as isSend,
} from '../../src/generated/validators.js';
import { inScene } from './scene.ts';

inScene('send: from wherever the text comes, and who speaks', { coder: {}, lead: {} }, async (scene) => {
  const { world, agent, agents, json } = scene;
  const last = (): string => agents.taken('coder').at(-1) ?? '';
  const sent = await json(['send', 'coder', '-m', '-- a "b" $(c)']);
  assert.ok(isSend(sent), JSON.stringify(isSend.errors));
  assert.equal(sent['result'], 'sent');
  assert.match(last(), /^\[\S+ -> [\w.-]+:coder\] -- a "b" \$\(c\)$/);
  const file = world.path('message.md');
  writeFileSync(file, '# Title\n\nbody\n\n');
  await agent(['send', 'coder', '-f', file, '--from', 'web1:lead']);
  assert.ok(
    last().startsWith('[web1:lead -> ') && last().endsWith(':coder] # Title\n\nbody\n\n'),
    JSON.stringify(last()),
  );
  await agent(['send', '=coder', '--no-preamble'], 0, 'from a pipe');
  assert.equal(last(), 'from a pipe');
  await agent(['send', 'coder', '-f', '-', '--no-preamble'], 0, 'from a pipe too');
  assert.equal(last(), 'from a pipe too');
  const changed = await agent(['send', 'coder', '--no-preamble', '-m', '!rm -rf /']);
  assert.equal(last(), '> !rm -rf /');
  assert.match(changed.stderr, /^Note: .*begins with "!"/m);
  // From inside an agent's session, and from another one on the same server.
  const inside = { MOSAIC_AGENT: 'lead' };
  assert.equal((await world.mosaic(['agent', 'send', 'coder', '-m', 'x y z'], { env: inside })).code, 0);
  assert.match(last(), /^\[[\w.-]+:lead -> [\w.-]+:coder\] x y z$/);
  await world.tmux('new-session', '-d', '-s', 'visitor', 'cat');
  const server = (
    await world.tmux('display-message', '-p', '-t', '=visitor:', '#{socket_path},#{pid},#{session_id}')
  ).stdout.trim();
  const tmux = { TMUX: server.replace('$', '') };
  assert.equal((await world.mosaic(['agent', 'send', 'coder', '-m', 'a b c'], { env: tmux })).code, 0);
  assert.match(last(), /^\[[\w.-]+:visitor -> [\w.-]+:coder\] a b c$/);
  const before = agents.taken('coder').length;
  for (const args of [
    ['-m', ''],
    ['-m', 'a', '-f', file],
    ['-m', ' \n', '--no-preamble'],
    ['--wait', 'busy', '-m', 'a'],
    ['--retries', 'x', '-m', 'a'],
  ])
    await agent(['send', 'coder', ...args], 64);
  await agent(['send', 'coder', '-f', world.path('absent')], 65);
  assert.equal(agents.taken('coder').length, before);
  assert.equal(
    (await json(['send', 'nobody', '-m', 'x'], 1).catch(() => undefined)) ?? 'told in words',
    'told in words',
  );
});

inScene(
  'send: into a shell nothing is typed, and what cannot be watched is unverified',
  {
    sh: { as: { runtime: 'shell', command: ['sh'] } },
    blind: { as: { runtime: 'shell', command: ['cat'] } },
  },
  async ({ world, agent }) => {
    const hacked = world.path('hacked');
    const { stderr } = await agent(['send', 'sh', '-m', `$(touch ${hacked})`], 1);
    assert.match(stderr, /is a shell, and would run the message; nothing was typed/);
    const pane = await world.tmux('capture-pane', '-p', '-t', '=sh:');
    assert.doesNotMatch(pane.stdout, /touch/);
    const blind = await agent(['send', 'blind', '-m', 'are you there?'], 2);
    assert.equal(blind.stdout, 'blind: sent, unverified\n');
    assert.match(blind.stderr, /has no pattern that tells whether it was taken/);
    const seen = (await world.tmux('capture-pane', '-p', '-J', '-t', '=blind:')).stdout;
    assert.match(seen, /are you there\?\n.*are you there\?/);
    await agent(['send', 'blind', '-m', 'again', '--no-verify']);
  },
);

const classes = {
  coder: { as: { class: 'coder' } },
  'coder-2': { as: { class: 'coder' }, behaves: { busy: true } },
  reviewer: { as: { class: 'reviewer' } },
  stuck: { as: { class: 'reviewer' }, behaves: { dialog: true } },
  off: { as: { class: 'reviewer', state: 'stopped' } },
};

inScene(
  'broadcast: to all of a class, a line of result for each',
  classes,
  async ({ agent, agents, json, world }) => {
    const told = await agent(['broadcast', '--class', 'coder', '-m', 'Freeze until noon']);
    assert.match(told.stdout, /^AGENT +RESULT\ncoder +sent\ncoder-2 +queued\n$/);
    assert.deepEqual([agents.taken('reviewer'), agents.taken('stuck')], [[], []]);
    const some = await json(['broadcast', '--class', 'reviewer', '-m', 'Look'], 3);
    assert.ok(isBroadcast(some), JSON.stringify(isBroadcast.errors));
    assert.deepEqual(
      (some['deliveries'] as Record<string, unknown>[]).map((one) => [one['agent'], one['result']]),
      [
        ['reviewer', 'sent'],
        ['stuck', 'dialog'],
      ],
    );
    // Who speaks does not tell itself.
    const all = await world.mosaic(['agent', 'broadcast', '-m', 'All'], {
      env: { MOSAIC_AGENT: 'reviewer' },
    });
    assert.equal(all.code, 3);
    assert.doesNotMatch(all.stdout, /^reviewer /m);
    assert.equal(agents.taken('coder').length, 2);
    const none = await agent(['broadcast', '--class', 'nobody', '-m', 'x'], 1);
    assert.match(none.stderr, /no agent of the class nobody .*\n.*Its classes: coder, reviewer\./);
  },
);

const once = { policy: 'on-crash', max_restarts: 0, backoff: { initial: '0s', max: '0s' } };

inScene(
  'reset: cleared where it can be, restarted where it has to be',
  {
    coder: { as: { kickstart: 'Begin.' } },
    worker: { as: { kickstart: 'Work.' }, behaves: { busy: true } },
    muse: { as: { persistent_persona: true } },
    fallen: { as: { kickstart: 'Rise.', restart: once } },
    deaf: { as: { runtime: 'shell', command: ['sh', '-c', 'echo started; exec cat'] } },
    off: { as: { state: 'stopped' } },
  },
  async (scene) => {
    const { world, agent, agents, json, kill } = scene;
    const { stdout } = await agent(['reset', 'coder', '--clear', '--wait', 'idle']);
    assert.equal(stdout, 'coder: its conversation is empty; kickstart sent\n');
    assert.deepEqual(agents.taken('coder'), ['Begin.', 'Begin.']);
    assert.equal(agents.records('coder').filter(({ what }) => what === 'start').length, 1);
    const quiet = await json(['reset', 'coder', '--new', '--no-kickstart', '--wait', 'idle']);
    assert.ok(isReset(quiet), JSON.stringify(isReset.errors));
    assert.deepEqual([quiet['result'], quiet['kickstart']], ['cleared', undefined]);
    assert.deepEqual(
      agents.records('coder').flatMap(({ what, text }) => (what === 'cleared' ? [text] : [])),
      ['/clear', '/new'],
    );

    assert.match(
      (await agent(['reset', 'worker', '--clear'], 3)).stderr,
      /it is busy; nothing was done\n.*--wait idle/,
    );
    const late = await agent(['send', 'worker', '-m', 'are you done?', '--wait-at-most', '1s'], 1);
    assert.match(late.stderr, /it has been busy all the time; nothing was typed/);
    agents.behave('worker', {});
    assert.match(
      (await agent(['reset', 'worker', '--clear', '--wait', 'idle'])).stdout,
      /its conversation is empty/,
    );
    agents.behave('worker', { busy: true });
    await agent(['send', 'worker', '-m', 'something to do']);
    const forced = await agent(['reset', 'worker', '--clear', '--force', '--no-kickstart']);
    assert.equal(forced.stdout, 'worker: started anew, its conversation is empty\n');
    assert.match(forced.stderr, /^Note: it was busy$/m);
    await agents.ready('worker', 2);
    const told = agents.taken('worker').length;
    await scene.apply();
    assert.equal(agents.taken('worker').length, told);

    assert.match((await agent(['reset', 'muse', '--clear'], 3)).stderr, /keeps its persona/);
    assert.match((await agent(['reset', 'muse', '--clear', '--force'])).stdout, /its conversation is empty/);

    await kill('fallen');
    await world.mosaic(['apply']);
    assert.match((await world.mosaic(['status'])).stdout, /^fallen +blocked/m);
    const risen = await json(['reset', 'fallen', '--new']);
    assert.deepEqual([risen['result'], risen['kickstart']], ['restarted', 'sent']);
    assert.match((await world.mosaic(['status'])).stdout, /^fallen +running/m);

    const anew = await agent(['reset', 'deaf', '--clear']);
    assert.match(anew.stderr, /the runtime shell has no reset command/);
    assert.equal(anew.stdout, 'deaf: started anew, its conversation is empty\n');

    assert.match((await agent(['reset', 'off', '--clear'], 1)).stdout, /not reset/);
    await agent(['reset', 'coder'], 64);
    await agent(['reset', 'coder', '--clear', '--new'], 64);
  },
);
