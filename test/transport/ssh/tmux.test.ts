/** The contract from end to end: over a real ssh server, to stand-ins in a real tmux server behind the built command. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { realHost } from '../../../src/host/real.ts';
import { sshTransport } from '../../../src/transport/ssh/ssh.ts';
import { processesOf } from '../../support/processes.ts';
import { freePort, withFar } from '../../support/sshd.ts';
import { standInsOf } from '../../support/stand-in/runtime.ts';
import { inOneScene } from '../contract.ts';
import { sceneAgents } from '../scene.ts';
import { tmuxScene } from '../tmux-scene.ts';
import { farFleet, farMosaic } from './far-scene.ts';

withFar(
  'the way over ssh to tmux keeps the contract',
  async (world, far, t) => {
    const scene = await tmuxScene(world, { env: far.env, folder: far.home, socket: `${world.socket}-far` });
    const transport = sshTransport(realHost(), farFleet(far, { mosaic: [farMosaic(far)] }));
    await inOneScene(t, () => ({ ...scene.begin(), transport }));
  },
  { timeout: 180_000 },
);

withFar(
  'a message that waits there is not sent once nobody waits for it here',
  async (world, far) => {
    const place = { env: far.env, folder: far.home, socket: `${world.socket}-far` };
    const scene = await tmuxScene(world, place);
    const stop = new AbortController();
    const mosaic = [farMosaic(far)];
    const transport = sshTransport(realHost(), farFleet(far, { mosaic }), { signal: stop.signal });
    const serving = () =>
      processesOf(far.home).filter(({ pid }) => commandLine(pid).includes('agent\0serve'));
    const since = scene.begin();
    const sending = transport.send('worker', { text: 'late' }, { wait: 'idle', retries: 3, force: false });
    // It has read the message, and looks at the agent again and again: by calls of tmux, each too short to be met.
    await world.until('it waits there', () => serving().some(({ pid }) => hasHadChildren(pid)), 30_000);
    stop.abort();
    assert.equal((await sending).result, 'unverified');
    await world.until('it has ended there', () => serving().length === 0, 20_000);
    standInsOf(world, join(far.home, 'stand-ins')).behave('worker', {});
    const free = sshTransport(realHost(), farFleet(far, { mosaic }));
    await world.until('it is idle', async () => (await free.status(['worker']))[0]?.activity === 'idle');
    const next = await free.send('worker', { text: 'next' }, { retries: 3, force: false });
    assert.equal(next.result, 'sent', next.detail);
    assert.deepEqual(await since.taken('worker'), ['next']);
  },
  { timeout: 120_000 },
);

/** Page faults of children that have ended and were waited for (proc(5), stat field 11). */
const hasHadChildren = (pid: number): boolean =>
  Number(
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[8],
  ) > 0;

const commandLine = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
};

withFar(
  'the commands, on an agent of another host',
  async (world, far) => {
    const scene = await tmuxScene(world, { env: far.env, folder: far.home, socket: `${world.socket}-far` });
    const hosts = (ssh: string): Record<string, unknown> => ({
      far: { ssh, ssh_config: far.config, mosaic: [farMosaic(far)], connect_timeout: '2s' },
    });
    const agents = [{ name: 'here', runtime: 'pi', state: 'stopped' }, ...sceneAgents({ host: 'far' })];
    world.writeFleet({ hosts: hosts('far'), agents });
    const agent = (...args: string[]) => world.mosaic(['agent', ...args], { timeoutMs: 60_000 });
    const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

    const since = scene.begin();
    const odd = `$(touch x) '"\`touch x\`" ${'ü\n'.repeat(40)}-- #{pid} end`;
    const sent = await world.mosaic(['agent', 'send', 'app', '--from', 'lead', '--json'], { input: odd });
    assert.equal(sent.code, 0, sent.stdout + sent.stderr);
    assert.equal(json(sent.stdout)['result'], 'sent');
    assert.equal(json(sent.stdout)['host'], 'far');
    const [arrived] = await since.taken('app');
    assert.match(arrived ?? '', /^\[lead -> [\w.-]+:app\] \$\(touch x\)/);
    assert.ok(arrived?.endsWith(odd));
    const asked = await agent('send', 'asks', '-m', 'hello');
    assert.equal(asked.code, 3, asked.stdout + asked.stderr);

    const status = await agent('status', '--json');
    assert.equal(status.code, 0, status.stderr);
    const seen = json(status.stdout)['agents'] as Record<string, unknown>[];
    assert.deepEqual(
      seen.map((one) => [one['agent'], one['presence']]),
      [
        ['here', 'absent'],
        ['app', 'live'],
        ['app-2', 'live'],
        ['worker', 'live'],
        ['asks', 'live'],
        ['drafted', 'live'],
        ['ended', 'dead'],
        ['gone', 'absent'],
        ['theirs', 'foreign'],
      ],
    );
    const tail = await agent('tail', 'app', '-n', '5');
    assert.equal(tail.code, 0, tail.stderr);
    assert.notEqual(tail.stdout.trim(), '');
    const reset = await agent('reset', 'app', '--clear', '--wait', 'idle', '--json');
    assert.equal(reset.code, 0, reset.stdout + reset.stderr);
    assert.equal(json(reset.stdout)['result'], 'cleared');
    assert.equal((await since.taken('app')).at(-1), since.kickstart);
    assert.match((await agent('roster')).stdout, /app-2 .*far/);

    world.writeFleet({ hosts: hosts('nobody@127.0.0.1'), agents });
    writeFileSync(far.config, `Host *\n  Port ${await freePort()}\n`);
    for (const args of [
      ['send', 'app', '-m', 'x'],
      ['tail', 'app'],
      ['status', 'app'],
      ['reset', 'app', '--clear'],
      ['attach', 'app'],
    ]) {
      const down = await agent(...args);
      assert.equal(down.code, 69, `${args.join(' ')}: ${down.stdout}${down.stderr}`);
      assert.match(down.stdout + down.stderr, /cannot reach the host far|refused|resolve/);
    }
  },
  { timeout: 180_000 },
);
