import type { ScreenPatterns } from '../model/fleet.ts';
import type { RawRuntime } from './raw.ts';

/** The patterns of a runtime: their keys in the file, and their names in the model. */
export const patternKeys: readonly (readonly [keyof RawRuntime & PatternKey, keyof ScreenPatterns])[] = [
  ['ready', 'ready'],
  ['limit', 'limit'],
  ['busy', 'busy'],
  ['busy_title', 'busyTitle'],
  ['queued', 'queued'],
  ['dialog', 'dialog'],
  ['dialog_title', 'dialogTitle'],
  ['draft', 'draft'],
  ['fresh', 'fresh'],
];

type PatternKey =
  'ready' | 'limit' | 'busy' | 'busy_title' | 'queued' | 'dialog' | 'dialog_title' | 'draft' | 'fresh';
