/** Which fleet is to be taken away: the one of a fleet file, or one that is known by its name alone. */
import { join } from 'node:path';
import { listed } from '../../base/text.ts';
import { defaults } from '../../fleet/defaults.ts';
import type { Host } from '../../host/host.ts';
import type { Fleet } from '../../model/fleet.ts';
import { placesOf } from '../../model/places.ts';
import { observeTmux } from '../../observe/tmux.ts';
import { tmuxSockets } from '../../observe/tmux-socket.ts';
import { isOurs } from '../../render/artefacts.ts';
import { unitArgument } from '../../render/quote.ts';
import { TRIGGERS } from '../../render/triggers.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { requireFleet } from '../fleet-file.ts';
import { GITOPS_KINDS, HOLDER_KIND, madeUnits, unitsOf, type StandingUnit } from './standing-units.ts';

/**
 * Throws CommandError where there is no such fleet, and where this very file is applied, by itself, under another name: it would be
 * back.
 */
export async function fleetToEnd(
  context: CommandContext,
  options: { file?: string; name?: string },
): Promise<Fleet> {
  const { host } = context;
  if (options.name !== undefined) return fleetOfName(host, options.name);
  const units = placesOf('', host.facts);
  let fleet: Fleet;
  try {
    ({ fleet } = await requireFleet(context, options));
  } catch (error) {
    if (!(error instanceof CommandError) || error.shown || error.exitCode !== EXIT.invalid) throw error;
    const standing = madeUnits(host, units, [...TRIGGERS, HOLDER_KIND]).map((unit) => unit.fleet);
    if (standing.length === 0) throw error;
    throw new CommandError(error.message, error.exitCode, {
      fix: `${error.fix ?? 'Name another with --file.'} Without a file: --name ${listed([...new Set(standing)], 'or')}.`,
    });
  }
  const argument = ` --file ${unitArgument(fleet.file)} `;
  const other = madeUnits(host, units, ['reconcile.service']).find(
    (unit) => unit.fleet !== fleet.name && unit.text.includes(argument),
  );
  if (other === undefined) return fleet;
  throw new CommandError(
    `${fleet.file} names the fleet ${fleet.name} now, and is applied by units of the fleet ${other.fleet}: ${other.path}`,
    EXIT.failed,
    { fix: `First take that one away: mosaic down --name ${other.fleet}.` },
  );
}

/** What an ending needs to know is read from what stands; nothing else of a fleet is in it. Throws CommandError where nothing does. */
async function fleetOfName(host: Host, name: string): Promise<Fleet> {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
    throw new CommandError(`no fleet can have the name ${name}`, EXIT.usage);
  const places = placesOf(name, host.facts);
  const triggers = unitsOf(host, name, places, [...TRIGGERS, ...GITOPS_KINDS]);
  const holders = unitsOf(host, name, places, [HOLDER_KIND]);
  // After another prefix was given, that of both is the one of now.
  const holder =
    holders.find(({ prefix }) => triggers.some((trigger) => trigger.prefix === prefix)) ?? holders[0];
  const rendered = ours(host, name, places.holderFile);
  const { sockets, seen } = await socketsOf(host, name);
  const stands = [holder, triggers[0], rendered, seen[0], host.files.stat(places.state)];
  if (stands.every((one) => one === undefined))
    throw new CommandError(`nothing of a fleet ${name} stands on this host`, EXIT.failed, {
      fix: `Looked for in ${places.units}, ${places.rendered}, ${places.state} and on ${sockets.length === 0 ? 'no tmux socket' : `the tmux sockets ${listed(sockets)}`}.`,
    });
  const socket = / -u -L ([A-Za-z0-9_-]+) -f /.exec(holder?.text ?? '')?.[1];
  const session = /^ +new-session -d -s '([^']+)' -n holder /m.exec(rendered ?? '')?.[1];
  return {
    name,
    file: fileIn(triggers) ?? join(places.state, 'fleet.yaml'),
    tmux: {
      socketName: socket ?? seen[0] ?? defaults.socketName,
      holderSession: session ?? defaults.holderSession,
    },
    supervisor: holder === undefined ? 'none' : 'auto',
    systemd: { unitPrefix: holder?.prefix ?? triggers[0]?.prefix ?? defaults.unitPrefix },
    runtimes: {},
    hosts: {},
    agents: [],
    elsewhere: [],
    missions: [],
    formulas: [],
    reconcile: { prune: true, maxStopFraction: 1, startConcurrency: 1 },
  };
}

/** The fleet file that a reconcile is told of, as `unitArgument` wrote it: what is remembered of it goes too. */
function fileIn(units: readonly StandingUnit[]): string | undefined {
  const service = units.find(({ kind }) => kind === 'reconcile.service')?.text ?? '';
  const written = / apply --file "((?:[^"\\\n]|\\.)*)" /.exec(service)?.[1];
  return written?.replace(
    /\\(.)|%%|\$\$/g,
    (pair, escaped: string | undefined) => ({ n: '\n', r: '\r' })[escaped ?? ''] ?? escaped ?? pair.slice(1),
  );
}

function ours({ files }: Host, fleet: string, path: string): string | undefined {
  const text = files.read(path);
  return text !== undefined && isOurs(fleet, text) ? text : undefined;
}

/**
 * Servers that answer, and those of them that have a session of the fleet: without a unit, nothing else tells of the socket. The
 * user's own server, which no fleet can have, is not asked.
 */
async function socketsOf(host: Host, fleet: string): Promise<{ sockets: string[]; seen: string[] }> {
  const sockets = host.files
    .list(tmuxSockets(host))
    .filter((name) => name !== 'default' && /^[A-Za-z0-9_-]+$/.test(name));
  const seen: string[] = [];
  for (const socket of sockets) {
    const tmux = await observeTmux(host, socket);
    if (tmux.known && tmux.value.sessions.some(({ owner }) => owner?.fleet === fleet)) seen.push(socket);
  }
  return { sockets, seen };
}
