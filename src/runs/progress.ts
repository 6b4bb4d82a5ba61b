/** What happens in a run, as it happens, for whoever shows it. No text of it holds a secret value. */
import type { Phase, PhaseNote, RunRecord } from '../model/formula.ts';

export type RunProgress =
  /** A run whose mosaic died was brought to its end. `replies`: answers that wait again. */
  | { type: 'leftover'; run: RunRecord; replies: number }
  | { type: 'skipped'; formula: string; why: string }
  /** Its worktree is made, its program is about to be started. */
  | { type: 'begin'; run: RunRecord; session: string; socket: string }
  | { type: 'phase'; note: PhaseNote }
  /** The formula's own command for a phase, or that which tells a person. */
  | { type: 'command'; state: 'begin' | 'end'; phase: Phase; detail: string }
  /** Something was typed to its program, or could not be. */
  | { type: 'told'; what: 'prompt' | 'reply' | 'outcome' | 'phases'; result: string; detail?: string }
  /** After a question it works again, though no answer of ours has reached it: somebody has answered at its terminal. */
  | { type: 'goes-on' }
  /** An answer is taken. */
  | { type: 'reply'; text: string }
  /** Its program ended without a final phase; it is started again, for the `retry`th time of `of`. */
  | { type: 'crash'; detail: string; retry: number; of: number }
  /** Something is wrong, and the run goes on. */
  | { type: 'trouble'; message: string; fix?: string }
  | { type: 'ending'; run: RunRecord }
  | { type: 'end'; run: RunRecord };

export type Report = (progress: RunProgress) => void;
