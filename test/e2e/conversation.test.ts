/** Agents that are started again, and the conversations that they were in. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { crash as isCrashRecord } from '../../src/generated/validators.js';
import { reboot } from '../missions/support/reboot.ts';
import { forScenes, inScene, type AgentEntry, type Scene } from './support/scene.ts';
import { talkerOf, type Talker } from './support/talker.ts';

interface Talk {
  talker: Talker;
  folder: string;
}

/** One agent in a folder of its own, begun. */
async function talking(scene: Scene, agent: Partial<AgentEntry> = {}): Promise<Talk> {
  const talker = talkerOf(scene.world);
  const folder = scene.world.path('talk');
  mkdirSync(folder, { recursive: true });
  write(scene, { talker, folder }, agent);
  await scene.apply();
  assert.equal((await talker.start(folder, 1)).how, 'begins');
  return { talker, folder };
}

function write(scene: Scene, { talker, folder }: Talk, agent: Partial<AgentEntry> = {}): void {
  scene.fleet([{ name: 'coder', runtime: 'talker', working_directory: folder, ...agent }], {
    runtimes: { talker: talker.runtime },
  });
}

/** The same, and it has been killed and gone on with once. */
async function takenUp(scene: Scene, agent: Partial<AgentEntry> = {}): Promise<Talk & { pid: number }> {
  const talk = await talking(scene, agent);
  await scene.kill('coder');
  await scene.apply();
  const { how, pid } = await talk.talker.start(talk.folder, 2);
  assert.equal(how, 'goes on');
  return { ...talk, pid };
}

const alive = async (scene: Scene, pid: number): Promise<boolean> =>
  (await scene.world.run('kill', ['-0', String(pid)])).code === 0;

const gone = (scene: Scene, pid: number): Promise<unknown> =>
  scene.world.until(`${pid} is gone`, async () => !(await alive(scene, pid)));

forScenes(
  'killed: it goes on with its conversation, again and again, and each crash is told as it was',
  async (scene) => {
    const { talker, folder } = await talking(scene, { restart: { backoff: { initial: '0s' } } });
    const first = await scene.session('coder');
    assert.equal(talker.starts(folder)[0]?.pid, first.pid, 'nothing stands between tmux and the first one');
    await scene.kill('coder');
    await scene.apply();
    const second = await talker.start(folder, 2);
    assert.equal(second.how, 'goes on');
    assert.equal(scene.lock('coder')?.pid, (await scene.session('coder')).pid);
    await scene.inSync();

    await scene.world.run('kill', ['-KILL', String(second.pid)]);
    await scene.untilDead('coder');
    await scene.apply();
    assert.equal((await talker.start(folder, 3)).how, 'goes on');
    const crashes = scene
      .crashes('coder')
      .map((path) => JSON.parse(readFileSync(`${path}/record.json`, 'utf8')) as unknown);
    for (const record of crashes) assert.ok(isCrashRecord(record), JSON.stringify(isCrashRecord.errors));
    assert.deepEqual(
      (crashes as { cause: string; signal?: number }[]).map(({ cause, signal }) => [cause, signal]),
      [
        ['crash', 9],
        ['crash', 9],
      ],
    );
    await scene.inSync();
  },
);

forScenes('ended with an error: it goes on, and so it does when that is asked for', async (scene) => {
  const { talker, folder } = await talking(scene);
  talker.exit(folder, 3);
  await scene.untilDead('coder');
  await scene.apply();
  assert.equal((await talker.start(folder, 2)).how, 'goes on');
  await scene.apply(['--restart', 'coder']);
  assert.equal((await talker.start(folder, 3)).how, 'goes on');
});

forScenes('after a reboot it goes on', async (scene) => {
  const { talker, folder } = await talking(scene);
  await reboot(scene, []);
  await scene.apply();
  assert.equal((await talker.start(folder, 2)).how, 'goes on');
  assert.deepEqual(scene.crashes('coder'), []);
  await scene.inSync();
});

for (const [name, spoil] of [
  ['there is none to take up', (talk: Talk) => talk.talker.lose(talk.folder)],
  ['its runtime refuses', (talk: Talk) => talk.talker.refuse(talk.folder)],
] as const) {
  forScenes(`${name}: a new one begins in the same restart, and nothing has crashed`, async (scene) => {
    const talk = await talking(scene, {
      command: [talkerOf(scene.world).program, 'a word', `it's "so"`, '$HOME #{pid} ;'],
    });
    const { talker, folder } = talk;
    await scene.kill('coder');
    spoil(talk);
    await scene.apply();
    const fresh = await talker.start(folder, 3);
    assert.deepEqual(
      talker.starts(folder).map(({ how }) => how),
      ['begins', name.startsWith('there') ? 'finds none' : 'refuses', 'begins'],
    );
    for (const { words } of talker.starts(folder))
      assert.deepEqual(words, ['a word', `it's "so"`, '$HOME #{pid} ;']);
    const session = await scene.session('coder');
    assert.equal(session.dead, false);
    assert.equal(session.pid, fresh.pid, 'in the very process that the lock names');
    assert.equal(scene.lock('coder')?.pid, fresh.pid);
    assert.equal(scene.crashes('coder').length, 1, 'only the kill');
    assert.equal(scene.readState().agents['coder']?.restarts, 1);
    await scene.inSync();
  });
}

forScenes('one that ends just after its kickstart: the new one is given it again', async (scene) => {
  const { talker, folder } = await takenUp(scene, { kickstart: 'Go on, please.' });
  await scene.inSync();
  talker.exit(folder, 1);
  assert.equal((await talker.start(folder, 3)).how, 'begins');
  const { code, stdout } = await scene.world.mosaic(['plan', '--detailed-exitcode']);
  assert.equal(code, 2, stdout);
  assert.match(stdout, /kickstart pending/);
  await scene.apply();
  await scene.inSync();
});

forScenes('ended with exit 0, or on_restart: fresh: a new conversation', async (scene) => {
  const restart = { policy: 'always', backoff: { initial: '0s' } };
  const talk = await takenUp(scene, { restart });
  const { talker, folder } = talk;
  talker.exit(folder, 0);
  await scene.untilDead('coder');
  await scene.apply();
  assert.equal((await talker.start(folder, 3)).how, 'begins');
  write(scene, talk, { restart, on_restart: 'fresh' });
  await scene.kill('coder');
  await scene.apply(['--restart', 'coder']);
  assert.equal((await talker.start(folder, 4)).how, 'begins');
});

inScene(
  'another runtime, or a folder that is shared: never the conversation of something else',
  'none',
  async (scene) => {
    const talk = await talking(scene);
    const { talker, folder } = talk;
    const runtimes = { talker: talker.runtime, other: talker.runtime };
    scene.fleet([{ name: 'coder', runtime: 'other', working_directory: folder }], { runtimes });
    await scene.apply(['--restart', 'coder']);
    await talker.start(folder, 2);
    scene.fleet(
      ['coder', 'tester'].map((name) => ({ name, runtime: 'other', working_directory: folder })),
      { runtimes },
    );
    await scene.apply(['--restart', 'coder']);
    await talker.start(folder, 4);
    await scene.kill('coder');
    await scene.kill('tester');
    await scene.apply(['--restart', 'coder', '--restart', 'tester']);
    await talker.start(folder, 6);
    assert.deepEqual(
      talker.starts(folder).map(({ how }) => how),
      Array(6).fill('begins'),
    );
  },
);

inScene(
  'under a new name it goes on; once it is gone from the file, nothing is left to go on with',
  'none',
  async (scene) => {
    const talk = await talking(scene);
    const { talker, folder } = talk;
    write(scene, talk, { name: 'writer', renamed_from: 'coder' });
    await scene.apply();
    await scene.kill('writer');
    await scene.apply();
    assert.equal((await talker.start(folder, 2)).how, 'goes on');
    assert.deepEqual(
      [existsSync(scene.state('conversations/coder')), existsSync(scene.state('conversations/writer'))],
      [false, true],
    );
    await scene.mosaic(['down']);
    assert.equal(existsSync(scene.state('conversations/writer')), false);
  },
);

forScenes('reset by a restart: a new conversation, that is gone on with from then on', async (scene) => {
  const { talker, folder } = await takenUp(scene);
  await scene.mosaic(['agent', 'reset', 'coder', '--clear']);
  assert.equal((await talker.start(folder, 3)).how, 'begins');
  await scene.apply(['--restart', 'coder']);
  assert.equal((await talker.start(folder, 4)).how, 'goes on');
  await scene.inSync();
});

forScenes('stopped while it goes on: nothing of it is left', async (scene) => {
  const talk = await takenUp(scene);
  const { pid } = await scene.session('coder');
  assert.notEqual(pid, talk.pid);
  write(scene, talk, { state: 'stopped' });
  await scene.apply();
  await gone(scene, talk.pid);
  await gone(scene, pid);
  assert.deepEqual(Object.keys(await scene.sessions()), []);
  write(scene, talk);
  await scene.apply();
  assert.equal((await talk.talker.start(talk.folder, 3)).how, 'goes on');
});

for (const signal of ['KILL', 'TERM', 'HUP']) {
  forScenes(`SIG${signal} to what tmux started: the program hears of it and is gone`, async (scene) => {
    const { talker, folder, pid } = await takenUp(scene);
    await scene.kill('coder', signal);
    await gone(scene, pid);
    assert.deepEqual(talker.heard(folder), ['HUP']);
    await scene.apply(['--restart', 'coder']);
    assert.equal((await talker.start(folder, 3)).how, 'goes on');
  });
}

inScene(
  'the keyboard reaches the program, and a Ctrl-C that it outlives ends nothing',
  'none',
  async (scene) => {
    const { talker, folder } = await takenUp(scene);
    await scene.world.tmux('send-keys', '-t', '=coder:', 'C-c');
    await scene.world.until('it hears of it', () => talker.heard(folder).length === 1);
    await scene.world.tmux('send-keys', '-t', '=coder:', 'C-z');
    await scene.world.tmux('send-keys', '-t', '=coder:', 'C-c');
    await scene.world.until('it hears of it again', () => talker.heard(folder).length === 2);
    assert.deepEqual(talker.heard(folder), ['INT', 'INT']);
    await scene.inSync();
  },
);

inScene('where nothing can be noted, it starts all the same, and begins anew', 'none', async (scene) => {
  const { talker, folder } = await talking(scene);
  rmSync(scene.state('conversations/coder'));
  mkdirSync(scene.state('conversations/coder'));
  await scene.kill('coder');
  await scene.apply();
  assert.equal((await talker.start(folder, 2)).how, 'begins');
  await scene.inSync();
});
