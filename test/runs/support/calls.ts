/** Has the parts of a run work in a world: `driver.ts` calls them there. */
import { fileURLToPath } from 'node:url';
import type { FoundSession, RunSession, RunWish } from '../../../src/runs/session.ts';
import type { RunEnded } from '../../../src/runs/end-session.ts';
import type { Sight } from '../../../src/runs/sight.ts';
import type { RunWorktree } from '../../../src/model/formula.ts';
import type { Delivered } from '../../../src/transport/tmux/deliver.ts';
import type { World } from '../../support/world.ts';

export interface Call {
  call: 'server' | 'start' | 'look' | 'find' | 'end' | 'tell' | 'make' | 'retire';
  with: Record<string, unknown>;
}

/** What a call threw. */
export class Refused extends Error {
  readonly kind: string;
  readonly fix: string | undefined;
  readonly output: string | undefined;
  constructor(error: { name: string; message: string; fix?: string; output?: string }) {
    super(error.message);
    this.kind = error.name;
    this.fix = error.fix;
    this.output = error.output;
  }
}

export type StartWish = Pick<RunWish, 'command' | 'workplace'> & Partial<Omit<RunWish, 'mask'>>;

export interface Runs {
  server(): Promise<'none' | 'systemd'>;
  /** Of the formula `gardener` and its run `r1`, unless told. */
  start(wish: StartWish): Promise<RunSession>;
  look(formula?: string): Promise<Sight>;
  find(formula?: string): Promise<FoundSession | null>;
  end(formula?: string): Promise<RunEnded>;
  tell(text: string, options?: { formula?: string; first?: boolean }): Promise<Delivered>;
  make(
    formula: { name: string; file: string; repository: string; base?: string },
    run: string,
  ): Promise<RunWorktree>;
  retire(worktree: RunWorktree, keep: 'always' | 'work' | 'never', formula?: string): Promise<RunWorktree>;
  pid: number;
  /** Ends it as a power cut does. */
  kill(): Promise<void>;
}

const driver = fileURLToPath(new URL('driver.ts', import.meta.url));

export async function runsIn(world: World): Promise<Runs> {
  const tsx = import.meta.resolve('tsx');
  const running = await world.spawn(process.execPath, ['--import', tsx, driver, world.fleetFile]);
  let answers = 0;
  const next = async (): Promise<Record<string, unknown>> => {
    const at = answers++;
    const lines = (): string[] => running.output().stdout.split('\n').slice(0, -1);
    let ended = false;
    void running.ended.then(() => (ended = true));
    await world.until('the driver has answered', () => lines().length > at || ended, 90_000);
    const line = lines()[at];
    if (line === undefined) throw new Error(`the driver has ended: ${running.output().stderr}`);
    return JSON.parse(line) as Record<string, unknown>;
  };
  await next();
  const call = async <T>(name: Call['call'], given: Record<string, unknown> = {}): Promise<T> => {
    running.write(`${JSON.stringify({ call: name, with: given })}\n`);
    const { done, error } = await next();
    if (error !== undefined) throw new Refused(error as ConstructorParameters<typeof Refused>[0]);
    return done as T;
  };
  return {
    server: () => call('server'),
    start: (wish) => call('start', { formula: { name: 'gardener', runtime: 'shell' }, run: 'r1', ...wish }),
    look: (formula = 'gardener') => call('look', { formula }),
    find: (formula = 'gardener') => call('find', { formula }),
    end: (formula = 'gardener') => call('end', { formula }),
    tell: (text, { formula = 'gardener', first = false } = {}) => call('tell', { formula, text, first }),
    make: (formula, run) => call('make', { formula, run }),
    retire: ({ repository, path }, keep, formula = 'gardener') =>
      call('retire', { repository, path, keep, formula }),
    pid: running.pid,
    async kill() {
      running.signal('SIGKILL');
      await running.ended;
    },
  };
}
