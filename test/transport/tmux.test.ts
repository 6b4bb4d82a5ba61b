/** The contract, with stand-ins in a real tmux server. */
import { join } from 'node:path';
import { realExec } from '../../src/host/exec.ts';
import type { Host } from '../../src/host/host.ts';
import { realHost } from '../../src/host/real.ts';
import { placesOf } from '../../src/model/places.ts';
import { tmuxTransport } from '../../src/transport/tmux/transport.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { inOneScene } from './contract.ts';
import { fleetOf } from './scene.ts';
import { tmuxScene } from './tmux-scene.ts';

inWorld(
  'the way by tmux keeps the contract',
  'none',
  async (world, t) => {
    const scene = await tmuxScene(world, { env: world.env, folder: world.cwd, socket: world.socket });
    const fleet = fleetOf(scene.fleet, scene.fleetFile);
    const host = hostIn(world);
    const transport = tmuxTransport(host, fleet, {
      signal: new AbortController().signal,
      places: placesOf('test', { env: host.facts.env, home: host.facts.home }),
    });
    await inOneScene(t, () => ({ ...scene.begin(), transport }));
  },
  { timeout: 180_000 },
);

/** This process, as if it ran in the world. */
function hostIn(world: World): Host {
  const real = realHost();
  const facts = { ...real.facts, env: world.env, home: join(world.home), cwd: world.cwd };
  return { ...real, facts, exec: realExec(facts) };
}
