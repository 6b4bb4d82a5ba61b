/** The formula's own commands for phases, which run beside the watching. */
import type { Host } from '../host/host.ts';
import type { FormulaCommands, Phase } from '../model/formula.ts';
import { runCommand, type CommandEnd, type CommandWish } from './commands.ts';

export interface PhaseCommands {
  /** Begins the command that an agent waits for; one of before is ended. False: the formula has none. */
  await(phase: Phase, timeoutMs: number): boolean;
  /** Tells a person of an escalation. False: the formula has no command for it. */
  notify(reason: string): boolean;
  /** One that the agent waits for runs. */
  awaits(): boolean;
  /** Those that have ended since the last call. */
  turn(): { phase: Phase; end: CommandEnd }[];
  /** Ends them all; resolves when they have ended. */
  close(): Promise<void>;
}

const NOTIFY_TIMEOUT_MS = 60_000;

export function createCommands(
  host: Pick<Host, 'exec'>,
  commands: FormulaCommands,
  wish: Pick<CommandWish, 'cwd' | 'environment' | 'mask'>,
  ring: () => void,
): PhaseCommands {
  const running = new Set<Promise<void>>();
  const closing = new AbortController();
  let waiting: AbortController | undefined;
  let ended: { phase: Phase; end: CommandEnd }[] = [];
  let failure: Error | undefined;

  const begin = (
    phase: Phase,
    options: Pick<CommandWish, 'words' | 'timeoutMs' | 'environment' | 'signal'>,
    after: () => void,
  ): void => {
    const run = async (): Promise<void> => {
      try {
        const end = await runCommand(host, { ...wish, ...options });
        if (!options.signal.aborted) ended.push({ phase, end });
      } catch (error) {
        failure = error as Error;
      } finally {
        after();
        running.delete(task);
        ring();
      }
    };
    const task = run();
    running.add(task);
  };
  return {
    await(phase, timeoutMs) {
      const words = phase === 'awaiting_ci' ? commands.awaitingCi : commands.awaitingReview;
      waiting?.abort();
      waiting = undefined;
      if (words === undefined) return false;
      const own = new AbortController();
      waiting = own;
      const environment = { ...wish.environment, MOSAIC_PHASE: phase };
      const signal = AbortSignal.any([own.signal, closing.signal]);
      begin(phase, { words, timeoutMs, environment, signal }, () => {
        if (waiting === own) waiting = undefined;
      });
      return true;
    },
    notify(reason) {
      if (commands.notify === undefined) return false;
      const environment = { ...wish.environment, MOSAIC_PHASE: 'escalate', MOSAIC_REASON: wish.mask(reason) };
      const { notify: words } = commands;
      begin(
        'escalate',
        { words, timeoutMs: NOTIFY_TIMEOUT_MS, environment, signal: closing.signal },
        () => {},
      );
      return true;
    },
    awaits: () => waiting !== undefined,
    turn() {
      if (failure !== undefined) throw failure;
      const results = ended;
      ended = [];
      return results;
    },
    async close() {
      closing.abort();
      await Promise.all(running);
    },
  };
}
