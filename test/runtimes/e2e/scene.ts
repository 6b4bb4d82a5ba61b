/** A world in which mosaic keeps one real program, whose model is the stand-in. */
import type { CommandResult } from '../../support/command.ts';
import { openWorld, type OpenWorld, type World } from '../../support/world.ts';
import { makeHome, type RuntimeName } from '../homes.ts';
import { startStandInApi, type StandInApi } from '../stand-in-api.ts';

export const KICKSTART = 'Kickstart 7f3a: say that you are there.';

export interface SceneWish {
  runtime: RuntimeName;
  supervisor: World['supervisor'];
  /** It asks before it runs a command. */
  asks?: boolean;
  kickstart?: string;
}

export interface Told {
  code: number | null;
  result: string;
  detail: string;
}

export interface Seen {
  presence: string;
  activity?: string;
  queued?: boolean;
  draft?: string;
  dialog?: string[];
}

export interface Scene {
  world: World;
  api: StandInApi;
  runtime: RuntimeName;
  apply(): Promise<CommandResult>;
  status(): Promise<Seen>;
  send(text: string, ...options: string[]): Promise<Told>;
  reset(...options: string[]): Promise<Told>;
  /** Waits until it is seen so. */
  until(activity: string, also?: (seen: Seen) => boolean): Promise<Seen>;
  key(...keys: string[]): Promise<void>;
  /** The program's own pid. */
  pid(): Promise<number>;
  screen(): Promise<string>;
  /** How often a text is in what users said in the newest request of the conversation. */
  times(text: string): number;
  /** Pids of processes whose command line has the word in it. */
  running(word: string): Promise<string[]>;
  folder: string;
  home: string;
  opened: OpenWorld;
  close(): Promise<void>;
}

const NAME = 'worker';

export async function openScene(wish: SceneWish): Promise<Scene> {
  const { runtime, supervisor, asks = false, kickstart } = wish;
  const opened = await openWorld({ systemd: supervisor === 'systemd' });
  const { world } = opened;
  const api = await startStandInApi();
  const home = world.path('agent-home');
  const folder = world.path('agent-work');
  const env = makeHome(runtime, { home, folder, url: api.url, asks });
  world.writeFleet({
    agents: [
      {
        name: NAME,
        runtime,
        working_directory: folder,
        env,
        ...(kickstart === undefined ? {} : { kickstart }),
        restart: { backoff: { initial: '0s' } },
      },
    ],
  });
  const told = async (args: string[], input?: string): Promise<Told> => {
    const options = { timeoutMs: 180_000, ...(input === undefined ? {} : { input }) };
    const { code, stdout, stderr } = await world.mosaic(['agent', ...args, '--json'], options);
    const answer = parsed(stdout) as { result?: string; detail?: string } | undefined;
    return { code, result: answer?.result ?? '', detail: answer?.detail ?? stderr.trim() };
  };
  const status = async (): Promise<Seen> => {
    const { stdout, stderr } = await world.mosaic(['agent', 'status', NAME, '--json']);
    const seen = (parsed(stdout) as { agents?: Seen[] } | undefined)?.agents?.[0];
    if (seen === undefined) throw new Error(`no status: ${stderr}`);
    return seen;
  };
  const screen = async (): Promise<string> =>
    (await world.tmux('capture-pane', '-p', '-J', '-t', `=${NAME}:`)).stdout
      .replaceAll(/\s+\n/g, '\n')
      .split('\n')
      .slice(-25)
      .join('\n');
  return {
    world,
    api,
    runtime,
    folder,
    home,
    opened,
    apply: () => world.mosaic(['apply'], { timeoutMs: 180_000 }),
    status,
    send: (text, ...options) => told(['send', NAME, '--from', 'test', ...options], text),
    reset: (...options) => told(['reset', NAME, ...options]),
    async until(activity, also = () => true) {
      let seen: Seen | undefined;
      const isThere = async (): Promise<boolean> => {
        seen = await status();
        return seen.activity === activity && also(seen);
      };
      try {
        await world.until(`it is ${activity}`, isThere, 45_000);
      } catch {
        throw new Error(`it is not ${activity} but ${JSON.stringify(seen)}; its screen:\n${await screen()}`);
      }
      return seen as unknown as Seen;
    },
    key: async (...keys) => void (await world.tmux('send-keys', '-t', `=${NAME}:`, ...keys)),
    pid: async () =>
      Number((await world.tmux('display-message', '-p', '-t', `=${NAME}:`, '#{pane_pid}')).stdout.trim()),
    screen,
    times(text) {
      const newest = api.conversation().at(-1)?.said ?? [];
      return newest
        .filter(({ role }) => role === 'user')
        .reduce((sum, said) => sum + said.text.split(text).length - 1, 0);
    },
    running: async (word) =>
      (await world.run('pgrep', ['-f', '--', word])).stdout.split('\n').filter((pid) => pid !== ''),
    async close() {
      await api.close();
      await opened.close();
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
