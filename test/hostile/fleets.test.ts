/** Two fleets on one host that want the same: the second one is told, and the first one is not touched. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { forSupervisors } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { filesBelow } from './hostile.ts';

interface Clash {
  name: string;
  socket?: string;
  prefix?: string;
  holder?: string;
  agents: string[];
}

function writeFleet(world: World, { name, socket, prefix, holder, agents }: Clash): string {
  const file = join(world.cwd, `${name}.yaml`);
  writeFileSync(
    file,
    stringify({
      version: 1,
      name,
      supervisor: world.supervisor,
      tmux: {
        socket_name: socket ?? `${world.socket}-${name}`,
        ...(holder !== undefined && { holder_session: holder }),
      },
      systemd: { unit_prefix: prefix ?? name },
      runtimes: { idle: { command: ['sleep', 'infinity'] } },
      defaults: { working_directory: '/' },
      agents: agents.map((agent) => ({ name: agent, runtime: 'idle' })),
    }),
  );
  return file;
}

/** Sessions of the first fleet with their processes, and every file that is there. */
async function lookAt(world: World): Promise<unknown> {
  const panes = await world.tmux('list-panes', '-a', '-F', '#{session_name} #{pane_pid} #{pane_dead}');
  const files = filesBelow(world.env['XDG_CONFIG_HOME'] ?? '').filter((path) => !path.includes('/second'));
  return [panes.stdout.split('\n').sort(), files.map((path) => [path, readFileSync(path, 'utf8')])];
}

const clashes: Record<string, (world: World) => Clash> = {
  'the same socket and holder': ({ socket }) => ({ name: 'second', socket, agents: ['other'] }),
  'the same socket and agents': ({ socket }) => ({
    name: 'second',
    socket,
    holder: '_second',
    agents: ['one'],
  }),
  'the same unit prefix': () => ({ name: 'second', prefix: 'first', agents: ['one', 'other'] }),
};

for (const [what, clash] of Object.entries(clashes)) {
  forSupervisors(`a second fleet with ${what} is no danger to the first`, async (world) => {
    const first = writeFleet(world, { name: 'first', socket: world.socket, agents: ['one', 'two'] });
    const made = await world.mosaic(['apply', '-f', first]);
    assert.equal(made.code, 0, made.stdout + made.stderr);
    const before = await lookAt(world);

    const wanted = clash(world);
    const second = writeFleet(world, wanted);
    const { code, stdout, stderr } = await world.mosaic(['apply', '-f', second]);
    // Without units, a prefix is not in anybody's way.
    const harmless = wanted.prefix !== undefined && world.supervisor === 'none';
    assert.equal(code, harmless ? 0 : 1, stdout + stderr);
    if (!harmless) assert.match(stdout + stderr, /is not ours/);
    assert.deepEqual(await lookAt(world), before);

    await world.mosaic(['down', '-f', second]);
    assert.deepEqual(await lookAt(world), before);
    const still = await world.mosaic(['plan', '-f', first, '--detailed-exitcode']);
    assert.equal(still.code, 0, still.stdout + still.stderr);
    assert.equal((await world.mosaic(['down', '-f', first])).code, 0);
  });
}
