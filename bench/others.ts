import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { World } from '../test/support/world.ts';
import { names, take } from './subject.ts';

/** A tool that makes tmux sessions from files, one session a file. */
export interface Other {
  name: string;
  versionArgs: readonly string[];
  /** The file that describes the session. */
  describe(session: string, world: World): object;
  /** The command that makes all sessions of the files, or finds them there, without attaching. */
  command(files: readonly string[], world: World): readonly [string, readonly string[]];
}

const socketOf = (world: World, other: string): string => `${world.socket}-${other}`;

export const others: readonly Other[] = [
  {
    name: 'tmuxp',
    versionArgs: ['--version'],
    describe: (session, world) => ({
      session_name: session,
      start_directory: world.cwd,
      windows: [{ window_name: 'main', panes: ['exec sleep infinity'] }],
    }),
    command: (files, world) => ['tmuxp', ['load', '-d', '-y', '-L', socketOf(world, 'tmuxp'), ...files]],
  },
  {
    name: 'tmuxinator',
    versionArgs: ['version'],
    describe: (session, world) => ({
      name: session,
      root: world.cwd,
      socket_name: socketOf(world, 'tmuxinator'),
      windows: [{ main: 'exec sleep infinity' }],
    }),
    // It takes one file at a time.
    command: (files) => [
      'sh',
      [
        '-ec',
        'for file; do tmuxinator start --project-config="$file" --no-attach --suppress-tmux-version-warning; done',
        'sh',
        ...files,
      ],
    ],
  },
];

/** Its version in words, or undefined where it is not installed. */
export async function versionOf(other: Other, world: World): Promise<string | undefined> {
  const result = await world.run(other.name, other.versionArgs).catch(() => undefined);
  return result?.code === 0 ? result.stdout.trim() : undefined;
}

/** Makes the sessions, and then asks for them once more when all of them are there. */
export async function loadTwice(
  other: Other,
  world: World,
  size: number,
): Promise<{ load: number; reload: number }> {
  const folder = world.path(other.name);
  mkdirSync(folder, { recursive: true });
  const files = names(size).map((name) => {
    const file = join(folder, `${name}.yml`);
    writeFileSync(file, stringify(other.describe(name, world)));
    return file;
  });
  const [program, args] = other.command(files, world);
  const load = await take(world, program, args);
  const socket = ['-L', socketOf(world, other.name)];
  const { stdout } = await world.run('tmux', [...socket, 'list-sessions', '-F', '#{session_name}']);
  const made = stdout.split('\n').filter(Boolean).length;
  if (made !== size) throw new Error(`${other.name} made ${made} of ${size} sessions`);
  const reload = await take(world, program, args);
  await world.run('tmux', [...socket, 'kill-server']);
  return { load, reload };
}
