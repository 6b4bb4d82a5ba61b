/** What a program that starts in a project is told about the mission there. */
import { counted } from '../base/text.ts';
import { visible } from '../base/visible.ts';
import type { LockState, MissionSeen } from '../model/mission.ts';
import type { Source } from '../model/source.ts';
import { lineOf, milestoneWords, taskWords } from './brief.ts';
import { dirtyWords, type DirtyState } from './dirty.ts';
import { sessionWords } from './ending.ts';
import { currentMilestone, lastSession, nextTask, progressOf } from './select.ts';

export interface AdvisoryInput {
  seen: MissionSeen;
  dirty: Source<DirtyState>;
  /** The newest scratchpad of the project, absolute: another one than the record names may be newer. */
  scratchpad?: string;
  /** The last commits, a line each, the newest first. */
  commits: readonly string[];
  /** Open pull requests, a line each; absent: no provider's command told. */
  pulls?: readonly string[];
  /** Command lines for a person to copy. */
  commands: { continue: string; resume: string };
}

/** Lines, each safe to print; none where there is no mission that is active or paused. */
export function advisoryLines(input: AdvisoryInput): string[] {
  const { seen, dirty, commands } = input;
  if (!seen.record.known)
    return [`mission: ${seen.places.mission} cannot be used: ${visible(seen.record.why)}`];
  const record = seen.record.value;
  if (record === undefined || (record.status !== 'active' && record.status !== 'paused')) return [];
  const tasks = seen.tasks.known ? (seen.tasks.value ?? []) : [];
  const milestone = currentMilestone(record);
  const next = nextTask(record, tasks);
  const progress = progressOf(tasks);
  const last = lastSession(record);
  const far = seen.tasks.known
    ? `${progress.done} of ${counted(progress.total, 'task')} done (${progress.pct}%)`
    : `tasks cannot be read: ${visible(seen.tasks.why)}`;
  const rows: [string, string][] = [
    ['mission', `${lineOf(record.name)} (${lineOf(record.mission_id)}), ${record.status}: ${far}`],
    ['milestone', milestone === undefined ? 'none is open' : milestoneWords(milestone)],
    ['next task', next === undefined ? 'none' : taskWords(next)],
    ['last session', last === undefined ? 'none yet' : sessionWords(last)],
    ['manifest', lineOf(seen.places.manifest)],
    ['scratchpad', lineOf(input.scratchpad ?? seen.places.scratchpad ?? 'none')],
    ['tasks', lineOf(seen.places.tasks)],
    ['branch', lineOf(seen.branch ?? 'none')],
    ['working tree', dirty.known ? dirtyWords(dirty.value) : visible(dirty.why)],
    ...input.commits.map((line, index): [string, string] => [index === 0 ? 'commits' : '', lineOf(line)]),
    ...(input.pulls ?? []).map((line, index): [string, string] => [
      index === 0 ? 'pull requests' : '',
      lineOf(line),
    ]),
    wayOn(seen.lock, commands),
  ];
  return rows.map(([name, value]) => `${(name === '' ? '' : `${name}:`).padEnd(15)}${value}`);
}

function wayOn(lock: LockState, commands: AdvisoryInput['commands']): [string, string] {
  switch (lock.kind) {
    case 'dead':
    case 'corrupt':
      return ['to resume', visible(commands.resume)];
    case 'live':
    case 'starting':
      return ['at work', `${lineOf(lock.lock.session_id)} runs (pid ${lock.lock.pid})`];
    case 'elsewhere':
      return ['at work', `${lineOf(lock.lock.session_id)} on ${lineOf(lock.host)}`];
    case 'none':
      return ['to continue', visible(commands.continue)];
  }
}
