/**
 * What the agent of a run is told at its beginning: the formula's own words first, then what it is to know, then how a run works.
 * Names of variables stand in it, never a value of one.
 */
import { cutBytes } from '../base/cut.ts';
import { byteLength, listed } from '../base/text.ts';
import type { Formula, RunRecord } from '../model/formula.ts';
import { protocol } from './prompt-protocol.ts';
import { clean, FENCE_BYTES, fenced, line } from './prompt-text.ts';

export interface PromptParts {
  formula: Formula;
  run: Pick<RunRecord, 'id' | 'folder' | 'worktree'>;
  /** Else nothing reaches its program after this. */
  takesInput: boolean;
  phaseFile: string;
  /** Where the notes for the next run belong. */
  scratchFile: string;
  /** Files of the repository that are there, in the formula's order. `cut`: there is more of it. */
  context: readonly { path: string; text: string; cut: boolean }[];
  /** The notes that the run before has left. */
  scratch?: { text: string; cut: boolean };
  /** What an operator has answered, oldest first. */
  replies: readonly string[];
  /** Absent: the formula has no command for it. */
  report?: { text: string } | { trouble: string };
}

/** Of the notes of the run before. */
export const SCRATCH_BYTES = 8 * 1024;

/** It may have to go into one argument of a program, which has 128 KiB at most (execve(2)). */
export const PROMPT_BYTES = 120_000;

/** Of all of them together. */
const REPLY_BYTES = 16 * 1024;
const MOST_REPLIES = 20;

const REPORT_BYTES = 17 * 1024;

/** For what is said of files that are left out. */
const LEFT_OUT_BYTES = 2500;

/** A formula's own words are shorter, unless what has to be made visible in them makes them longer. */
const OWN_BYTES = 40 * 1024;

/** The prompt of a run; at most PROMPT_BYTES long, whatever its parts are. */
export function promptOf(parts: PromptParts): string {
  return assembled(parts, []);
}

/**
 * The prompt of a run that goes on after its program ended without a final phase.
 * @param parts.crash how it ended, in words, to follow "it"
 */
export function recoveryPrompt(parts: PromptParts & { crash: string }): string {
  const began = [
    `You take up a run that was broken off: the program that worked on it ended before it had said that it is done (it ${line(parts.crash)}). You are in the same worktree, and its work is still there.`,
    'Begin with `git status` and `git log --oneline -10`, and look at what is there before you change anything: keep what is good, finish what was begun, and do nothing a second time that is done already, above all outside of the worktree (pushes, issues, comments). What was asked for is this:',
  ];
  return assembled(parts, began);
}

function assembled(parts: PromptParts, before: string[]): string {
  const { formula, scratch, replies, report } = parts;
  const begin = [...before, cutBytes(clean(formula.prompt).trim(), OWN_BYTES).text];
  const end = [
    ...answers(replies, parts.run.folder),
    ...notes(scratch, parts.scratchFile),
    ...(report === undefined ? [] : reported(report)),
    ...protocol(parts),
  ];
  // Files of the repository get what is left: an agent can read them itself.
  const room = PROMPT_BYTES - byteLength([...begin, ...end].join('\n\n'));
  return `${[...begin, ...files(parts.context, room), ...end].join('\n\n')}\n`;
}

function files(context: PromptParts['context'], room: number): string[] {
  if (context.length === 0) return [];
  const blocks = ['# Files of the repository', 'As they stand where this run begins.'];
  let left = room - byteLength(blocks.join('\n\n')) - LEFT_OUT_BYTES;
  const skipped: string[] = [];
  for (const { path, text, cut } of context) {
    const heading = `## ${line(path)}`;
    const more = 'There is more of it: read the rest in the file itself.';
    const fits = cutBytes(clean(text), Math.max(0, left - byteLength(heading + more) - FENCE_BYTES - 10));
    if (fits.cut && fits.text.length < 200) {
      skipped.push(line(path));
      continue;
    }
    const isCut = cut || fits.cut;
    const block = [heading, ...(isCut ? [more] : []), fenced(fits.text)];
    blocks.push(...block);
    left -= byteLength(block.join('\n\n')) + 2;
  }
  return skipped.length === 0 ? blocks : [...blocks, leftOut(skipped)];
}

function leftOut(paths: readonly string[]): string {
  const named = cutBytes(listed(paths), 2000);
  return `Left out, since the prompt would be too long: ${named.text}${named.cut ? '…' : ''}. Read them yourself.`;
}

function answers(replies: readonly string[], folder: string): string[] {
  if (replies.length === 0) return [];
  const last = replies.slice(-MOST_REPLIES);
  const parts = last.map((reply) => cutBytes(clean(reply).trim(), Math.floor(REPLY_BYTES / last.length)));
  const isCut = last.length < replies.length || parts.some(({ cut }) => cut);
  return [
    "# The operator's answer",
    'An operator left this for you, in answer to what a run before this one asked or said. Act on it:',
    ...parts.map(({ text, cut }) => fenced(cut ? `${text}…` : text)),
    ...(isCut ? [`Not all of it is shown. The whole is in ${line(folder)}/replies, the oldest first.`] : []),
  ];
}

function notes(scratch: PromptParts['scratch'], file: string): string[] {
  const keep = `Keep notes for the run after this one in ${line(file)} ($MOSAIC_SCRATCH_FILE): what you found out, what you tried, what is left. Nothing else of what you know outlives this run. Bring them up to date before you write a final phase: put what matters first, remove what no longer holds, and stay below ${SCRATCH_BYTES / 1024} KiB, since no more of it is shown. No secret belongs there.`;
  if (scratch === undefined) return ['# Notes', 'The run before this one, if any, has left none.', keep];
  const { text, cut } = cutBytes(clean(scratch.text), SCRATCH_BYTES);
  const long =
    cut || scratch.cut
      ? [
          `Only the first ${SCRATCH_BYTES / 1024} KiB of them are shown. Shorten them, after you have read the rest there.`,
        ]
      : [];
  return ['# Notes', 'The run before this one has left these:', fenced(text), ...long, keep];
}

function reported(report: NonNullable<PromptParts['report']>): string[] {
  const heading = '# Report on the repository';
  if ('trouble' in report)
    return [heading, `There should be one here, and there is none: ${line(report.trouble)}. Do without it.`];
  const text = clean(report.text).trimEnd();
  if (text === '') return [heading, 'The command for it printed nothing.'];
  const shown = cutBytes(text, REPORT_BYTES);
  return [heading, 'Made just now, by a program:', fenced(shown.cut ? `${shown.text}…` : shown.text)];
}
