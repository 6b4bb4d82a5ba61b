/** The contract's agents as stand-ins in a real tmux server, started by the built command. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandResult } from '../support/command.ts';
import { standInsOf } from '../support/stand-in/runtime.ts';
import type { World } from '../support/world.ts';
import { cast, type Cast, type ContractScene } from './contract.ts';
import { KICKSTART, sceneAgents } from './scene.ts';

const mosaic = fileURLToPath(new URL('../../dist/mosaic.js', import.meta.url));
const names = Object.keys(cast) as Cast[];

export interface TmuxScene {
  fleetFile: string;
  /** The fleet file's text. */
  fleet: Record<string, unknown>;
  /** What has come of it since now; the way to it is the caller's. */
  begin(): Omit<ContractScene, 'transport'>;
}

/** @param place the environment and the folder in which the fleet lives: the world's own, or those of another host */
export async function tmuxScene(
  world: World,
  place: { env: Readonly<Record<string, string>>; folder: string; socket: string },
): Promise<TmuxScene> {
  const { env, folder, socket } = place;
  const agents = standInsOf(world, join(folder, 'stand-ins'));
  const run = async (file: string, ...args: string[]): Promise<CommandResult> => {
    const result = await world.run(file, args, { env, cwd: folder, timeoutMs: 60_000 });
    assert.equal(result.code, 0, `${file} ${args.join(' ')}: ${result.stdout}${result.stderr}`);
    return result;
  };
  const tmux = (...args: string[]): Promise<CommandResult> => run('tmux', '-L', socket, ...args);
  const fleet = {
    version: 1,
    name: 'test',
    supervisor: 'none',
    tmux: { socket_name: socket },
    runtimes: { 'stand-in': agents.runtime },
    defaults: { working_directory: folder },
    agents: sceneAgents({ runtime: 'stand-in' }),
  };
  const fleetFile = join(folder, 'fleet.yaml');
  writeFileSync(fleetFile, JSON.stringify(fleet));
  agents.behave('worker', { busy: true });
  agents.behave('asks', { dialog: true });
  await run(process.execPath, mosaic, 'apply', '-f', fleetFile);
  for (const name of names) await agents.ready(name);
  await world.until('the kickstart has come', () => agents.taken('app').length === 1);
  for (const name of ['gone', 'theirs']) await tmux('kill-session', '-t', `=${name}`);
  for (const name of ['gone-2', 'theirs']) await tmux('new-session', '-d', '-s', name, 'cat');
  const { stdout } = await tmux('list-panes', '-t', '=ended:', '-F', '#{pane_pid}');
  await run('kill', '-KILL', stdout.trim());
  await world.until('it is dead', async () =>
    (await tmux('list-panes', '-t', '=ended:', '-F', '#{pane_dead}')).stdout.startsWith('1'),
  );
  await tmux('send-keys', '-t', '=drafted:', '-l', 'half a thought');
  await world.until('the draft is seen', async () =>
    (await tmux('capture-pane', '-p', '-t', '=drafted:')).stdout.includes('half a thought'),
  );
  return {
    fleetFile,
    fleet,
    begin() {
      const before = new Map(names.map((name) => [name, agents.taken(name).length]));
      return {
        kickstart: KICKSTART,
        taken: (name) => agents.taken(name).slice(before.get(name) ?? 0),
        async typed() {
          const screens = ['gone-2', 'theirs'].map((name) => tmux('capture-pane', '-p', '-t', `=${name}:`));
          const bytes = names.map((name) => agents.bytesRead(name));
          return [bytes, (await Promise.all(screens)).map((screen) => screen.stdout)];
        },
      };
    },
  };
}
