/** What belongs to others: sessions that no mosaic may touch, and the proof that none did. */
import assert from 'node:assert/strict';
import type { World } from '../../support/world.ts';

export interface Foreigners {
  /** Starts a session of somebody else on the fleet's own socket, where a server runs already. */
  join(name: string): Promise<void>;
  /** The test itself is about to end the fleet's server, and everybody's sessions with it. */
  forgetFleetSocket(): void;
  /** As that, and their own server with it: the machine starts again. */
  forgetAll(): void;
  /** Fails unless every foreign session is as it was: the same ids, names, times and processes. */
  untouched(): Promise<void>;
}

const FORMAT = '#{session_name} #{session_id} #{session_created} #{pane_id} #{pane_pid} dead=#{pane_dead}';

/** Puts a server with two sessions, one named as an agent may be, on the default socket. */
export async function foreignersOf(world: World): Promise<Foreigners> {
  for (const name of ['theirs', 'app']) {
    const { code, stderr } = await world.foreignTmux('new-session', '-d', '-s', name, 'sleep', 'infinity');
    assert.equal(code, 0, stderr);
  }
  const onDefault = async (): Promise<string> =>
    (await world.foreignTmux('list-panes', '-a', '-F', `#{pid} ${FORMAT}`)).stdout;
  let defaultBefore = await onDefault();
  assert.equal(defaultBefore.trim().split('\n').length, 2);
  const joined = new Map<string, string>();
  const onFleet = async (name: string): Promise<string> =>
    (await world.tmux('list-panes', '-s', '-t', `=${name}:`, '-F', FORMAT)).stdout;
  return {
    async join(name) {
      const { code, stderr } = await world.tmux('new-session', '-d', '-s', name, 'sleep', 'infinity');
      assert.equal(code, 0, stderr);
      joined.set(name, await onFleet(name));
    },
    forgetFleetSocket: () => joined.clear(),
    forgetAll() {
      joined.clear();
      defaultBefore = '';
    },
    async untouched() {
      assert.equal(await onDefault(), defaultBefore, 'the default server is another');
      for (const [name, before] of joined) {
        assert.match(before, new RegExp(`^${name} `));
        assert.equal(await onFleet(name), before, `the foreign session ${name} is another`);
      }
    },
  };
}
