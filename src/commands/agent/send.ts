/** `mosaic agent send` and `broadcast`: says something to agents. */
import { cleanLabel } from '../../message/clean.ts';
import { isShell } from '../../message/shell.ts';
import type { Fleet } from '../../model/fleet.ts';
import type { Delivery, DeliveryResult, Message, SendOptions } from '../../model/messaging.ts';
import { deliveriesJson, deliveryJson, deliveryTable, deliveryText } from '../../report/agent.ts';
import type { Transport } from '../../transport/transport.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { requireText, type TextOptions } from './text.ts';
import { requireWay } from './way.ts';

export interface SayOptions extends TextOptions {
  from?: string;
  wait?: 'idle';
  waitMs?: number;
  retries: number;
  force?: boolean;
  /** `--no-verify` */
  verify?: boolean;
  json?: boolean;
  /** The fleet file. */
  fleet?: string;
}

/** Of `send` alone; the others are the ones of every command. */
const SEND_EXIT: Record<DeliveryResult, number> = {
  sent: EXIT.ok,
  queued: EXIT.ok,
  absent: EXIT.failed,
  failed: EXIT.failed,
  unverified: 2,
  dialog: 3,
  draft: 3,
};

export async function agentSendCommand(
  context: CommandContext,
  agent: string,
  options: SayOptions,
): Promise<number> {
  const { terminal, signal } = context;
  const text = await requireText(context, options);
  const { transport } = await requireWay(context, fleetOf(options));
  const message = await messageOf(context, transport, text, options);
  const delivery = await transport.send(agent, message, sendOptions(options));
  if (options.json === true) terminal.out(deliveryJson(delivery));
  else {
    const { out, err } = deliveryText(delivery);
    terminal.err(err);
    terminal.out(out);
  }
  return exitOf(delivery, options, signal);
}

export async function agentBroadcastCommand(
  context: CommandContext,
  options: SayOptions & { class?: string[] },
): Promise<number> {
  const { terminal, signal } = context;
  const text = await requireText(context, options);
  const { fleet, transport } = await requireWay(context, fleetOf(options));
  const message = await messageOf(context, transport, text, options);
  const agents = await recipients(fleet, transport, message.from, options.class);
  const deliveries = await Promise.all(
    agents.map((agent) => tellTrouble(agent, () => transport.send(agent, message, sendOptions(options)))),
  );
  if (options.json === true) terminal.out(deliveriesJson(fleet.name, deliveries));
  else terminal.out(deliveryTable(deliveries, terminal));
  const codes = new Set(deliveries.map((delivery) => exitOf(delivery, options, signal)));
  // What is surely not there goes before what nobody knows.
  return [EXIT.interrupted, EXIT.failed, 3, 2].find((code) => codes.has(code)) ?? EXIT.ok;
}

/** One host that is down keeps nobody else from hearing it. */
async function tellTrouble(agent: string, task: () => Promise<Delivery>): Promise<Delivery> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { message: detail, fix } = error;
    return { agent, host: '', result: 'failed', detail, ...(fix === undefined ? {} : { fix }), changes: [] };
  }
}

/** All that are to run, but for the one who speaks, and for shells. Throws CommandError where there is none. */
async function recipients(
  fleet: Fleet,
  transport: Transport,
  from: string | undefined,
  classes: readonly string[] | undefined,
): Promise<string[]> {
  const listed = await transport.listAgents();
  const ofClass = listed.filter((one) => classes === undefined || classes.includes(one.class ?? ''));
  const shells = new Set(fleet.agents.filter(isShell).map(({ name }) => name));
  const wanted = ofClass.filter(
    ({ agent, wanted: state }) =>
      state === 'running' && !shells.has(agent) && from?.endsWith(`:${agent}`) !== true,
  );
  if (wanted.length > 0) return wanted.map(({ agent }) => agent);
  const known = [...new Set(listed.flatMap((one) => one.class ?? []))].sort();
  const which = classes === undefined ? '' : ` of the class ${classes.join(' or ')}`;
  throw new CommandError(`the fleet ${fleet.name} has no agent${which} to tell`, EXIT.failed, {
    fix: known.length === 0 ? 'No agent of it has a class.' : `Its classes: ${known.join(', ')}.`,
  });
}

const fleetOf = ({ fleet }: SayOptions): { file?: string } => (fleet === undefined ? {} : { file: fleet });

/** Who speaks: as told, else the session that this command runs in, else the person. */
async function messageOf(
  { host }: CommandContext,
  transport: Transport,
  text: string,
  { from, preamble }: SayOptions,
): Promise<Message> {
  if (preamble === false) return { text };
  const told = cleanLabel(from ?? '');
  return { text, from: told === '' ? ((await transport.ownLabel()) ?? host.facts.user) : told };
}

const sendOptions = ({ wait, waitMs, retries, force }: SayOptions): SendOptions => ({
  ...(wait === undefined ? {} : { wait }),
  ...(waitMs === undefined ? {} : { waitMs }),
  retries,
  force: force ?? false,
});

function exitOf({ result }: Delivery, { verify }: SayOptions, signal: AbortSignal): number {
  if (signal.aborted && result === 'failed') return EXIT.interrupted;
  if (result === 'unverified' && verify === false) return EXIT.ok;
  return SEND_EXIT[result];
}
