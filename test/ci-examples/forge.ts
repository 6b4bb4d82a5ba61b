/** As much of a forge's API as comments on a pull request take, on loopback. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface Comment {
  id: number;
  body: string;
  user: { login: string };
  html_url: string;
}

export interface Forge {
  /** Without a path. */
  origin: string;
  api: string;
  token: string;
  comments: Comment[];
  /** Method and path of each request. */
  requests: string[];
  /** The token may read and no more, as that of a pull request from a fork. */
  readOnly: boolean;
  /** So many of the next requests are answered with this status. */
  failing: { times: number; status: number };
  add(login: string, body: string): Comment;
}

/** Where each has its API, who its runner's token is, and whether it parts comments into pages. */
const kinds = {
  github: { path: '', login: 'github-actions[bot]', tellsUser: false, pages: true },
  enterprise: { path: '/api/v3', login: 'fleet-bot', tellsUser: true, pages: true },
  forgejo: { path: '/api/v1', login: 'forgejo-actions', tellsUser: false, pages: false },
  gitea: { path: '/api/v1', login: 'fleet-bot', tellsUser: true, pages: false },
} as const;

export type ForgeKind = keyof typeof kinds;

export async function startForge(t: Pick<TestContext, 'after'>, kind: ForgeKind): Promise<Forge> {
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { path, login, tellsUser, pages } = kinds[kind];
  const forge: Forge = {
    origin,
    api: `${origin}${path}`,
    token: 'token-of-a-test',
    comments: [],
    requests: [],
    readOnly: false,
    failing: { times: 0, status: 502 },
    add(author, body) {
      const id = 100 + forge.comments.length;
      const comment = { id, body, user: { login: author }, html_url: `${origin}/owner/shop/pulls/7#${id}` };
      forge.comments.push(comment);
      return comment;
    },
  };
  return forge;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    forge.requests.push(`${method} ${url}`);
    const reply = (status: number, data: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(data));
    };
    const { pathname, searchParams } = new URL(url, origin);
    const body = await textOf(request);
    if (forge.failing.times > 0) {
      forge.failing.times--;
      return reply(forge.failing.status, { message: 'try\nlater' });
    }
    if (headers.authorization !== `Bearer ${forge.token}`) return reply(401, { message: 'Bad credentials' });
    if (method === 'GET' && pathname === `${path}/user`)
      return tellsUser ? reply(200, { login }) : reply(403, { message: 'Resource not accessible' });
    const list = `${path}/repos/owner/shop/issues/7/comments`;
    if (method === 'GET' && pathname === list) {
      const size = Math.min(100, Number(searchParams.get('per_page') ?? 30));
      const page = Number(searchParams.get('page') ?? 1);
      return reply(200, pages ? forge.comments.slice((page - 1) * size, page * size) : forge.comments);
    }
    if (forge.readOnly && method !== 'GET') return reply(403, { message: 'Resource not accessible' });
    if (method === 'POST' && pathname === list) return reply(201, forge.add(login, textIn(body)));
    const id = new RegExp(`^${path}/repos/owner/shop/issues/comments/(\\d+)$`).exec(pathname)?.[1];
    const comment = forge.comments.find((one) => String(one.id) === id);
    if (method !== 'PATCH' || comment === undefined) return reply(404, { message: 'Not Found' });
    comment.body = textIn(body);
    return reply(200, comment);
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const textIn = (json: string): string => (JSON.parse(json) as { body: string }).body;
