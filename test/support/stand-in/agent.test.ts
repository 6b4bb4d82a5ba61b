/** The stand-in is what tests of sending believe: it does what it is told to, and its runtime's patterns tell what it does. */
import assert from 'node:assert/strict';
import { appearanceOf } from '../../../src/message/appearance.ts';
import type { Runtime } from '../../../src/model/fleet.ts';
import type { Appearance } from '../../../src/model/messaging.ts';
import { inWorld } from '../supervisors.ts';
import type { World } from '../world.ts';
import { type StandInOptions, type StandIns, standInsOf } from './runtime.ts';

interface Desk {
  world: World;
  agents: StandIns;
  sees: () => Promise<Appearance>;
  /** Waits until what is seen has all of that. */
  shows: (wanted: Partial<Appearance>) => Promise<Appearance>;
  paste: (text: string) => Promise<void>;
  keys: (...names: string[]) => Promise<void>;
  taken: () => string[];
  did: () => string[];
}

function atDesk(name: string, options: StandInOptions, body: (desk: Desk) => Promise<void>): void {
  inWorld(name, 'none', async (world) => {
    const agents = standInsOf(world);
    agents.behave('agent', options);
    const { command, busy_title: busyTitle, ...patterns } = agents.runtime;
    const runtime = { ...patterns, busyTitle } as unknown as Runtime;
    const size = ['-x', '100', '-y', '30'];
    await world.tmux('-f', '/dev/null', 'new-session', '-d', ...size, '--', ...(command as string[]));
    const sees = async (): Promise<Appearance> => {
      const text = (await world.tmux('capture-pane', '-e', '-p', '-J')).stdout;
      const title = (await world.tmux('display-message', '-p', '#{pane_title}')).stdout;
      return appearanceOf(runtime, { text, title });
    };
    const desk: Desk = {
      world,
      agents,
      sees,
      async shows(wanted) {
        const about = Object.keys(wanted) as (keyof Appearance)[];
        const only = (seen: Appearance) => Object.fromEntries(about.map((key) => [key, seen[key]]));
        return world.until(`it shows ${JSON.stringify(wanted)}`, async () => {
          const seen = await sees();
          assert.deepEqual(only(seen), wanted);
          return seen;
        });
      },
      async paste(text) {
        await world.run('tmux', ['-L', world.socket, 'load-buffer', '-b', 'x', '-'], { input: text });
        await world.tmux('paste-buffer', '-p', '-r', '-d', '-b', 'x');
      },
      async keys(...names) {
        await world.tmux('send-keys', ...names);
      },
      taken: () => agents.taken('agent'),
      did: () => agents.records('agent').map(({ what }) => what),
    };
    if (options.startMs === undefined) await agents.ready('agent');
    else await world.until('it has started', () => agents.records('agent').length > 0);
    await body(desk);
  });
}

for (const alternate of [true, false]) {
  atDesk(
    `a paste is a draft, Enter sends it, a second one waits [alternate screen: ${alternate}]`,
    { alternate, busyMs: 60_000 },
    async ({ world, sees, shows, paste, keys, taken, agents }) => {
      await shows({ activity: 'idle', draft: '', fresh: true, queued: false });
      await paste('one\ntwo');
      await world.until('both lines stand there', async () =>
        /^one *\n *two$/.test((await sees()).draft ?? ''),
      );
      assert.deepEqual(taken(), []);
      await keys('Enter');
      await shows({ activity: 'busy', draft: '', fresh: false });
      assert.deepEqual(taken(), ['one\ntwo']);
      await paste('x\n'.repeat(40));
      await shows({ draft: '[Pasted text #1 +41 lines]' });
      await keys('Enter');
      await shows({ activity: 'busy', draft: '', queued: true });
      assert.deepEqual(
        agents.records('agent').flatMap(({ what, queued }) => (what === 'taken' ? [queued] : [])),
        [false, true],
      );
      await keys('Escape');
      await shows({ activity: 'busy', queued: false });
      await keys('Escape');
      await shows({ activity: 'idle', queued: false });
      assert.equal(taken().length, 2);
      await keys('/clear', 'Enter');
      await shows({ fresh: true });
    },
  );
}

atDesk('without brackets a newline sends', {}, async ({ world, keys, taken }) => {
  await keys('-l', 'one\ntwo\n');
  await world.until('both were taken', () => taken().length === 2);
  assert.deepEqual(taken(), ['one', 'two']);
});

atDesk('a question stands in for the editor, and Enter says yes', {}, async (desk) => {
  const { agents, shows, paste, keys, did, taken, world } = desk;
  agents.behave('agent', { dialog: true });
  const { dialog, draft } = await shows({ activity: 'dialog' });
  assert.equal(draft, undefined);
  assert.equal(dialog?.at(-1), 'Enter to confirm · Esc to cancel');
  await paste('eaten');
  await keys('Enter');
  await world.until('it is approved', () => did().includes('approved'));
  await shows({ activity: 'idle', draft: '' });
  assert.deepEqual(taken(), []);
});

atDesk(
  'swallowed Enters leave the draft',
  { swallowFirst: 2 },
  async ({ paste, keys, shows, taken, world }) => {
    await paste('text');
    await shows({ draft: 'text' });
    await keys('Enter');
    await keys('Enter');
    await shows({ draft: 'text' });
    await keys('Enter');
    await world.until('it was taken', () => taken().length === 1);
  },
);

atDesk('an Enter right after the paste is a newline', { enterGuardMs: 2000 }, async (desk) => {
  await desk.paste('text');
  await desk.keys('Enter');
  await desk.shows({ draft: 'text' });
  await desk.world.until('the newline stands there', async () =>
    /^> text *\n *\n─/m.test((await desk.world.tmux('capture-pane', '-p')).stdout),
  );
  await desk.world.until('it was taken', async () => {
    await desk.keys('Enter');
    return desk.taken().length === 1;
  });
  const record = desk.agents.records('agent').find(({ what }) => what === 'taken');
  assert.equal(record?.text, 'text' + '\n'.repeat(record?.newlines ?? 0));
  assert.deepEqual(desk.taken(), ['text']);
});

atDesk('a paste that is taken in late', { pasteTakesMs: 600, earlyEnter: 'lost' }, async (desk) => {
  await desk.paste('text');
  await desk.keys('Enter');
  await desk.shows({ draft: '' });
  await desk.shows({ draft: 'text' });
  assert.deepEqual(desk.taken(), []);
});

atDesk('byte by byte', { readBytes: 1, readEveryMs: 2 }, async ({ paste, keys, world, taken }) => {
  await paste('täxt'.repeat(20));
  await keys('Enter');
  await world.until('it was taken', () => taken().length === 1);
  assert.deepEqual(taken(), ['täxt'.repeat(20)]);
});

atDesk('what is typed before it reads is in its editor', { startMs: 1000 }, async (desk) => {
  await desk.keys('-l', 'early');
  await desk.shows({ draft: 'early' });
  assert.deepEqual(desk.taken(), []);
});

atDesk(
  'a new beginning forgets the draft',
  { crash: { enter: 1 }, crashHow: 'reload', startMs: 1500 },
  async (desk) => {
    await desk.paste('lost');
    await desk.shows({ draft: 'lost' });
    await desk.keys('Enter');
    await desk.world.until('it begins anew', () => desk.did().includes('crash'));
    await desk.paste('dropped');
    await desk.agents.ready('agent', 2);
    await desk.shows({ draft: '', fresh: true, activity: 'idle' });
    assert.deepEqual(desk.taken(), []);
  },
);

atDesk('it ends where it is told to', { crash: { enter: 1 }, crashHow: 'exit' }, async (desk) => {
  await desk.paste('lost');
  await desk.keys('Enter');
  await desk.world.until('it ended', async () => (await desk.world.tmux('list-sessions')).code !== 0);
  assert.deepEqual(desk.did(), ['start', 'ready', 'crash']);
});

atDesk(
  'lines that programs take for something else',
  {},
  async ({ world, paste, keys, did, taken, shows }) => {
    for (const [index, [line, what]] of [
      ['!touch x', 'command'],
      ['/quit', 'command'],
      ['see @READ', 'completed'],
    ].entries()) {
      await paste(line ?? '');
      await keys('Enter');
      await world.until(line ?? '', () => did().length === 3 + index && did().at(-1) === what);
    }
    await keys('C-u');
    await paste('ends with \\');
    await keys('Enter');
    await shows({ draft: 'ends with' });
    assert.deepEqual(taken(), []);
    await keys('C-u');
    await paste('exit');
    await keys('Enter');
    await world.until('it ended', () => did().at(-1) === 'end');
  },
);
