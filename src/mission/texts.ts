/** Prompt and capsule of a session that begins. */
import type { DeadWhy, PromptKind, Task } from '../model/mission.ts';
import { briefOf, type BriefInput } from './brief.ts';
import { formatCapsule } from './capsule.ts';
import type { DirtyState } from './dirty.ts';
import { continuationPrompt, firstPrompt, recoveryPrompt } from './prompts.ts';

/** What the texts tell beside where the mission stands. */
export interface Circumstances {
  kind: PromptKind;
  /** The protocol guide, absolute. */
  guide: string;
  /** Epoch ms. */
  now: number;
  /** Why the session before is taken for dead. */
  why?: DeadWhy;
  /** Absent: git did not tell, or nobody asked. */
  dirty?: DirtyState;
  /** Tasks that the session before left in progress. */
  inProgress: readonly Task[];
}

export interface SessionTexts {
  prompt: string;
  capsule: string;
}

export function sessionTexts(circumstances: Circumstances, input: BriefInput): SessionTexts {
  const { kind, guide, now, why, dirty, inProgress } = circumstances;
  const brief = briefOf(input);
  const told = { ...brief, guide };
  const capsule = formatCapsule(brief, new Date(now).toISOString());
  switch (kind) {
    case 'first':
      return { prompt: firstPrompt(told), capsule };
    case 'continue':
      return { prompt: continuationPrompt(told), capsule };
    case 'recover': {
      const more = { ...(why === undefined ? {} : { why }), ...(dirty === undefined ? {} : { dirty }) };
      return { prompt: recoveryPrompt({ ...told, ...more, inProgress }), capsule };
    }
  }
}
