/** `mosaic agent roster`, `status`, `tail` and `attach`: who they are, and what they do. */
import { followed } from '../../message/follow.ts';
import {
  rosterJson,
  rosterText,
  statusesJson,
  statusesText,
  tailJson,
  tailText,
} from '../../report/agent.ts';
import type { Tail, TailOptions } from '../../transport/transport.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext, FleetOptions } from '../context.ts';
import { signalNumber } from '../../base/signals.ts';
import { requireWay } from './way.ts';

export async function agentRosterCommand(context: CommandContext, options: FleetOptions): Promise<number> {
  const { fleet, transport } = await requireWay(context, options);
  const listed = await transport.listAgents();
  const { terminal } = context;
  terminal.out(options.json === true ? rosterJson(fleet.name, listed) : rosterText(listed, terminal));
  return EXIT.ok;
}

export interface AgentStatusOptions extends FleetOptions {
  watch?: boolean;
  intervalMs: number;
}

export async function agentStatusCommand(
  context: CommandContext,
  agent: string | undefined,
  options: AgentStatusOptions,
): Promise<number> {
  const { host, terminal, signal } = context;
  const once = async (): Promise<{ text: string; code: number }> => {
    const { fleet, transport } = await requireWay(context, options);
    const names = agent === undefined ? (await transport.listAgents()).map((one) => one.agent) : [agent];
    const statuses = await transport.status(names);
    const text =
      options.json === true
        ? statusesJson(fleet.name, statuses)
        : statusesText(statuses, terminal, host.clock.now(), agent !== undefined);
    const unreachable = statuses.some(({ presence }) => presence === 'unreachable');
    return { text, code: unreachable ? EXIT.unavailable : EXIT.ok };
  };
  if (options.watch !== true) {
    const { text, code } = await once();
    terminal.out(text);
    return code;
  }
  while (!signal.aborted) {
    const { text } = await once();
    terminal.out(terminal.interactive ? `\u001b[H\u001b[2J${text}` : text);
    await host.clock.sleep(options.intervalMs, signal);
  }
  return EXIT.ok;
}

export interface AgentTailOptions extends FleetOptions {
  lines: number;
  follow?: boolean;
  ansi?: boolean;
}

const FOLLOW_MS = 500;
/** Enough to find where the last look ended, also when much is printed in between. */
const OVERLAP = 500;

export async function agentTailCommand(
  context: CommandContext,
  agent: string,
  options: AgentTailOptions,
): Promise<number> {
  const { host, terminal, signal } = context;
  if (options.json === true && options.follow === true)
    throw new CommandError('--json shows one moment: it does not go with --follow', EXIT.usage);
  const { transport } = await requireWay(context, options);
  const wish: TailOptions = { lines: options.lines, ansi: options.ansi ?? false };
  const first = await transport.tail(agent, wish);
  if (options.json === true) {
    terminal.out(tailJson(first));
    return EXIT.ok;
  }
  terminal.out(tailText(first.lines, wish.ansi));
  if (options.follow !== true) return EXIT.ok;
  let last = options.lines >= OVERLAP ? first : await transport.tail(agent, { ...wish, lines: OVERLAP });
  const note = (text: string): void => terminal.err(`${text}\n`);
  let missing = false;
  while (!signal.aborted) {
    await host.clock.sleep(FOLLOW_MS, signal);
    let now: Tail;
    try {
      now = await transport.tail(agent, { ...wish, lines: OVERLAP });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (!missing) note(`mosaic: ${error.message}; it is shown again when it is back`);
      missing = true;
      continue;
    }
    if (now.run !== last.run || missing) note(`mosaic: ${now.agent} was started again`);
    else if (now.presence === 'dead' && last.presence === 'live')
      note(`mosaic: the program of ${now.agent} has ended`);
    terminal.out(tailText(now.run === last.run ? followed(last.lines, now.lines) : now.lines, wish.ansi));
    missing = false;
    last = now;
  }
  return EXIT.ok;
}

export async function agentAttachCommand(
  context: CommandContext,
  agent: string,
  options: FleetOptions & { readOnly?: boolean },
): Promise<number> {
  const { transport } = await requireWay(context, options);
  const { command, env } = await transport.attachment(agent, { readOnly: options.readOnly ?? false });
  const [file = '', ...args] = command;
  const ended = await context.host.foreground(file, args, { env, onStart: () => {} });
  if ('failure' in ended) throw new CommandError(ended.failure, EXIT.unavailable);
  return 'signal' in ended ? 128 + signalNumber(ended.signal) : ended.code;
}
