/** The way to agents, whatever carries it. What stands on top of this knows neither tmux nor ssh. */
import type {
  AgentListed,
  AgentStatus,
  Delivery,
  Message,
  Reset,
  ResetOptions,
  SendOptions,
} from '../model/messaging.ts';

/** Every call throws TransportError where the way itself is closed, or there is no such agent in the fleet. */
export interface Transport {
  /** The agents of the fleet file, in its order. */
  listAgents(): Promise<AgentListed[]>;
  /** What each of these agents does now. */
  status(agents: readonly string[]): Promise<AgentStatus[]>;
  /** Says something to exactly that agent, once. Whatever becomes of it is told, never thrown. */
  send(agent: string, message: Message, options: SendOptions): Promise<Delivery>;
  /** Has it forget its conversation. */
  reset(agent: string, options: ResetOptions): Promise<Reset>;
  /** The last lines of its screen and what scrolled off it, blank ones at the end removed. */
  tail(agent: string, options: TailOptions): Promise<Tail>;
  /** The program, with its arguments and environment, that shows its session in this terminal. */
  attachment(agent: string, options: { readOnly: boolean }): Promise<Attachment>;
  /** Who speaks, when this command runs in a session that the transport carries: `HOST:SESSION`. */
  ownLabel(): Promise<string | undefined>;
}

export interface TailOptions {
  lines: number;
  /** With colours, as escape sequences of SGR alone. */
  ansi: boolean;
}

export interface Tail {
  agent: string;
  host: string;
  presence: 'live' | 'dead';
  lines: string[];
  /** One life of its program: lines of another do not follow these. */
  run: string;
}

export interface Attachment {
  command: string[];
  /** Added to our environment; undefined removes a variable. */
  env: Record<string, string | undefined>;
}

/**
 * - absent: there is no such agent, or it has no live session of ours
 * - unavailable: what carries messages is not there or did not answer: tmux, ssh, mosaic on the other host
 * - failed: it answered, and could not
 */
export type TransportTrouble = 'absent' | 'unavailable' | 'failed';

export class TransportError extends Error {
  override name = 'TransportError';
  readonly kind: TransportTrouble;
  readonly fix: string | undefined;
  constructor(kind: TransportTrouble, message: string, options: { fix?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.fix = options.fix;
  }
}
