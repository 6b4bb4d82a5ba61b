/** What two fleet files differ in, and what that would come to. Made by `plan/compare`, shown by `report/diff-*`. */

export interface FleetDiff {
  /** As the base is called, so that it stays the same over a pull request; the head's name where there is no base. */
  fleet: string;
  /** There is no base: everything is new. */
  isNew: boolean;
  /** In the head's order, then those that are gone, in the base's. */
  agents: AgentDiff[];
  missions: MissionDiff[];
  formulas: FormulaDiff[];
  settings: SettingDiff[];
  /** What a reviewer should not overlook, the gravest first. */
  warnings: string[];
  unchanged: { agents: number; missions: number; formulas: number };
}

/** A field in the words of the fleet file (`env.EDITOR`), with both sides as they may be shown; absent: not given there. */
export interface FieldChange {
  field: string;
  before?: FieldValue;
  after?: FieldValue;
  /** The setting that it comes from, such as `runtimes.claude`. */
  via?: string;
}

export type FieldValue = string | number | boolean | string[];

/**
 * What an apply of the head would do where the base is in force and all that it wants up runs.
 * - hold: keeps running as it is, until a person says otherwise
 * - move: stops on one host, starts on another
 * - none: nothing now
 */
export type Consequence = 'stop' | 'conflict' | 'restart' | 'move' | 'hold' | 'start' | 'rename' | 'none';

export interface AgentDiff {
  agent: string;
  change: 'added' | 'removed' | 'renamed' | 'changed';
  /** Its name in the base, where that is another. */
  from?: string;
  consequence: Consequence;
  /** A clause in words. */
  reason: string;
  /** Of an added agent, what is not as it would be without being said; of a removed one, none. */
  fields: FieldChange[];
}

export interface MissionDiff {
  mission: string;
  agent: string;
  change: 'added' | 'removed' | 'changed';
  reason: string;
  fields: FieldChange[];
}

/** Of a formula that comes by the clock, not of what stands in its file. */
export interface FormulaDiff {
  formula: string;
  change: 'added' | 'removed' | 'changed';
  reason: string;
  fields: FieldChange[];
}

/** A setting of the whole fleet. */
export interface SettingDiff extends FieldChange {
  reason: string;
  /** Agents of the head that it is about, where it is not about all. */
  agents?: string[];
}

/** Nothing that a fleet file says differs; how it says so may. */
export const isSame = ({ isNew, agents, missions, formulas, settings }: FleetDiff): boolean =>
  !isNew && agents.length + missions.length + formulas.length + settings.length === 0;
