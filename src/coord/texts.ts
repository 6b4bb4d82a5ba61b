/** What a session that begins is told: its prompt, and the capsule that programs read. */
import { packagePath } from '../host/package.ts';
import { briefOf, type BriefInput } from '../mission/brief.ts';
import { formatCapsule } from '../mission/capsule.ts';
import type { DirtyState } from '../mission/dirty.ts';
import { continuationPrompt, firstPrompt, recoveryPrompt } from '../mission/prompts.ts';
import type { DeadWhy, PromptKind, Task } from '../model/mission.ts';

export interface TextsWish {
  kind: PromptKind;
  /** Epoch ms. */
  now: number;
  /** What lies about where the session works; absent: git did not tell. Only a recovery asks. */
  dirty?: DirtyState;
  why?: DeadWhy;
  /** Tasks that the session before left in progress; absent: those that are now. */
  inProgress?: readonly Task[];
  /** What the agent is told at each of its starts, before the prompt. */
  kickstart?: string;
}

/** The protocol that the prompts name, as it ships with mosaic. */
export const protocolGuide = (): string => packagePath('guides/mission-protocol.md');

export function sessionTexts(wish: TextsWish, context: BriefInput): { prompt: string; capsule: string } {
  const brief = briefOf(context);
  const prompt = promptOf(wish, context);
  return {
    prompt: wish.kickstart === undefined ? prompt : `${wish.kickstart.trimEnd()}\n\n${prompt}`,
    capsule: formatCapsule(brief, new Date(wish.now).toISOString()),
  };
}

function promptOf({ kind, dirty, why, inProgress }: TextsWish, context: BriefInput): string {
  const input = { ...briefOf(context), guide: protocolGuide() };
  switch (kind) {
    case 'first':
      return firstPrompt(input);
    case 'continue':
      return continuationPrompt(input);
    case 'recover':
      return recoveryPrompt({
        ...input,
        inProgress: inProgress ?? context.tasks.filter(({ status }) => status === 'in-progress'),
        ...(dirty === undefined ? {} : { dirty }),
        ...(why === undefined ? {} : { why }),
      });
  }
}
