/** What is decided for one agent, and the remarks that go with it. */
import type { PromptKind } from '../model/mission.ts';
import type { Verdict } from '../model/plan.ts';
import type { Ended } from '../model/state.ts';
import type { Situation } from './situation.ts';

/** What a rule has done with an agent, step by step; `actions.ts` makes the actions of it. */
export type Step =
  | { do: 'adopt-session' }
  | { do: 'write-lock'; restarts: number }
  | { do: 'record'; ended: Ended; restarts: number; limits: number }
  | { do: 'stop'; because: 'stop' | 'restart' | 'remains' }
  | { do: 'forget' }
  | { do: 'start'; restarts: number }
  | { do: 'kickstart' }
  /** A session of its mission: with its start, or alone where its agent was started and not yet written down. */
  | { do: 'begin'; prompt: PromptKind }
  | { do: 'block-task'; task: string };

/** The verdict on an agent, and the steps that it takes. */
export type Decision = Omit<Verdict, 'agent' | 'wanted' | 'rule'> & { steps: Step[] };

export const steps = (...list: Step[]): { steps: Step[] } => ({ steps: list });

/** A start that cannot be made now becomes a conflict or a hold; how the last run ended is recorded all the same. */
export function startable(s: Situation, decision: Decision, record: Step[] = []): Decision {
  if (s.obstacle === undefined) return decision;
  const { kind, reason, fix } = s.obstacle;
  return {
    status: kind === 'hold' ? (s.session.kind === 'live' ? 'pending-restart' : 'absent') : kind,
    change: kind,
    reason: `${decision.reason}, but ${reason}`,
    ...(fix === undefined ? {} : { fix }),
    steps: record,
  };
}

/** What else a person should know before it is done: who is in the session that ends, where it starts. */
export function withRemarks(s: Situation, { reason, steps: list }: Decision): string {
  const ends = list.some((step) => step.do === 'stop') ? alsoEnds(s) : '';
  const starts = list.some((step) => step.do === 'start');
  const branch =
    starts && s.otherBranch !== undefined
      ? `; its worktree stays ${s.otherBranch.is}, not ${s.otherBranch.wished}`
      : '';
  return `${reason}${ends}${branch}`;
}

/** ' (ends 1 other pane, 2 clients are attached)', or nothing: what the end of a session is to others than its agent. */
export function alsoEnds({ session: seen }: Situation): string {
  if (seen.kind !== 'live' && seen.kind !== 'dead') return '';
  const { panes, pane, attached } = seen.session;
  const others = panes.filter(({ id, dead }) => !dead && id !== pane?.id).length;
  const remarks = [
    ...(others === 0 ? [] : [`ends ${others} other pane${others === 1 ? '' : 's'}`]),
    ...(attached === 0 ? [] : [attached === 1 ? '1 client is attached' : `${attached} clients are attached`]),
  ];
  return remarks.length === 0 ? '' : ` (${remarks.join(', ')})`;
}
