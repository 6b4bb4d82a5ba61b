/** What is wrong with a mission, by code and name, and what is done about it. */
import type { MissionSeen } from '../model/mission.ts';

export type ConditionCode = 'F1' | 'F2' | 'F3' | 'F4' | 'F5' | 'F6' | 'F7' | 'F8' | 'F9' | 'F10';

export interface Condition {
  code: ConditionCode;
  /** Such as 'premature stop'. */
  name: string;
  /** What was seen: a clause, such as 'sess-003 ended after 12m, 5 tasks remain'. */
  seen: string;
  /** What was or is to be done about it: a clause. */
  done: string;
}

export interface ConditionInput {
  seen: MissionSeen;
  /** Epoch ms. */
  now: number;
  /** What the reconciler knows beside the files: why it holds, or that many agents failed together. */
  held?: { code: ConditionCode; seen: string; done: string };
}
