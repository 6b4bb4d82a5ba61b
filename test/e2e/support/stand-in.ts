/** Programs that stand before the real ones on the PATH: to count calls, to fail, to hang. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { World } from '../../support/world.ts';

export interface StandIn {
  /** For a command that is to meet the stand-in. */
  env: { PATH: string };
}

/** Puts a shell script before a program. In it, `$REAL` is the real one. */
export async function standIn(world: World, program: string, script: string): Promise<StandIn> {
  const { stdout } = await world.run('sh', ['-c', `command -v ${program}`]);
  const folder = world.path(`stand-in-${program}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${program}`, `#!/bin/sh\nREAL=${stdout.trim()}\n${script}\n`);
  chmodSync(`${folder}/${program}`, 0o755);
  return { env: { PATH: `${folder}:${world.env['PATH']}` } };
}

/** Has every call of a program written down, and done all the same. */
export async function logCalls(
  world: World,
  program: string,
): Promise<StandIn & { made(): string[]; clear(): void }> {
  const log = world.path(`calls-of-${program}`);
  const stand = await standIn(world, program, `echo "$*" >>'${log}'\nexec "$REAL" "$@"`);
  return {
    ...stand,
    clear: () => rmSync(log, { force: true }),
    made: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : []),
  };
}
