import { writeFileSync } from 'node:fs';
import type { World } from '../test/support/world.ts';
import { names, take } from './subject.ts';

/** What a look at the fleet's host cannot do without: all panes, and all units where there is a manager. */
export async function queries(world: World): Promise<number> {
  const format = '#{session_id}\t#{session_name}\t#{pane_id}\t#{pane_pid}\t#{pane_dead}\t#{@mosaic}';
  const panes = await take(world, 'tmux', ['-L', world.socket, 'list-panes', '-a', '-F', format]);
  if (world.supervisor === 'none') return panes;
  const list = ['--user', 'list-units', '--all', '--output=json', 'mosaic-*'];
  return panes + (await take(world, 'systemctl', list));
}

/** One tmux that starts a server and all sessions from one file; their server is ended again. */
export async function batch(world: World, size: number): Promise<number> {
  const file = world.path('batch.tmux');
  const line = (name: string) => `new-session -d -s ${name} -c '${world.cwd}' sleep infinity\n`;
  writeFileSync(file, names(size).map(line).join(''));
  const socket = ['-L', `${world.socket}-raw`];
  const lasted = await take(world, 'tmux', [
    ...socket,
    '-f',
    '/dev/null',
    'start-server',
    ';',
    'source-file',
    file,
  ]);
  await world.run('tmux', [...socket, 'kill-server']);
  return lasted;
}

/** The units that an apply wrote, all stopped and then started by systemctl alone. */
export async function units(world: World, size: number): Promise<number> {
  const agents = names(size).map((name) => `mosaic-agent@${name}.service`);
  const holder = 'mosaic-tmux-holder.service';
  await take(world, 'systemctl', ['--user', 'stop', ...agents, holder]);
  await world.until(
    'every session is gone',
    () => world.sessions(),
    60_000,
    (left) => left.length === 0,
  );
  return take(world, 'systemctl', ['--user', 'start', ...agents]);
}
