/** What can come between two hosts, with a real ssh server. No test asserts a time: ssh's own limit is seen to have ended the wait. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { realExec } from '../../../src/host/exec.ts';
import { realHost } from '../../../src/host/real.ts';
import type { Delivery } from '../../../src/model/messaging.ts';
import { sshTransport } from '../../../src/transport/ssh/ssh.ts';
import { TransportError, type Transport } from '../../../src/transport/transport.ts';
import { freePort, withFar, type Far } from '../../support/sshd.ts';
import { fleetOf, sceneAgents } from '../scene.ts';
import { farFleet, farScene } from './far-scene.ts';

const plainly = { retries: 3, force: false };

withFar('odd text arrives as it is, and nothing of it runs', async (_, far) => {
  const { transport, state } = farScene(far);
  const odd = [
    '$(touch x) `touch x` ; touch x & | > x',
    `'"'"' "" \\' \\\\ end`,
    '\n\n  leading, and trailing \n\n',
    '-oProxyCommand=x',
    'é 😀 שלום ‮abc‬ e\u0301 \u{1f468}\u200d\u{1f469}',
    '#{pid} #(touch x) %n ${HOME} ~',
    'x'.repeat(1024 * 1024 - 10) + '😀\n',
  ];
  for (const text of odd) {
    const delivery = await transport.send('app', { text, from: 'web1:lead' }, plainly);
    assert.equal(delivery.result, 'sent', delivery.detail);
    const arrived = state().agents['app']?.taken?.at(-1) ?? '';
    assert.equal(arrived.replace(/^\[web1:lead -> far:app\] /, ''), text);
  }
  for (const text of ['a\u0000b\u001b[201~c\u0003', '\ud800 half']) {
    const delivery = await transport.send('app', { text, from: '' }, plainly);
    assert.equal(delivery.result, 'sent', delivery.detail);
    assert.match(state().agents['app']?.taken?.at(-1) ?? '', /^ab\[201~c$|^\ufffd half$/);
  }
  assert.equal(existsSync(join(far.home, 'x')), false);
});

withFar(
  'a destination may be a URI with a port, and a program a path below the home folder',
  async (_, far) => {
    const { transport, fleet } = farScene(far);
    assert.equal((await transport.status(['app']))[0]?.presence, 'live');
    const { port } = far;
    far.configure({ Port: '1' });
    const text = readFileSync(far.config, 'utf8')
      .replace('Host far', 'Host *')
      .replace(/ *(?:HostName|Port).*\n/g, '');
    writeFileSync(far.config, text);
    const uri = { ssh: `ssh://${userInfo().username}@127.0.0.1:${port}`, mosaic: ['~/bin/mosaic'] };
    const again = sshTransport(realHost(), { ...fleet, hosts: farFleet(far, uri).hosts });
    assert.equal((await again.status(['app']))[0]?.presence, 'live');
  },
);

withFar('what a login prints does no harm', async (_, far) => {
  const { transport } = farScene(far);
  far.greet('Welcome!\u001b[2J {"format_version":1}\nmosaic-serve answer {}\nno newline at the end');
  const [app] = await transport.status(['app']);
  assert.equal(app?.presence, 'live');
  assert.equal(app.host, 'far');
});

withFar('its own name for a fleet file is taken there', async (_, far) => {
  const { transport } = farScene(far, { fleet: '~/other.yaml' });
  await refused(
    transport.tail('app', { lines: 1, ansi: false }),
    /on the host far: the fleet file \S+other.yaml is not there/,
  );
  writeFileSync(join(far.home, 'other.yaml'), 'version: 1\nagents: []\n');
  const error = await refused(
    transport.tail('app', { lines: 1, ansi: false }),
    /on the host far: the fleet file there, \S+other\.yaml, has no agent "app"/,
  );
  assert.equal(error.kind, 'absent');
});

withFar('a fleet file there that is not valid is named, with what is wrong', async (_, far) => {
  const { transport, writeFleet } = farScene(far);
  writeFleet({ agents: [{ name: 'app', runtime: 'pi', runtyme: 'pi' }] });
  const error = await refused(
    transport.send('app', { text: 'x' }, plainly),
    /on the host far: \S+fleet\.yaml is not valid: an agent has no key "runtyme"/,
  );
  assert.match(error.fix ?? '', /mosaic validate \S+fleet\.yaml/);
});

withFar('an agent that is of a third host there is not reached through it', async (_, far) => {
  const { transport, writeFleet } = farScene(far);
  writeFleet({ agents: sceneAgents({ host: 'third' }) });
  const error = await refused(transport.send('app', { text: 'x' }, plainly), /"app" to the host "third"/);
  assert.equal(error.kind, 'absent');
  const [listed] = await transport.listAgents();
  assert.equal(listed?.presence, undefined);
  assert.match(listed?.trouble ?? '', /does not have it as its own/);
});

withFar('hosts are asked at once, and one that is down does not hide the others', async (_, far) => {
  const { fleet } = farScene(far);
  const down = fleetOf({
    hosts: {
      Far: { ssh: 'far', ssh_config: far.config, mosaic: fleet.hosts['far']?.mosaic },
      down: { ssh: `nobody@127.0.0.1`, ssh_config: write(far, 'down', `Port ${await freePort()}`) },
    },
    agents: [
      { name: 'app', runtime: 'pi', host: 'far' },
      { name: 'b', runtime: 'pi', host: 'down' },
      { name: 'c', runtime: 'pi', host: 'unlisted' },
      { name: 'app-2', runtime: 'pi', host: 'FAR' },
    ],
  });
  const transport = sshTransport(realHost(), down);
  const seen = await transport.status(['b', 'app', 'app-2', 'c']);
  assert.deepEqual(
    seen.map(({ agent, host, presence }) => [agent, host, presence]),
    [
      ['b', 'down', 'unreachable'],
      ['app', 'far', 'live'],
      ['app-2', 'FAR', 'live'],
      ['c', 'unlisted', 'unreachable'],
    ],
  );
  assert.match(seen[0]?.detail ?? '', /connection was refused/);
  assert.match(seen[3]?.detail ?? '', /does not say how the host "unlisted" is reached/);
  assert.match(seen[3]?.fix ?? '', /hosts: \{ unlisted: \{ ssh: unlisted \} \}/);
  const listed = await transport.listAgents();
  assert.deepEqual(
    listed.map(({ agent, presence, trouble }) => [agent, presence, trouble === undefined]),
    [
      ['app', 'live', true],
      ['b', undefined, false],
      ['c', undefined, false],
      ['app-2', 'live', true],
    ],
  );
});

/** Every kind of call tells it, and a message is not said to be anything but not sent. */
function closed(
  name: string,
  words: RegExp,
  prepare: (far: Far, t: TestContext) => void | Promise<void>,
): void {
  withFar(`${name}: a clear error`, async (_, far, t) => {
    await prepare(far, t);
    const transport = sshTransport(realHost(), farFleet(far, { connect_timeout: '1s' }));
    const error = await refused(transport.send('app', { text: 'x' }, plainly), words);
    assert.equal(error.kind, 'unavailable');
    assert.notEqual(error.fix, undefined);
    await refused(transport.tail('app', { lines: 1, ansi: false }), words);
    const [seen] = await transport.status(['app']);
    assert.equal(seen?.presence, 'unreachable');
    assert.match(seen.detail ?? '', words);
  });
}

closed('a host that is down', /cannot reach the host far: the connection was refused/, async (far) => {
  far.configure({ Port: String(await freePort()) });
});

closed('a name that nobody knows', /the name nowhere\.invalid is not known/, (far) => {
  far.configure({ HostName: 'nowhere.invalid' });
});

closed('a host that says nothing', /took the connection and then said nothing for 1s/, async (far, t) => {
  const open: Socket[] = [];
  const silent = createServer((socket) => void open.push(socket.on('error', () => {})));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of open) socket.destroy();
    silent.close();
  });
  far.configure({ Port: String((silent.address() as AddressInfo).port) });
});

closed('a host whose key has changed', /its host key is another than the one that is known here/, (far) => {
  const other = readFileSync(join(far.folder, 'user.pub'), 'utf8');
  writeFileSync(join(far.folder, 'known_hosts'), `[127.0.0.1]:${far.port} ${other}`);
});

closed('a host whose key is unknown', /its host key is not known here/, (far) => {
  writeFileSync(join(far.folder, 'known_hosts'), '');
});

closed('a host that does not let us in', /permission denied/, (far) => {
  writeFileSync(join(far.folder, 'authorized_keys'), '');
});

closed('a configuration file that is not there', /does not take its configuration/, (far) => {
  far.config += '.gone';
});

closed('a host without mosaic', /^mosaic is not there on the host far/, (far) => {
  far.env['PATH'] = '';
  far.greet('Welcome!\n');
  writeFileSync(join(far.home, 'bin', 'enter'), '#!/bin/sh\nPATH=/nowhere; eval "$SSH_ORIGINAL_COMMAND"\n');
});

closed('a host whose mosaic does not know the command', /does not know how to serve another/, (far) => {
  writeFileSync(
    join(far.home, 'bin', 'enter'),
    `#!/bin/sh\necho "error: unknown command 'agent'" >&2; exit 64\n`,
  );
});

closed('an account that may not log in', /does not answer as mosaic does/, (far) => {
  writeFileSync(join(far.home, 'bin', 'enter'), '#!/bin/sh\necho This account is not available.; exit 1\n');
});

withFar('without ssh here, that is said', async (_, far) => {
  const host = realHost();
  const poor = { ...host, exec: realExec({ ...host.facts, env: { PATH: '/nowhere' } }) };
  const transport = sshTransport(poor, farFleet(far));
  const error = await refused(transport.send('app', { text: 'x' }, plainly), /ssh is not installed here/);
  assert.equal(error.kind, 'unavailable');
});

/** A mosaic there that begins to serve, and then hangs. */
function hanging(
  far: Far,
  greeting: string,
): { transport: Transport; begun: () => boolean; stop: AbortController } {
  const mark = join(far.home, 'begun');
  const mosaic = far.script('hangs', `${greeting} cat >/dev/null; touch ${mark}; exec sleep 60`);
  const stop = new AbortController();
  const transport = sshTransport(realHost(), farFleet(far, { mosaic: [mosaic] }), { signal: stop.signal });
  return { transport, begun: () => existsSync(mark), stop };
}

const uncertain = (delivery: Delivery): void => {
  assert.equal(delivery.result, 'unverified');
  assert.match(delivery.detail ?? '', /whether the message was typed is not known/);
  assert.match(delivery.fix ?? '', /mosaic agent tail app/);
};

for (const [name, greeting] of [
  ['as it serves', `printf '\\nmosaic-serve hello\\n';`],
  ['before it serves', ''],
] as const) {
  withFar(
    `a connection that breaks ${name} leaves a message unverified, and is not tried again`,
    async (world, far) => {
      const { transport, begun } = hanging(far, greeting);
      const sending = transport.send('app', { text: 'x' }, plainly);
      await world.until('the request has arrived', begun);
      far.cut();
      const delivery = await sending;
      uncertain(delivery);
      assert.match(delivery.detail ?? '', /the connection to the host far broke/);
      assert.equal(far.log().match(/^Accepted publickey/gm)?.length, 1);
    },
  );
}

withFar('a connection that breaks in a reset is told, and in a question is an error', async (world, far) => {
  const { transport, begun } = hanging(far, '');
  const resetting = transport.reset('app', { mode: 'clear', force: false, kickstart: false });
  await world.until('the request has arrived', begun);
  far.cut();
  const reset = await resetting;
  assert.equal(reset.result, 'failed');
  assert.match(reset.detail ?? '', /whether it was reset is not known/);
  const asking = transport.tail('app', { lines: 1, ansi: false });
  await world.until('another session stands', () => far.log().match(/^Accepted publickey/gm)?.length === 2);
  far.cut();
  await refused(asking, /broke before it answered/);
});

withFar('who interrupts a message is told that it may have arrived', async (world, far) => {
  const { transport, begun, stop } = hanging(far, '');
  const sending = transport.send('app', { text: 'x' }, { ...plainly, wait: 'idle' });
  await world.until('the request has arrived', begun);
  stop.abort();
  uncertain(await sending);
});

withFar('the terminal of an agent there is a terminal here', async (world, far) => {
  const { fleet } = farScene(far, { fleet: '~/a b.yaml' });
  const [mosaic = ''] = fleet.hosts['far']?.mosaic ?? [];
  writeFileSync(join(far.home, 'a b.yaml'), readFileSync(join(far.home, 'fleet.yaml')));
  const transport = sshTransport(realHost(), fleet);
  const { command } = await transport.attachment('=app', { readOnly: true });
  writeFileSync(mosaic, '#!/bin/sh\ntty >/dev/null && echo "$@" and a terminal\n');
  const line = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const { stdout } = await world.run('script', ['-qec', line, '/dev/null']);
  assert.match(stdout, new RegExp(`agent attach app --read-only --file ${far.home}/a b.yaml and a terminal`));
});

async function refused(call: Promise<unknown>, words: RegExp): Promise<TransportError> {
  const error = await call.then(
    () => assert.fail('it went through'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TransportError, String(error));
  assert.match(error.message, words);
  return error;
}

function write(far: Far, name: string, text: string): string {
  const path = join(far.folder, name);
  writeFileSync(path, `${text}\n`);
  return path;
}
