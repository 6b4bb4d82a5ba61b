/** mosaic agent roster, status, tail and attach. */
import assert from 'node:assert/strict';
import {
  agentRoster as isRoster,
  agentStatus as isStatus,
  agentTail as isTail,
} from '../../src/generated/validators.js';
import { inScene } from './scene.ts';

const roles = {
  coder: { as: { class: 'coder', kickstart: 'Begin.' } },
  worker: { as: { class: 'coder' }, behaves: { busy: true } },
  asks: { as: { class: 'reviewer' }, behaves: { dialog: true } },
  ended: { as: { restart: { policy: 'never' } } },
  off: { as: { state: 'stopped' } },
};

inScene('roster and status: who runs, and what each does', roles, async (scene) => {
  const { world, agent, json, kill } = scene;
  await kill('ended');
  const roster = await json(['roster']);
  assert.ok(isRoster(roster), JSON.stringify(isRoster.errors));
  assert.deepEqual(
    (roster['agents'] as Record<string, unknown>[]).map((one) => [
      one['agent'],
      one['class'],
      one['wanted'],
      one['presence'],
    ]),
    [
      ['coder', 'coder', 'running', 'live'],
      ['worker', 'coder', 'running', 'live'],
      ['asks', 'reviewer', 'running', 'live'],
      ['ended', undefined, 'running', 'dead'],
      ['off', undefined, 'stopped', 'absent'],
    ],
  );
  const { stdout } = await agent(['roster']);
  assert.match(stdout, /^AGENT +CLASS +RUNTIME +STATE\ncoder +coder +stand-in +running\n/);
  assert.match(stdout, /^ended +stand-in +dead$/m);
  assert.match(stdout, /^off +stand-in +stopped$/m);
  await world.tmux('send-keys', '-t', '=coder:', '-l', 'half a thought');
  await world.until('all is as it will be', async () => {
    const status = await json(['status']);
    assert.ok(isStatus(status), JSON.stringify(isStatus.errors));
    const seen = (status['agents'] as Record<string, unknown>[]).map((one) => [
      one['agent'],
      one['presence'],
      one['activity'],
      one['draft'],
    ]);
    return (
      JSON.stringify(seen) ===
      JSON.stringify([
        ['coder', 'live', 'idle', 'half a thought'],
        ['worker', 'live', 'busy', ''],
        ['asks', 'live', 'dialog', undefined],
        ['ended', 'dead', undefined, undefined],
        ['off', 'absent', undefined, undefined],
      ])
    );
  });
  const table = (await agent(['status'])).stdout;
  assert.match(table, /^AGENT +STATE +SINCE +LAST LINE$/m);
  assert.match(table, /^coder +idle, draft +/m);
  assert.match(table, /^asks +asks +/m);
  const one = (await agent(['status', 'asks'])).stdout;
  assert.match(one, /It asks:\n[^]*Enter to confirm/);
  assert.match((await agent(['status', '=coder'])).stdout, /In its editor, not sent:\n {2}half a thought\n$/);
  assert.match(
    (await agent(['status', 'code'], 1)).stderr,
    /there is no agent "code" .*\n.*Did you mean coder\?/,
  );
  const narrow = await world.mosaic(['agent', 'status'], { env: { COLUMNS: '40' } });
  for (const line of narrow.stdout.trimEnd().split('\n')) assert.ok(line.length <= 40, line);
});

inScene('tail: the end of a screen, followed over a restart', { coder: {} }, async (scene) => {
  const { world, agent, json, agents, kill, apply } = scene;
  await agent(['send', 'coder', '-m', 'first message']);
  const tail = await json(['tail', 'coder', '-n', '50']);
  assert.ok(isTail(tail), JSON.stringify(isTail.errors));
  const lines = tail['lines'] as string[];
  assert.ok(lines.some((line) => line.includes('first message')));
  assert.notEqual(lines.at(-1)?.trim(), '');
  assert.equal((await agent(['tail', 'coder', '-n', '2'])).stdout, `${lines.slice(-2).join('\n')}\n`);
  assert.doesNotMatch((await agent(['tail', 'coder'])).stdout, /\u001b/);
  const coloured = (await agent(['tail', 'coder', '--ansi'])).stdout;
  assert.match(coloured, /\u001b\[/);
  assert.doesNotMatch(coloured, /\u001b(?!\[[\d;:]*m)/);
  const follower = await world.start(['agent', 'tail', 'coder', '-n', '0', '--follow']);
  const shown = (text: RegExp): Promise<unknown> =>
    world.until(`the follower shows ${text}`, () =>
      text.test(follower.output().stdout + follower.output().stderr),
    );
  await agent(['send', 'coder', '-m', 'second message']);
  await shown(/second message/);
  assert.doesNotMatch(follower.output().stdout, /first message/);
  await kill('coder');
  await shown(/the program of coder has ended/);
  await apply('--restart', 'coder');
  await shown(/coder was started again/);
  await agents.ready('coder', 2);
  await agent(['send', 'coder', '-m', 'third message']);
  await shown(/third message/);
  follower.signal('SIGINT');
  const ended = await follower.ended;
  assert.deepEqual([ended.code, ended.signal], [0, null]);
  assert.equal(ended.stdout.split('third message').length - 1 > 0, true);
});

inScene(
  'attach: exactly that session, and read-only lets no key through',
  { app: {}, 'app-2': {} },
  async (scene) => {
    const { world, agent, agents } = scene;
    const outer = (...args: string[]) =>
      world.run('tmux', ['-L', `${world.socket}-outer`, '-f', '/dev/null', ...args]);
    const attach = (...args: string[]): string =>
      `${process.execPath} ${mosaicFile} agent attach ${args.join(' ')} -f ${world.fleetFile}; echo left=$?; exec cat`;
    const screen = async (): Promise<string> => (await outer('capture-pane', '-p', '-t', '=person:')).stdout;
    const clients = async (): Promise<string> =>
      (await world.tmux('list-clients', '-F', '#{session_name} #{client_readonly}')).stdout.trim();
    await outer(
      'new-session',
      '-d',
      '-s',
      'person',
      '-x',
      '100',
      '-y',
      '30',
      'sh',
      '-c',
      attach('app', '--read-only'),
    );
    await world.until('it is attached', async () => (await clients()) === 'app 1');
    const before = agents.bytesRead('app');
    await outer('send-keys', '-t', '=person:', '-l', 'not for the agent');
    await outer('send-keys', '-t', '=person:', 'C-b', 'd');
    await world.until('it has left', async () => /left=0/.test(await screen()));
    assert.equal(agents.bytesRead('app'), before);
    await outer('kill-session', '-t', '=person');
    await outer('new-session', '-d', '-s', 'person', '-x', '100', '-y', '30', 'sh', '-c', attach('=app-2'));
    await world.until('it is attached to the other', async () => (await clients()) === 'app-2 0');
    await outer('send-keys', '-t', '=person:', '-l', 'for the agent');
    await world.until(
      'the keys have come',
      async () =>
        (await scene.json(['status', 'app-2']))['agents'] !== undefined &&
        /for the agent/.test((await agent(['status', 'app-2'])).stdout),
    );
    await outer('kill-server');
    await agent(['attach', 'ap'], 1);
    await world.tmux('kill-session', '-t', '=app');
    assert.match((await agent(['attach', 'app'], 1)).stderr, /app does not run/);
  },
);

const mosaicFile = new URL('../../dist/mosaic.js', import.meta.url).pathname;
