/** What happens in a run, as it happens, for whoever shows it. No text of it holds a secret value. */
import type { Phase, PhaseNote, RunRecord } from '../model/formula.ts';

export type RunProgress =
  /** A run whose mosaic died was brought to its end. `replies`: answers that wait again. */
  | { type: 'leftover'; run: RunRecord; replies: number }
  | { type: 'skipped'; formula: string; why: string }
  /** Its worktree is made, its program is about to be started. */
  | { type: 'begin'; run: RunRecord; session: string; socket: string }
  | { type: 'phase'; note: PhaseNote }
  /** The formula's own command for a phase, or that which tells a person. `detail`: its words; how it ended, to follow "it". */
  | { type: 'command'; state: 'begin' | 'end'; phase: Phase; detail: string }
  /** The command that tells a person of its question failed. */
  | { type: 'unheard'; detail: string }
  /** Something was typed to its program, or could not be. `again`: it is tried again. */
  | {
      type: 'told';
      what: 'prompt' | 'reply' | 'outcome' | 'phases';
      result: string;
      detail?: string;
      again?: true;
    }
  /** After a question it works again, though no answer of ours has reached it: somebody has answered at its terminal. */
  | { type: 'goes-on' }
  /** An answer is taken. */
  | { type: 'reply'; text: string }
  /** Its program ended without a final phase; it is started again, for the `retry`th time of `of`. */
  | { type: 'crash'; detail: string; retry: number; of: number }
  /** Something is wrong, be it that the run goes on or not; `output`: the last lines that a program printed. */
  | { type: 'trouble'; message: string; output?: string; fix?: string }
  | { type: 'ending'; run: RunRecord }
  | { type: 'end'; run: RunRecord };

export type Report = (progress: RunProgress) => void;
