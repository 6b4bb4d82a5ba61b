/**
 * Our hook on the tmux server: when a program of the fleet ends, it raises a flag file, which wakes whatever waits to reconcile. A
 * file, and no start of a service: one that is raised while a reconcile runs is still there when that has ended.
 */
import { sha256 } from '../base/sha256.ts';
import { shellWord } from '../base/shell.ts';
import { tmuxPlain, tmuxWord } from './quote.ts';

export interface WakeHook {
  /** Tells it apart from that of another flag: another fleet's may be on the same server. */
  id: string;
  /** The tmux commands that set it and take it away. */
  set: string;
  unset: string;
}

/** @param flag absolute path */
export function wakeHook(flag: string): WakeHook {
  const digest = sha256(flag);
  const id = `mosaic-${digest.slice(0, 12)}`;
  // A place of its own in the list of hooks, which has gaps: those that the user has, at the first ones, stay.
  const event = tmuxWord(`pane-died[${Number.parseInt(digest.slice(0, 7), 16)}]`);
  // `true` takes any words, which is where the id stands; that the flag cannot be raised is nothing to print into a pane.
  const line = `true ${id} 2>/dev/null > ${shellWord(flag)} || true`;
  const run = `run-shell -b ${tmuxWord(tmuxPlain(line))}`;
  return { id, set: `set-hook -g ${event} ${tmuxWord(run)}`, unset: `set-hook -gu ${event}` };
}

/** The ids of the hooks of ours, of whatever fleet, in what `show-hooks -g pane-died` prints. */
export const hooksIn = (text: string): string[] =>
  [...text.matchAll(/^pane-died\[\d+\] run-shell -b .?true (mosaic-[0-9a-f]{12}) /gm)].map(
    ([, id = '']) => id,
  );

/** What begins each line of `show-hooks -g pane-died`. */
export const HOOK_LINE = /^pane-died(?:\[\d+\])?(?: |$)/;
