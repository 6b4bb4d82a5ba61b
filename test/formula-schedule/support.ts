/** Timers of formulas on a real user manager. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scene } from '../e2e/support/scene.ts';

export const unitsOf = (scene: Scene): string => `${scene.world.env['XDG_CONFIG_HOME']}/systemd/user`;
export const timerOf = (name: string): string => `mosaic-formula-${name}.timer`;
export const serviceOf = (name: string): string => `mosaic-formula-${name}.service`;

export const stands = (scene: Scene, name: string): boolean[] =>
  [serviceOf(name), timerOf(name), `timers.target.wants/${timerOf(name)}`].map((unit) =>
    existsSync(join(unitsOf(scene), unit)),
  );

/** Has the timer come a moment after it is started, beside what it says itself: nobody wants to wait for the clock. */
export function comesAtOnce(scene: Scene, name: string): void {
  const folder = join(unitsOf(scene), `${timerOf(name)}.d`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'at-once.conf'), '[Timer]\nOnActiveSec=300ms\nRandomizedDelaySec=0\n');
}

/** systemd itself has nothing to say of the units. */
export async function verified(scene: Scene, name: string): Promise<void> {
  const paths = [serviceOf(name), timerOf(name)].map((unit) => join(unitsOf(scene), unit));
  const { code, stdout, stderr } = await scene.world.run('systemd-analyze', ['--user', 'verify', ...paths]);
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
}
