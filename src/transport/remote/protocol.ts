/**
 * What two mosaics say to each other, whatever carries it: one JSON document each way (schemas/remote-request.schema.json,
 * remote-answer.schema.json). Shells print greetings where answers are expected, so that each line of ours bears a mark.
 */
import { jsonText } from '../../base/visible.ts';
import { remoteAnswer as validAnswer } from '../../generated/remoteAnswer.js';
import { remoteRequest as validRequest } from '../../generated/remoteRequest.js';
import type {
  AgentListed,
  AgentStatus,
  Delivery,
  Message,
  Reset,
  ResetOptions,
  SendOptions,
} from '../../model/messaging.ts';
import { parseChecked } from '../../record/json.ts';
import type { Tail, TailOptions, TransportTrouble } from '../transport.ts';

export const FORMAT_VERSION = 1;

export type Operation =
  | { op: 'list' }
  | { op: 'status'; agents: string[] }
  | { op: 'send'; agent: string; message: Message; options: SendOptions }
  | { op: 'reset'; agent: string; options: ResetOptions }
  | { op: 'tail'; agent: string; options: TailOptions };

export type RemoteRequest = Operation & {
  id: string;
  /** The fleet file there; absent: where mosaic finds it by itself. */
  fleet?: string;
};

/** One result of each operation. */
export interface Results {
  list: AgentListed[];
  status: AgentStatus[];
  send: Delivery;
  reset: Reset;
  tail: Tail;
}

export interface RemoteError {
  kind: TransportTrouble;
  message: string;
  fix?: string;
}

export interface RemoteAnswer extends Partial<Results> {
  /** That of the request; '' when it could not be read. */
  id: string;
  error?: RemoteError;
}

export const formatRequest = (request: RemoteRequest): string =>
  `${JSON.stringify({ format_version: FORMAT_VERSION, ...request })}\n`;

/** The request, or why it is none and its id as far as that can be read. */
export function parseRequest(text: string): { request: RemoteRequest } | { id: string; wrong: string } {
  try {
    const { format_version: _, ...request } = parseChecked(text, validRequest) as {
      format_version: number;
    } & RemoteRequest;
    return { request };
  } catch (error) {
    return { id: idOf(text), wrong: wrongWith(text, error) };
  }
}

function wrongWith(text: string, error: unknown): string {
  const version = looselyRead(text)['format_version'];
  return version === undefined || version === FORMAT_VERSION
    ? `the request cannot be read: ${(error as Error).message}`
    : `the request is of format ${JSON.stringify(version)}, and this mosaic knows ${FORMAT_VERSION}`;
}

function idOf(text: string): string {
  const { id } = looselyRead(text);
  return typeof id === 'string' ? id : '';
}

function looselyRead(text: string): Record<string, unknown> {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const HELLO = 'mosaic-serve hello';
const ANSWER = 'mosaic-serve answer ';

/** Said before anything is read or done: without it, nothing was. A greeting before it may have no newline at its end. */
export const helloLine = `\n${HELLO}\n`;

export const answerLine = (answer: RemoteAnswer): string =>
  `\n${ANSWER}${jsonText({ format_version: FORMAT_VERSION, ...answer })}\n`;

/** What a mosaic has said among all that came over the line. */
export interface Heard {
  /** It began to serve. */
  hello: boolean;
  answer?: RemoteAnswer;
  /** An answer came that cannot be taken for one, and why. */
  wrong?: string;
}

/** @param id the request's: an answer to another is none */
export function hear(output: string, id: string): Heard {
  const lines = output.split('\n');
  // What follows the last newline was cut off.
  lines.pop();
  const heard: Heard = { hello: lines.includes(HELLO) };
  for (const line of lines) {
    if (!line.startsWith(ANSWER)) continue;
    const text = line.slice(ANSWER.length);
    try {
      const { format_version: _, ...answer } = parseChecked(text, validAnswer) as {
        format_version: number;
      } & RemoteAnswer;
      const isOurs = answer.id === id || (answer.id === '' && answer.error !== undefined);
      if (isOurs) return { ...heard, answer };
    } catch (error) {
      heard.wrong = (error as Error).message;
    }
  }
  return heard;
}
