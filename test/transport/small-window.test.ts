/** A window that somebody has left very small. */
import assert from 'node:assert/strict';
import { inTalk } from './support/talk.ts';

inTalk(
  'a window that a small client left behind is made large again',
  { app: {} },
  async ({ world, send, agents }) => {
    const size = async (): Promise<string> =>
      (
        await world.tmux('display-message', '-p', '-t', '=app:', '#{window_width}x#{window_height}')
      ).stdout.trim();
    const attach = `TMUX= tmux -L ${world.socket} attach -t =app`;
    const outer = (...args: string[]) =>
      world.run('tmux', ['-L', `${world.socket}-outer`, '-f', '/dev/null', ...args]);
    await outer('new-session', '-d', '-s', 'person', '-x', '30', '-y', '8', 'sh', '-c', attach);
    await world.until('the client is there', async () => (await size()) === '30x7');
    const there = await send('app', 'while somebody looks');
    assert.notEqual(there.result, 'absent');
    assert.equal(await size(), '30x7');
    await world.tmux('detach-client', '-s', '=app');
    await world.until('the client is gone', async () => (await world.tmux('list-clients')).stdout === '');
    assert.equal(await size(), '30x7');
    const told = await send('app', 'afterwards');
    assert.deepEqual([told.result, told.code], ['sent', 0], told.detail);
    assert.equal(await size(), '200x50');
    assert.equal(agents.taken('app').at(-1), 'afterwards');
    await outer('new-session', '-d', '-s', 'again', '-x', '90', '-y', '30', 'sh', '-c', attach);
    await world.until('the next client has its own size', async () => (await size()) === '90x29');
    await outer('kill-server');
  },
);
