/** A message goes to exactly one pane, or nowhere. */
import assert from 'node:assert/strict';
import { inTalk, OTHER_SOCKET, type Talk } from './support/talk.ts';

/** Sends, expects exit 1 with that result, and that no pane of any server has changed. */
async function refused(talk: Talk, agent: string, result: string): Promise<void> {
  await talk.world.until('nobody works', async () => !(await talk.panes()).includes('esc to interrupt'));
  const [before, bytes] = [await talk.panes(), talk.bytes()];
  const told = await talk.send(agent, 'to nobody');
  assert.deepEqual([told.result, told.code], [result, 1], told.detail);
  assert.equal(await talk.panes(), before);
  assert.equal(talk.bytes(), bytes);
}

async function typeableShell({ world }: Talk, socket: string, name: string): Promise<void> {
  const { code, stderr } = await world.run('tmux', ['-L', socket, 'new-session', '-d', '-s', name, 'cat']);
  assert.equal(code, 0, stderr);
}

inTalk(
  'names that begin alike, absent, dead and foreign ones',
  { app: {}, 'app-2': {}, ap: {} },
  async (talk) => {
    const { world, agents, send } = talk;
    await typeableShell(talk, OTHER_SOCKET, 'app');
    await typeableShell(talk, 'default', 'app');
    await typeableShell(talk, world.socket, 'app-3');
    for (const name of ['app', 'app-2', 'ap']) {
      assert.equal((await send(name, `to ${name}`)).result, 'sent');
      assert.equal((await send(`=${name}`, `again to ${name}`)).code, 0);
    }
    for (const name of ['app', 'app-2', 'ap'])
      assert.deepEqual(agents.taken(name), [`to ${name}`, `again to ${name}`]);
    await world.tmux('kill-session', '-t', '=app');
    await refused(talk, 'app', 'absent');
    await refused(talk, '=app', 'absent');
    await typeableShell(talk, world.socket, 'app');
    await refused(talk, 'app', 'absent');
    const { stdout } = await world.tmux('list-panes', '-t', '=ap:', '-F', '#{pane_pid}');
    await world.run('kill', ['-KILL', stdout.trim()]);
    // tmux draws that some time after the pane is dead to it: once it knows how the program ended.
    await world.until('it is dead, and that is drawn', async () =>
      (await world.tmux('capture-pane', '-p', '-t', '=ap:')).stdout.includes('Pane is dead'),
    );
    await refused(talk, 'ap', 'absent');
    assert.equal((await send('app-2', 'still there')).code, 0);
  },
);

inTalk('names that are no agent of the fleet', { app: {} }, async ({ agent, panes, world, bytes }) => {
  await world.tmux('new-session', '-d', '-s', 'theirs', 'cat');
  const before = await panes();
  for (const name of [
    'theirs',
    'ap',
    'app:',
    'app.0',
    'app:0.0',
    '%0',
    '$0',
    '@0',
    '=app:',
    '',
    '*',
    '_holder',
  ]) {
    const { code, stderr } = await agent(['send', name, '-m', 'to nobody']);
    assert.ok(code === 1 || code === 64, `${name}: exit ${code}: ${stderr}`);
    assert.notEqual(stderr, '');
  }
  assert.equal(await panes(), before);
  assert.equal(bytes(), 0);
});

inTalk('two servers with the same names', { app: {} }, async (talk) => {
  const { world, agents, send, panes } = talk;
  await typeableShell(talk, OTHER_SOCKET, 'app');
  await typeableShell(talk, 'default', 'app');
  const others = async () => (await panes()).split('\n').filter((line) => !line.startsWith(world.socket));
  const before = (await others()).length;
  // Even from within the other server.
  const tmux = (
    await world.run('tmux', ['-L', OTHER_SOCKET, 'display-message', '-p', '#{socket_path},#{pid},0'])
  ).stdout;
  const { code } = await talk.agent(['send', 'app', '--no-preamble', '-m', 'from there'], {
    env: { TMUX: tmux.trim(), TMUX_PANE: '%0' },
  });
  assert.equal(code, 0);
  assert.equal((await send('app', 'from outside')).code, 0);
  assert.deepEqual(agents.taken('app'), ['from there', 'from outside']);
  assert.equal((await others()).length >= before, true);
  for (const socket of [OTHER_SOCKET, 'default'])
    assert.equal((await world.run('tmux', ['-L', socket, 'capture-pane', '-p'])).stdout.trim(), '');
});

inTalk('somebody scrolls in the pane', { app: { alternate: false } }, async ({ world, agents, send }) => {
  await world.tmux('copy-mode', '-t', '=app:');
  const { result, detail } = await send('app', 'text');
  assert.equal(result, 'sent', detail);
  assert.deepEqual(agents.taken('app'), ['text']);
});

inTalk('somebody has split the window, and is in the other pane', { app: {} }, async (talk) => {
  const { world, agents, send } = talk;
  await world.tmux('split-window', '-t', '=app:', 'cat');
  await world.tmux('new-window', '-t', '=app:', 'cat');
  assert.equal((await send('app', 'text')).result, 'sent');
  assert.deepEqual(agents.taken('app'), ['text']);
  const { stdout } = await world.tmux(
    'list-panes',
    '-s',
    '-t',
    '=app:',
    '-F',
    '#{pane_id} #{pane_current_command}',
  );
  for (const line of stdout.split('\n').filter((one) => one.endsWith(' cat'))) {
    const screen = await world.tmux('capture-pane', '-p', '-t', line.split(' ')[0] ?? '');
    assert.equal(screen.stdout.trim(), '');
  }
});

inTalk('what is typed goes to other panes too: refused', { app: {} }, async (talk) => {
  const { world, panes, send, bytes } = talk;
  await world.tmux('split-window', '-t', '=app:', 'cat');
  await world.tmux('set-option', '-w', '-t', '=app:', 'synchronize-panes', 'on');
  await world.until('it is drawn', async () => (await panes()).includes('Nothing said'));
  const { result, code } = await send('app', 'text');
  assert.deepEqual([result, code === 0, bytes()], ['failed', false, 0]);
  await world.tmux('set-option', '-w', '-t', '=app:', 'synchronize-panes', 'off');
  assert.equal((await send('app', 'text')).result, 'sent');
});

inTalk('one server is gone, or there never was one', { app: {} }, async (talk) => {
  await typeableShell(talk, 'default', 'app');
  await talk.world.tmux('kill-server');
  await talk.world.until('it is gone', async () => (await talk.world.tmux('list-sessions')).code !== 0);
  await refused(talk, 'app', 'absent');
  assert.deepEqual(talk.agents.taken('app'), []);
});
