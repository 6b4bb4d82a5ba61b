/** Carries out what a mosaic on another host asks of the agents of this one. */
import { quoted } from '../../base/text.ts';
import type { AgentStatus } from '../../model/messaging.ts';
import type { Fleet } from '../../model/fleet.ts';
import { TransportError, type Transport } from '../transport.ts';
import { parseRequest, type RemoteAnswer, type RemoteRequest, type Results } from './protocol.ts';

export interface Served {
  fleet: Fleet;
  /** The way to the agents of this host, and to no other: a request is not passed on. */
  local: Transport;
}

/**
 * @param text the request, as it was read
 * @param open loads the fleet: the file named, or the one that is found
 * @returns what is to be printed; throws only what is a mistake of ours
 */
export async function serveRequest(
  text: string,
  open: (fleetFile: string | undefined) => Promise<Served>,
): Promise<RemoteAnswer> {
  const parsed = parseRequest(text);
  if ('wrong' in parsed) {
    const fix = 'Install the same version of mosaic on both hosts.';
    return { id: parsed.id, error: { kind: 'failed', message: parsed.wrong, fix } };
  }
  const { request } = parsed;
  try {
    return { id: request.id, ...(await carriedOut(request, await open(request.fleet))) };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    const { kind, message, fix } = error;
    return { id: request.id, error: { kind, message, ...(fix === undefined ? {} : { fix }) } };
  }
}

async function carriedOut(request: RemoteRequest, served: Served): Promise<Partial<Results>> {
  const { fleet, local } = served;
  switch (request.op) {
    case 'list':
      return { list: (await local.listAgents()).filter(({ agent }) => isOurs(fleet, agent)) };
    case 'status':
      return { status: await statusOf(request.agents, served) };
    case 'send':
      requireOurs(fleet, request.agent);
      return { send: await local.send(request.agent, request.message, request.options) };
    case 'reset':
      requireOurs(fleet, request.agent);
      return { reset: await local.reset(request.agent, request.options) };
    case 'tail':
      requireOurs(fleet, request.agent);
      return { tail: await local.tail(request.agent, request.options) };
  }
}

/** One that is not of this host does not hide the others. */
async function statusOf(agents: readonly string[], { fleet, local }: Served): Promise<AgentStatus[]> {
  const ours = agents.filter((agent) => isOurs(fleet, agent));
  const seen = new Map(
    (ours.length === 0 ? [] : await local.status(ours)).map((status) => [status.agent, status]),
  );
  return agents.flatMap((agent) => {
    if (isOurs(fleet, agent)) return seen.get(agent) ?? [];
    const { message, fix } = notOurs(fleet, agent);
    return {
      agent,
      host: '',
      presence: 'unreachable',
      detail: message,
      ...(fix === undefined ? {} : { fix }),
    };
  });
}

const isOurs = (fleet: Fleet, agent: string): boolean => fleet.agents.some(({ name }) => name === agent);

function requireOurs(fleet: Fleet, agent: string): void {
  if (!isOurs(fleet, agent)) throw notOurs(fleet, agent);
}

function notOurs({ elsewhere, file }: Fleet, agent: string): TransportError {
  const other = elsewhere.find(({ name }) => name === agent);
  if (other === undefined)
    return new TransportError('absent', `the fleet file there, ${file}, has no agent ${quoted(agent)}`, {
      fix: 'Add it there, or name another file under hosts.',
    });
  return new TransportError(
    'absent',
    `the fleet file there, ${file}, gives the agent ${quoted(agent)} to the host ${quoted(other.host)}, and what comes from another host is not passed on`,
    { fix: 'Have the fleet files of the two hosts say the same host for it.' },
  );
}
