/** What `fleet start`, `stop` and `restart` say beside what an apply does. */
import { shellLine } from '../base/shell.ts';
import { visible } from '../base/visible.ts';

export const noteOfStopped = (agent: string, file: string): string =>
  `Note: ${agent} is not started: it has state: stopped in ${visible(file)}. Set it to running there.\n`;

/** @param names as they were given: none for all */
export const wayBack = (names: readonly string[]): string =>
  `Kept down, over reboots too, until: ${shellLine(['mosaic', 'fleet', 'start', ...names])}\n`;
