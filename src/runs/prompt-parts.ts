/** What of the machine goes into a run's prompt: files of its worktree, notes of the run before, a report. */
import { join } from 'node:path';
import { cutBytes } from '../base/cut.ts';
import { HostError, type Files, type Host } from '../host/host.ts';
import type { PromptParts } from '../formula/prompt.ts';
import type { Formula, FormulaPlaces, RunPlaces } from '../model/formula.ts';
import { runCommand } from './commands.ts';
import type { Mask } from './secrets.ts';

export interface ContextPart {
  path: string;
  text: string;
  /** There is more of it. */
  cut: boolean;
}

export interface PartsWish {
  formula: Formula;
  run: PromptParts['run'];
  places: { own: FormulaPlaces; run: RunPlaces };
  /** Where the context is read: the run's worktree. */
  folder: string;
  replies: string[];
  /** For texts before they are cut: of a part of a secret nobody knows that it is one. */
  mask: Mask;
  /** As `PromptParts`. */
  takesInput: boolean;
  /** How the command for the report is run; absent: it is not. */
  command?: { cwd: string; environment: Readonly<Record<string, string>>; signal: AbortSignal };
}

/** All that a run's prompt is made of. */
export async function partsOf(host: Pick<Host, 'exec' | 'files'>, wish: PartsWish): Promise<PromptParts> {
  const { formula, run, places, folder, replies, mask, takesInput, command } = wish;
  const scratch = scratchPart(host.files, places.own, mask);
  const report = command === undefined ? undefined : await reportPart(host, formula, { ...command, mask });
  return {
    formula: { ...formula, prompt: mask(formula.prompt) },
    run,
    takesInput,
    phaseFile: places.run.phase,
    scratchFile: places.own.scratch,
    context: contextParts(host.files, folder, formula.context, mask),
    ...(scratch === undefined ? {} : { scratch }),
    replies: replies.map(mask),
    ...(report === undefined ? {} : { report }),
  };
}

export const MAX_CONTEXT_BYTES = 64 * 1024;
export const MAX_SCRATCH_BYTES = 8 * 1024;
const MAX_REPORT_BYTES = 16 * 1024;
const REPORT_TIMEOUT_MS = 60_000;

/**
 * The files that the formula names, of those that are there. What leads out of the folder is not read: whoever may change the
 * repository could show its agent any file of ours by a link.
 */
export function contextParts(
  files: Files,
  folder: string,
  paths: readonly string[],
  mask: Mask,
): ContextPart[] {
  return paths.flatMap((path) => {
    const part = contextPart(files, folder, path, mask);
    return part === undefined ? [] : [{ path, ...part }];
  });
}

function contextPart(
  files: Files,
  folder: string,
  path: string,
  mask: Mask,
): Omit<ContextPart, 'path'> | undefined {
  const note = (why: string) => ({ text: `(It is not shown: ${why}.)`, cut: false });
  try {
    const root = files.realpath(folder);
    const whole = files.realpath(join(folder, path));
    if (root === undefined || whole === undefined) {
      return files.stat(join(folder, path)) === undefined ? undefined : note('it is a link to nowhere');
    }
    if (!whole.startsWith(`${root}/`)) return note('it leads out of the repository');
    if (isGits(whole.slice(root.length + 1))) return note("it is one of git's own files");
    if (files.stat(whole)?.kind !== 'file') return note('it is no file');
    const text = files.readExact(whole);
    if (text === undefined) return undefined;
    return text.includes('\0') ? note('it is no text') : cutBytes(mask(text), MAX_CONTEXT_BYTES);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return note(error.code === 'EILSEQ' ? 'it is no text' : error.message);
  }
}

/** A link of the repository may lead there: addresses with tokens stand in git's configuration. */
const isGits = (path: string): boolean => path.split('/').some((part) => part.toLowerCase() === '.git');

/** The notes that the run before has left; undefined where there are none, or nobody can read them. */
export function scratchPart(
  files: Files,
  { scratch }: Pick<FormulaPlaces, 'scratch'>,
  mask: Mask,
): { text: string; cut: boolean } | undefined {
  try {
    if (files.stat(scratch)?.kind !== 'file') return undefined;
    const text = files.read(scratch);
    return text === undefined || text.trim() === '' ? undefined : cutBytes(mask(text), MAX_SCRATCH_BYTES);
  } catch (error) {
    if (error instanceof HostError) return undefined;
    throw error;
  }
}

/** What the formula's own command tells of the repository, or why it does not. Undefined where the formula has none. */
export async function reportPart(
  host: Pick<Host, 'exec'>,
  { commands }: Pick<Formula, 'commands'>,
  wish: { cwd: string; environment: Readonly<Record<string, string>>; signal: AbortSignal; mask: Mask },
): Promise<{ text: string } | { trouble: string } | undefined> {
  if (commands.report === undefined) return undefined;
  const { ok, how, stdout } = await runCommand(host, {
    ...wish,
    words: commands.report,
    timeoutMs: REPORT_TIMEOUT_MS,
  });
  if (!ok) return { trouble: `the command for it ${how}` };
  const { text, cut } = cutBytes(stdout, MAX_REPORT_BYTES);
  return {
    text: cut ? `${text}\n(There is more of it: the first ${MAX_REPORT_BYTES / 1024} KiB are shown.)` : text,
  };
}
