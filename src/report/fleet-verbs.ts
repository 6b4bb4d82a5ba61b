/** What `fleet start`, `stop` and `restart` say beside what an apply does. */
import { shellLine } from '../base/shell.ts';
import { listed } from '../base/text.ts';
import { visible } from '../base/visible.ts';
import type { Verdict } from '../model/plan.ts';

export const noteOfStopped = (agent: string, file: string): string =>
  `Note: ${agent} is not started: it has state: stopped in ${visible(file)}. Set it to running there.\n`;

/** Of one that was stopped by hand, and whose file wants it down as well. */
export const noteOfStoppedTwice = (agent: string, file: string): string =>
  `Note: ${agent} has state: stopped in ${visible(file)}, which keeps it down by itself. It stays down also when the file says otherwise; mosaic fleet start ${agent} lifts only that.\n`;

/** @param names of those that are kept down: none for all */
export const wayBack = (names: readonly string[]): string =>
  `Kept down, over reboots too, until: ${shellLine(['mosaic', 'fleet', 'start', ...names])}\n`;

/** Of those that a restart of all leaves down. */
export const stillDown = (names: readonly string[]): string =>
  `Note: ${listed(names)} ${names.length === 1 ? 'stays' : 'stay'} down, stopped by hand: ${shellLine(['mosaic', 'fleet', 'start', ...names])}\n`;

/** @param what in the past tense: `stopped` */
export const notDone = (what: string, { agent, reason, fix }: Verdict): string =>
  `Not ${what}: ${agent}, ${visible(reason)}.${fix === undefined ? '' : ` ${visible(fix)}`}\n`;
