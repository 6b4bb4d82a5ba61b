/** A fleet that is installed on a real user manager. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { Scene } from '../e2e/support/scene.ts';

export const UNITS = [
  'mosaic-reconcile.service',
  'mosaic-reconcile.timer',
  'mosaic-reconcile.path',
  'mosaic-fleet.path',
  'mosaic-gates.service',
];

/** The longest interval there is: what happens within a test comes of something else. */
export const install = (scene: Scene, ...args: string[]) =>
  scene.mosaic(['fleet', 'install-systemd', '--interval', '24h', ...args]);

/** Names of our units' files, sorted, without the folders of links. */
export const unitFiles = (scene: Scene): string[] =>
  readdirSync(`${scene.world.env['XDG_CONFIG_HOME']}/systemd/user`)
    .filter((name) => !name.endsWith('.wants'))
    .sort();

export async function property(scene: Scene, unit: string, name: string): Promise<string> {
  const { stdout } = await scene.world.systemctl('show', '--value', `--property=${name}`, unit);
  return stdout.trim();
}

/** Waits until no reconcile runs. */
export const untilQuiet = (scene: Scene): Promise<unknown> =>
  scene.world.until('no reconcile runs', async () =>
    /^(?:inactive|failed)$/.test(await property(scene, 'mosaic-reconcile.service', 'ActiveState')),
  );

/** Waits until the agent runs, and in another process than the given one. */
export async function untilRunning(scene: Scene, agent: string, other = 0): Promise<number> {
  let pid = 0;
  await scene.world.until(
    `${agent} runs`,
    async () => {
      const session = (await scene.sessions())[agent];
      pid = session?.pid ?? 0;
      return session !== undefined && !session.dead && pid !== other;
    },
    30_000,
  );
  assert.notEqual(pid, 0);
  return pid;
}
