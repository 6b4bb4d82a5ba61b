import type { Runtime } from '../../model/fleet.ts';
import { claude } from './claude.ts';
import { codex } from './codex.ts';
import { pi } from './pi.ts';
import { shell } from './shell.ts';

/** The runtimes that every fleet has. A fleet file may override any field of them, and add others. */
export const builtinRuntimes: Readonly<Record<string, Runtime>> = { claude, codex, pi, shell };
