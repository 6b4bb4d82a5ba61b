/** What became of a plan's actions, as it happens and at the end. */
import type { Action } from './plan.ts';

export interface Outcome {
  action: Action;
  result: 'done' | 'failed' | 'skipped';
  /** In words: why it failed or was skipped, or a remark on how it went. */
  detail?: string;
  /** The last lines that a program printed before it failed to start. */
  output?: string;
  /** Of a crash record, or of a worktree. */
  path?: string;
}

export type ApplyEvent =
  | { type: 'begin'; total: number; starts: number }
  /** A batch of actions of one kind is being done. */
  | { type: 'working'; actions: Action[] }
  | { type: 'outcome'; outcome: Outcome }
  | { type: 'retry'; what: string; attempt: number; why: string }
  /** Worth knowing, and for nobody but a person to act on. */
  | { type: 'advice'; agents: string[]; lines: string[] }
  | { type: 'interrupted'; left: Action[] }
  | { type: 'end'; outcomes: Outcome[]; durationMs: number };

/** One line of `events.jsonl` (schemas/event.schema.json). */
export interface LogEntry {
  format_version: 1;
  /** ISO 8601, UTC. */
  time: string;
  fleet: string;
  /** Such as `start-session`, `crash`, `apply`. */
  event: string;
  result?: 'done' | 'failed' | 'skipped';
  agent?: string;
  message: string;
  /** Path of a crash record or of a kept worktree. */
  path?: string;
}
