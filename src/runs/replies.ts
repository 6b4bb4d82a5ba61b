/**
 * Answers of an operator, a file each. One is taken by moving its file into the run's own folder, so that no two runs get it; until it has
 * reached a program its name there says so, and who comes after a mosaic that died puts it back.
 */
import { join } from 'node:path';
import type { Files, Host } from '../host/host.ts';
import { HostError } from '../host/host.ts';
import { runPlaces, type FormulaPlaces, type RunPlaces } from '../model/formula.ts';

/** At most so much of one reaches a program. */
export const MAX_REPLY_BYTES = 64 * 1024;

const UNTOLD = '.untold';

export interface Reply {
  /** Its file's name. */
  name: string;
  text: string;
}

/** Keeps an answer until a run takes it. Throws HostError. */
export function putReply(
  { files, clock, facts }: Host,
  { replies }: Pick<FormulaPlaces, 'replies'>,
  text: string,
): void {
  files.mkdir(replies);
  const base = `${String(clock.now()).padStart(15, '0')}-${facts.pid}`;
  for (let count = 0; ; count++) {
    const path = join(replies, `${base}-${String(count).padStart(3, '0')}.md`);
    if (files.stat(path) !== undefined) continue;
    files.write(path, text, { durable: true });
    return;
  }
}

/** Names of those that no run has taken, oldest first. Throws HostError. */
export const waitingReplies = (files: Files, { replies }: Pick<FormulaPlaces, 'replies'>): string[] =>
  files.list(replies).filter(isReply);

const isReply = (name: string): boolean => /^\d{15}-\d+-\d{3}\.md$/.test(name);

/** Those that wait, as they are. Takes none. Throws HostError. */
export const readReplies = (files: Files, formula: Pick<FormulaPlaces, 'replies'>): Reply[] =>
  waitingReplies(files, formula).flatMap((name) => {
    const text = files.read(join(formula.replies, name));
    return text === undefined ? [] : [{ name, text }];
  });

/** Takes all that wait; they count as untold until `markTold`. Throws HostError. */
export function takeReplies(
  files: Files,
  formula: Pick<FormulaPlaces, 'replies'>,
  run: Pick<RunPlaces, 'replies'>,
): Reply[] {
  const names = waitingReplies(files, formula);
  if (names.length > 0) files.mkdir(run.replies);
  return names.flatMap((name) => {
    const taken = join(run.replies, `${name}${UNTOLD}`);
    try {
      files.rename(join(formula.replies, name), taken);
    } catch (error) {
      // Another has taken it.
      if (error instanceof HostError && error.code === 'ENOENT') return [];
      throw error;
    }
    const text = files.read(taken);
    return text === undefined ? [] : [{ name, text }];
  });
}

/** Those that a run has taken, and told nobody. Throws HostError. */
export const untoldReplies = (files: Files, run: Pick<RunPlaces, 'replies'>): Pick<Reply, 'name'>[] =>
  files
    .list(run.replies)
    .filter((name) => name.endsWith(UNTOLD))
    .map((name) => ({ name: name.slice(0, -UNTOLD.length) }))
    .filter(({ name }) => isReply(name));

/** They have reached a program. Throws HostError. */
export function markTold(
  files: Files,
  run: Pick<RunPlaces, 'replies'>,
  replies: readonly Pick<Reply, 'name'>[],
): void {
  for (const { name } of replies) {
    const taken = join(run.replies, `${name}${UNTOLD}`);
    if (files.stat(taken) !== undefined) files.rename(taken, join(run.replies, name));
  }
}

/** Gives back what runs that are over still have, such as one whose record is lost. Gives how many there were. Throws HostError. */
export function putBackAll(files: Files, formula: Pick<FormulaPlaces, 'replies' | 'runs'>): number {
  let count = 0;
  for (const id of files.list(formula.runs)) {
    const run = runPlaces(formula, id);
    if (files.stat(run.replies)?.kind === 'folder') count += putBackReplies(files, formula, run);
  }
  return count;
}

/** Gives back those that reached no program, but for some. Gives how many there were. Throws HostError. */
export function putBackReplies(
  files: Files,
  formula: Pick<FormulaPlaces, 'replies'>,
  run: Pick<RunPlaces, 'replies'>,
  except: readonly Reply[] = [],
): number {
  const kept = new Set(except.map(({ name }) => name));
  const untold = untoldReplies(files, run).filter(({ name }) => !kept.has(name));
  if (untold.length > 0) files.mkdir(formula.replies);
  for (const { name } of untold) {
    files.rename(join(run.replies, `${name}${UNTOLD}`), join(formula.replies, name));
  }
  return untold.length;
}
