/** The way to agents of other hosts: OpenSSH runs the mosaic there, and what is said travels on its standard input. */
import { randomBytes } from 'node:crypto';
import { quoted } from '../../base/text.ts';
import type { Host } from '../../host/host.ts';
import type { AgentElsewhere, Fleet, RemoteHost } from '../../model/fleet.ts';
import type { AgentListed, AgentStatus, SendOptions } from '../../model/messaging.ts';
import { TransportError, type Transport } from '../transport.ts';
import { attachArguments, requestArguments } from './command.ts';
import { formatRequest, hear, type Operation, type Results } from '../remote/protocol.ts';
import { troubleOf } from './trouble.ts';
import { turns } from './turns.ts';

/** What a mosaic there may take to answer once the connection stands. */
const ANSWER_MS = 30_000;
/** The same for what types: others may be typing to the agent for a quarter of an hour. */
const TYPING_MS = 20 * 60_000;
/** As good as no end: the longest that timers count. */
const ENDLESS_MS = 2_000_000_000;

/** Connections at once to one host: its ssh server turns more than ten away that have not logged in yet. */
const AT_ONCE = 8;

export interface SshOptions {
  /** Aborted: ssh is ended. */
  signal?: AbortSignal;
}

/**
 * @param fleet its `elsewhere` has the agents, its `hosts` how they are reached
 * @returns what knows the agents of other hosts, and only them
 */
export function sshTransport(host: Host, fleet: Fleet, { signal }: SshOptions = {}): Transport {
  const turnOf = turns(AT_ONCE);

  /** Asks the mosaic of a host. Throws TransportError, with `mayBeDone` where that is so. */
  async function ask<Op extends Operation['op']>(
    name: string,
    operation: Operation & { op: Op },
    answerMs: number,
  ): Promise<Results[Op]> {
    const remote = remoteOf(fleet, name);
    const id = randomBytes(12).toString('hex');
    const input = formatRequest({
      ...operation,
      id,
      ...(remote.fleet === undefined ? {} : { fleet: remote.fleet }),
    });
    const timeoutMs = Math.min(remote.connectTimeoutMs + answerMs, ENDLESS_MS);
    const result = await turnOf(name, () =>
      host.exec('ssh', requestArguments(remote), {
        input,
        timeoutMs,
        ...(signal === undefined ? {} : { signal }),
      }),
    );
    const heard = hear(result.stdout, id);
    const { answer } = heard;
    if (answer?.error !== undefined) throw toldBy(name, answer.error);
    const wanted = answer?.[operation.op];
    if (wanted !== undefined) return wanted as Results[Op];
    const trouble = troubleOf(name, remote, result, heard);
    throw trouble.mayBeDone ? new Unsure(trouble.error) : trouble.error;
  }

  return {
    async listAgents() {
      const perHost = await atOnce(fleet.elsewhere, async (name, agents) => {
        const told = new Map((await ask(name, { op: 'list' }, ANSWER_MS)).map((each) => [each.agent, each]));
        return agents.map((agent) => listed(agent, told.get(agent.name)));
      });
      return inOrder(fleet, perHost, (agent, error) => ({ ...fromFile(agent), trouble: error.message }));
    },
    async status(agents) {
      const asked = agents.map((agent) => elsewhereOf(fleet, agent));
      const perHost = await atOnce(asked, async (name, those) => {
        const names = those.map((agent) => agent.name);
        const told = new Map(
          (await ask(name, { op: 'status', agents: names }, ANSWER_MS)).map((each) => [each.agent, each]),
        );
        return those.map((agent) => seen(agent, told.get(agent.name)));
      });
      return inOrder({ elsewhere: asked }, perHost, unreachable);
    },
    async send(given, message, options) {
      const { name: agent, host: name } = elsewhereOf(fleet, given);
      try {
        const operation = { op: 'send', agent, message, options } as const;
        return thereIn(name, { ...(await ask(name, operation, sendMs(options))), agent });
      } catch (error) {
        if (!(error instanceof Unsure)) throw error;
        return {
          agent,
          host: name,
          result: 'unverified',
          detail: `${error.message}; whether the message was typed is not known`,
          fix: `Before you send it again, see whether it is there: mosaic agent tail ${agent}`,
          changes: [],
        };
      }
    },
    async reset(given, options) {
      const { name: agent, host: name } = elsewhereOf(fleet, given);
      try {
        const answerMs = options.wait === undefined ? TYPING_MS : ENDLESS_MS;
        return thereIn(name, { ...(await ask(name, { op: 'reset', agent, options }, answerMs)), agent });
      } catch (error) {
        if (!(error instanceof Unsure)) throw error;
        return {
          agent,
          host: name,
          result: 'failed',
          detail: `${error.message}; whether it was reset is not known`,
          fix: `See how it is: mosaic agent tail ${agent}`,
        };
      }
    },
    async tail(given, options) {
      const { name: agent, host: name } = elsewhereOf(fleet, given);
      return { ...(await ask(name, { op: 'tail', agent, options }, ANSWER_MS)), agent, host: name };
    },
    async attachment(given, { readOnly }) {
      const { name: agent, host: name } = elsewhereOf(fleet, given);
      // In a person's terminal ssh would say in its own words that there is no host, and tmux there that there is no session.
      await ask(name, { op: 'tail', agent, options: { lines: 0, ansi: false } }, ANSWER_MS);
      return { command: ['ssh', ...attachArguments(remoteOf(fleet, name), agent, readOnly)], env: {} };
    },
    // eslint-disable-next-line @typescript-eslint/require-await
    ownLabel: async () => undefined,
  };
}

/** The request may have been carried out, and nobody told. */
class Unsure extends TransportError {
  constructor({ kind, message, fix }: TransportError) {
    super(kind, message, fix === undefined ? {} : { fix });
  }
}

const toldBy = (
  host: string,
  { kind, message, fix }: { kind: TransportError['kind']; message: string; fix?: string },
): TransportError =>
  new TransportError(
    kind,
    `on the host ${host}: ${message}`,
    thereIn(host, fix === undefined ? {} : { fix }),
  );

/** A result by the host's name here. A command that would help is one to run there, unless it talks to agents. */
const thereIn = <R extends { fix?: string }>(host: string, told: R): R & { host: string } => ({
  ...told,
  ...(told.fix === undefined
    ? {}
    : { fix: told.fix.replace(/: (mosaic (?!agent ).*)$/, `, on the host ${host}: $1`) }),
  host,
});

/** `=name` says the same as `name`. */
function elsewhereOf({ elsewhere }: Fleet, given: string): AgentElsewhere {
  const name = given.replace(/^=/, '');
  const agent = elsewhere.find((each) => each.name === name);
  if (agent === undefined)
    throw new TransportError('absent', `the fleet file gives no agent ${quoted(name)} to another host`, {
      fix: 'Those that it has: mosaic agent roster',
    });
  return agent;
}

function remoteOf({ hosts, file }: Fleet, name: string): RemoteHost {
  const key = name.toLowerCase();
  const remote = Object.hasOwn(hosts, key) ? hosts[key] : undefined;
  if (remote === undefined)
    throw new TransportError('unavailable', `${file} does not say how the host ${quoted(name)} is reached`, {
      fix: `Add it: "hosts: { ${name}: { ssh: ${name} } }", where "ssh" is what ssh takes as a destination.`,
    });
  return remote;
}

function sendMs({ wait, waitMs }: SendOptions): number {
  if (wait === undefined) return TYPING_MS;
  return waitMs === undefined ? ENDLESS_MS : TYPING_MS + waitMs;
}

type PerHost<R> = Map<string, R[] | TransportError>;

/** Asks each host of these agents once, all at the same time; one that does not tell does not hide the others. */
async function atOnce<R>(
  agents: readonly AgentElsewhere[],
  work: (host: string, agents: AgentElsewhere[]) => Promise<R[]>,
): Promise<PerHost<R>> {
  const groups = new Map<string, AgentElsewhere[]>();
  for (const agent of agents) groups.set(keyOf(agent), [...(groups.get(keyOf(agent)) ?? []), agent]);
  const results = await Promise.all(
    [...groups].map(async ([key, group]): Promise<[string, R[] | TransportError]> => {
      try {
        return [key, await work(group[0]?.host ?? key, group)];
      } catch (error) {
        if (error instanceof TransportError) return [key, error];
        throw error;
      }
    }),
  );
  return new Map(results);
}

const keyOf = ({ host }: AgentElsewhere): string => host.toLowerCase();

function inOrder<R extends { agent: string }>(
  { elsewhere }: Pick<Fleet, 'elsewhere'>,
  perHost: PerHost<R>,
  failed: (agent: AgentElsewhere, error: TransportError) => R,
): R[] {
  return elsewhere.flatMap((agent) => {
    const told = perHost.get(keyOf(agent));
    if (told instanceof TransportError) return failed(agent, told);
    return told?.find((each) => each.agent === agent.name) ?? [];
  });
}

const fromFile = ({ name, host, runtime, class: kind, state }: AgentElsewhere): AgentListed => ({
  agent: name,
  ...(kind === undefined ? {} : { class: kind }),
  runtime,
  host,
  wanted: state,
});

function listed(agent: AgentElsewhere, told: AgentListed | undefined): AgentListed {
  const presence = told?.presence;
  if (presence !== undefined) return { ...fromFile(agent), presence };
  const trouble = told?.trouble ?? `the fleet file of the host ${agent.host} does not have it as its own`;
  return { ...fromFile(agent), trouble };
}

const seen = (agent: AgentElsewhere, told: AgentStatus | undefined): AgentStatus =>
  told === undefined
    ? unreachable(agent, new TransportError('failed', `the host ${agent.host} told nothing of it`))
    : thereIn(agent.host, told);

const unreachable = (agent: AgentElsewhere, { message, fix }: TransportError): AgentStatus => ({
  agent: agent.name,
  host: agent.host,
  presence: 'unreachable',
  detail: message,
  ...(fix === undefined ? {} : { fix }),
});
