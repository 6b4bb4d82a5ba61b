/** `fleet verify` in a world, and whatever it may leave there. */
import { existsSync, readdirSync } from 'node:fs';
import type { CommandResult } from '../support/command.ts';
import type { World } from '../support/world.ts';

export interface Property {
  id: string;
  result: string;
  detail?: string;
  fix?: string;
}

export const verify = (
  world: World,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CommandResult> => world.mosaic(['fleet', 'verify', ...args], { env, timeoutMs: 90_000 });

export function results(stdout: string): Record<string, Property | undefined> {
  const { properties } = JSON.parse(stdout) as { properties: Property[] };
  return Object.fromEntries(properties.map((property) => [property.id, property]));
}

/** A tmux server of the user's own, on the default socket, with two sessions. */
export async function userServer(world: World): Promise<void> {
  await world.foreignTmux('new-session', '-d', '-s', 'mine', 'sleep 1000');
  await world.foreignTmux('new-session', '-d', '-s', 'mine-too', 'sleep 1000');
}

/** Everything that is there: files of the home, sockets, units, and the sessions of the user's own server. */
export async function traces(world: World): Promise<Record<string, unknown>> {
  const sockets = `${world.env['TMUX_TMPDIR']}/tmux-${process.getuid?.() ?? 0}`;
  const units =
    world.supervisor === 'systemd'
      ? (await world.systemctl('list-units', '--all', '--no-pager', '--plain', '--no-legend', 'mosaic*'))
          .stdout
      : '';
  const { stdout } = await world.foreignTmux('list-panes', '-a', '-F', '#{pid} #{session_name} #{pane_pid}');
  return {
    home: readdirSync(world.home, { recursive: true, encoding: 'utf8' }).sort(),
    sockets: existsSync(sockets) ? readdirSync(sockets) : [],
    units,
    own: stdout,
  };
}
