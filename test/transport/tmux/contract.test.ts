/** The contract, on a real tmux with stand-in agents. */
import assert from 'node:assert/strict';
import { realHost } from '../../../src/host/real.ts';
import type { Host } from '../../../src/host/host.ts';
import { placesOf } from '../../../src/model/places.ts';
import { tmuxTransport } from '../../../src/transport/tmux/transport.ts';
import { standInsOf, type StandInOptions, type StandIns } from '../../support/stand-in/runtime.ts';
import { inWorld } from '../../support/supervisors.ts';
import type { World } from '../../support/world.ts';
import { cast, transportContract, type Cast } from '../contract.ts';
import { fleetOf, KICKSTART, sceneAgents } from '../scene.ts';

const behaviours: Record<Cast, StandInOptions> = {
  app: {},
  'app-2': {},
  worker: { busy: true },
  asks: { dialog: true },
  drafted: {},
  ended: {},
  gone: {},
  theirs: {},
};

transportContract((name, body) =>
  inWorld(name, 'none', async (world, t) => {
    const agents = standInsOf(world);
    for (const [agent, behaviour] of Object.entries(behaviours)) agents.behave(agent, behaviour);
    const document = documentOf(world, agents);
    world.writeFleet(document);
    const { code, stdout, stderr } = await world.mosaic(['apply']);
    assert.equal(code, 0, stdout + stderr);
    for (const agent of Object.keys(cast)) await agents.ready(agent);
    await setTheScene(world);
    const host = hostIn(world);
    const fleet = fleetOf(document, world.fleetFile);
    const transport = tmuxTransport(host, fleet, {
      signal: new AbortController().signal,
      places: placesOf(fleet.name, host.facts),
    });
    await body(
      {
        transport,
        // The kickstart of its start is not of the story.
        taken: (agent) => agents.taken(agent).slice(agent === 'app' ? 1 : 0),
        typed: () => Object.keys(cast).map((agent) => agents.bytesRead(agent)),
        kickstart: KICKSTART,
      },
      t,
    );
  }),
);

function documentOf(world: World, agents: StandIns): Record<string, unknown> {
  const more = { runtime: 'stand-in', working_directory: world.cwd, restart: { policy: 'never' } };
  return {
    supervisor: 'none',
    tmux: { socket_name: world.socket },
    runtimes: { 'stand-in': agents.runtime },
    agents: sceneAgents(more),
  };
}

/** What apply does not bring about: drafts, ends, and sessions of somebody else. */
async function setTheScene(world: World): Promise<void> {
  await world.tmux('send-keys', '-t', '=drafted:', '-l', 'half a thought');
  await world.until('the draft is shown', async () => {
    const { stdout } = await world.tmux('capture-pane', '-p', '-t', '=drafted:');
    return stdout.includes('> half a thought');
  });
  const { stdout } = await world.tmux('list-panes', '-t', '=ended:', '-F', '#{pane_pid}');
  process.kill(Number(stdout), 'SIGKILL');
  for (const agent of ['gone', 'theirs']) await world.tmux('kill-session', '-t', `=${agent}`);
  for (const session of ['gone-2', 'theirs']) await world.tmux('new-session', '-d', '-s', session, 'cat');
  await world.until('nobody works on a kickstart', async () => {
    const { stdout: shown } = await world.tmux('capture-pane', '-p', '-t', '=app:');
    return !shown.includes('esc to interrupt');
  });
  await world.until('it is dead', async () => {
    const { stdout: dead } = await world.tmux('list-panes', '-t', '=ended:', '-F', '#{pane_dead}');
    return dead.trim() === '1';
  });
}

/** This machine, as it is from within the world. */
function hostIn(world: World): Host {
  const host = realHost();
  return {
    ...host,
    facts: { ...host.facts, env: world.env, home: world.home, cwd: world.cwd },
    exec: (file, args, options) =>
      host.exec(file, args, { ...options, env: { TMUX: undefined, ...world.env, ...options?.env } }),
  };
}
