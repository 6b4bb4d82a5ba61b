/** A repository with a fleet file, and a host of a world that follows it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import type { CommandResult } from '../support/command.ts';
import type { World } from '../support/world.ts';

export interface Status {
  healthy: boolean;
  remote: string;
  in_force?: string;
  wanted?: { sha: string; subject: string };
  attempted?: { sha: string };
  applied?: { sha: string; subject: string; signer?: string };
  refused?: { sha: string; rule: string; reason: string; fix?: string; since: string };
  fetch_trouble?: { message: string; fix?: string; since: string };
  apply_trouble?: { message: string };
  suspended?: { by: string; reason?: string };
  file?: string;
}

export class Source {
  readonly world: World;
  readonly tree: string;
  /** The bare repository that is pushed to. */
  readonly remote: string;

  private constructor(world: World, tree: string) {
    this.world = world;
    this.tree = tree;
    this.remote = world.path('remotes/fleet.git');
  }

  static async make(world: World): Promise<Source> {
    const source = new Source(world, await world.makeRepository('fleet'));
    await world.git(source.remote, 'config', 'uploadpack.allowFilter', 'true');
    return source;
  }

  write(path: string, text: string | Buffer): void {
    const file = join(this.tree, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** Commits all, and pushes; gives the commit. */
  async push(message: string, ...options: string[]): Promise<string> {
    await this.world.git(this.tree, 'add', '--all');
    await this.world.git(this.tree, ...options, 'commit', '--quiet', '--allow-empty', '--message', message);
    await this.world.git(this.tree, 'push', '--quiet', '--force', 'origin', 'main');
    return this.world.git(this.tree, 'rev-parse', 'HEAD');
  }

  /** A commit with idle agents of these names, and whatever else the file is to say. */
  async agents(
    names: readonly string[],
    more: Record<string, unknown> = {},
    message?: string,
  ): Promise<string> {
    this.write('fleet.yaml', fleetText(this.world, names, more));
    return this.push(message ?? `agents: ${names.join(', ')}`);
  }
}

export const idle = (name: string, more: object = {}) => ({ name, runtime: 'idle', ...more });

export function fleetText(
  world: World,
  names: readonly string[],
  more: Record<string, unknown> = {},
): string {
  return stringify({
    version: 1,
    name: 'test',
    transport: 'tmux',
    supervisor: world.supervisor,
    tmux: { socket_name: world.socket },
    runtimes: { idle: { command: ['sleep', 'infinity'] } },
    defaults: { working_directory: '/' },
    agents: names.map((name) => idle(name)),
    ...more,
  });
}

/** Runs `mosaic gitops …`, which must end with this code. */
export async function gitops(world: World, code: number, ...args: string[]): Promise<CommandResult> {
  const result = await world.mosaic(['gitops', ...args], { timeoutMs: 60_000 });
  assert.equal(result.code, code, `gitops ${args.join(' ')}: ${result.stdout}${result.stderr}`);
  return result;
}

export const bootstrap = (source: Source, ...more: string[]): Promise<CommandResult> =>
  gitops(source.world, 0, 'bootstrap', '--repo', source.remote, ...more);

export async function statusOf(world: World): Promise<Status> {
  const { stdout, stderr } = await world.mosaic(['gitops', 'status', '--json']);
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as Status;
}

/** Agents that have a session. */
export const running = async (world: World): Promise<string[]> =>
  (await world.sessions()).filter((name) => name !== '_holder');

/** The process of each agent. */
export async function pids(world: World): Promise<string> {
  const { stdout } = await world.tmux('list-panes', '-a', '-F', '#{session_name} #{pane_pid}');
  return stdout.split('\n').sort().join('\n');
}

/** Events of following, oldest first. */
export function events(world: World): { result?: string; message: string }[] {
  const log = `${world.env['XDG_STATE_HOME']}/mosaic/test/events.jsonl`;
  return readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; result?: string; message: string })
    .filter(({ event }) => event === 'gitops');
}

/** An agent that was killed runs again after a sync: what is in force is reconciled. */
export async function crashIsMended(world: World, agent: string, code: number): Promise<void> {
  const pane = ['-t', `=${agent}:`, '-p', '#{pane_pid}'];
  const before = (await world.tmux('display-message', ...pane)).stdout.trim();
  await world.run('kill', ['-KILL', before]);
  await world.until('it is dead', async () => {
    const seen = await world.tmux('display-message', '-t', `=${agent}:`, '-p', '#{pane_dead}');
    return seen.stdout.trim() === '1';
  });
  await gitops(world, code, 'sync');
  const after = (await world.tmux('display-message', ...pane)).stdout.trim();
  assert.notEqual(after, before);
  assert.equal(
    (await world.tmux('display-message', '-t', `=${agent}:`, '-p', '#{pane_dead}')).stdout.trim(),
    '0',
  );
}

/** No backoff: a crash is mended by the next apply. */
export const atOnce = {
  defaults: {
    working_directory: '/',
    restart: { max_restarts: 1000, backoff: { initial: '0s', max: '0s' } },
  },
};

/** A listener that takes connections and says nothing; tells when one was given up. */
export async function silence(
  t: TestContext,
): Promise<{ port: number; open: () => number; ever: () => number }> {
  const sockets = new Set<Socket>();
  let ever = 0;
  const server = createServer((socket) => {
    ever++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, open: () => sockets.size, ever: () => ever };
}
