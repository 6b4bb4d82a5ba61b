/**
 * Stands in for the APIs of the models: Anthropic's messages, OpenAI's responses and chat completions, streamed, on loopback. It
 * keeps every request, and answers as the test says.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dialects, type Dialect, type Said } from './dialects.ts';

export interface ModelRequest {
  api: Dialect['name'];
  /** The path that was asked for. */
  path: string;
  /** What the conversation held, in its order; instructions of the program are left out where they are told apart. */
  said: Said[];
  /** Names of the tools that the model may call. Programs ask for titles and summaries without any. */
  tools: string[];
  /** For a title, a summary, a check: not the conversation itself. */
  isAside: boolean;
  body: unknown;
  at: number;
}

/** What the model says. */
export type Reply = (
  | { text: string }
  /** A call of the program's own tool for commands; with `asks` one that needs permission. */
  | { command: string; asks?: boolean }
  /** A call of its tool that writes a file. */
  | { write: { path: string; content: string } }
  | { status: number; message: string; type?: string }
) & {
  /** Says nothing, or only the first half, until `release`. */
  hold?: 'start' | 'middle';
};

export interface StandInApi {
  readonly url: string;
  readonly requests: readonly ModelRequest[];
  /** Those of the conversation, in the order in which they came. */
  conversation(): ModelRequest[];
  /** What it says next; one for each request of the conversation, then `OK n` again. */
  next(...replies: Reply[]): void;
  /** Lets every held answer go on, also those still to come from `next`. Resolves when all have been said. */
  release(): Promise<void>;
  /** Answers that are held now. */
  held(): number;
  /** Paths that nothing was known for. */
  readonly strange: readonly string[];
  close(): Promise<void>;
}

export async function startStandInApi(port = 0): Promise<StandInApi> {
  const requests: ModelRequest[] = [];
  const strange: string[] = [];
  const replies: Reply[] = [];
  const gates = new Set<() => void>();
  const speaking = new Set<Promise<void>>();
  let answered = 0;

  const waitAt = (response: ServerResponse): Promise<void> =>
    new Promise((resolve) => {
      const open = (): void => {
        gates.delete(open);
        resolve();
      };
      gates.add(open);
      response.once('close', open);
    });

  async function speak(dialect: Dialect, request: ModelRequest, response: ServerResponse): Promise<void> {
    const reply = request.isAside ? { text: 'Title' } : (replies.shift() ?? { text: `OK ${++answered}` });
    if ('status' in reply) {
      response.writeHead(reply.status, { 'content-type': 'application/json' });
      const type = reply.type ?? 'invalid_request_error';
      response.end(JSON.stringify({ type: 'error', error: { type, code: type, message: reply.message } }));
      return;
    }
    const { hold } = reply as Reply;
    const isStreamed = (request.body as { stream?: unknown }).stream === true;
    if (!isStreamed) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(dialect.whole('text' in reply ? reply.text : '')));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.flushHeaders();
    const parts = dialect.stream(reply, request.tools);
    if (hold === 'start') await waitAt(response);
    for (const [index, part] of parts.entries()) {
      if (hold === 'middle' && index === Math.floor(parts.length / 2)) await waitAt(response);
      if (response.destroyed) return;
      response.write(part);
    }
    response.end();
  }

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(incoming.url ?? '/', 'http://localhost').pathname;
    const body = await bodyOf(incoming);
    const dialect = incoming.method === 'POST' ? dialects.find(({ paths }) => paths.test(path)) : undefined;
    if (dialect === undefined) {
      if (!/\/count_tokens$|\/models$|\/api\/hello$/.test(path)) strange.push(`${incoming.method} ${path}`);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ input_tokens: 1, data: [], models: [], object: 'list' }));
      return;
    }
    const tools = dialect.tools(body);
    const said = dialect.said(body);
    const request = {
      api: dialect.name,
      path,
      said,
      tools,
      isAside: tools.length === 0,
      body,
      at: Date.now(),
    };
    requests.push(request);
    const spoken = speak(dialect, request, response).finally(() => speaking.delete(spoken));
    speaking.add(spoken);
    await spoken;
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: unknown) => {
      strange.push(String(error));
      response.destroy();
    });
  });
  const url = await listen(server, port);
  const release = async (): Promise<void> => {
    for (const reply of replies) delete reply.hold;
    for (const open of gates) open();
    await Promise.all(speaking);
  };
  return {
    url,
    requests,
    strange,
    conversation: () => requests.filter(({ isAside }) => !isAside),
    next: (...more) => void replies.push(...structuredClone(more)),
    release,
    held: () => gates.size,
    async close() {
      for (const open of gates) open();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return {};
  }
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
