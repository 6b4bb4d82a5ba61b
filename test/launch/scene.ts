/** Programs that stand in for the runtimes, on the PATH of a world, and what they were started with. */
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { World } from '../support/world.ts';

export interface Bench {
  /** For the command: the programs come first on its PATH. */
  env: Record<string, string>;
  /** Makes a program of a shell script; it notes its arguments and its pid first. Gives its path. */
  program(name: string, body?: string): string;
  /** The arguments that it was last started with; undefined where it was not. */
  args(name: string): string[] | undefined;
  /** The pid that it last had. */
  pid(name: string): number | undefined;
}

export function benchOf(world: World): Bench {
  const folder = world.path('bin');
  mkdirSync(folder, { recursive: true });
  const noted = (name: string, what: string): string => world.path(`${name}.${what}`);
  const read = (path: string): string | undefined =>
    existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  return {
    env: { PATH: `${folder}:${world.env['PATH']}` },
    program(name, body = '') {
      const file = join(folder, name);
      const [args, pid] = [noted(name, 'args'), noted(name, 'pid')];
      const notes = `[ $# -eq 0 ] && : >'${args}' || printf '%s\\0' "$@" >'${args}'\necho $$ >'${pid}.new'; mv '${pid}.new' '${pid}'`;
      writeFileSync(file, `#!/bin/sh\n${notes}\n${body}\n`);
      chmodSync(file, 0o755);
      return file;
    },
    args: (name) => read(noted(name, 'args'))?.split('\0').slice(0, -1),
    pid: (name) => (existsSync(noted(name, 'pid')) ? Number(read(noted(name, 'pid'))) : undefined),
  };
}

/** Makes a skill; gives its folder. */
export function skill(...parts: string[]): string {
  const folder = join(...parts);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'SKILL.md'), '---\nname: one\ndescription: For a test.\n---\n');
  return folder;
}

export function link(target: string, ...parts: string[]): string {
  const path = join(...parts);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
  return path;
}
