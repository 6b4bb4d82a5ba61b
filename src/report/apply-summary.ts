/** How an apply ended, for people and for programs (schemas/apply.schema.json). */
import { counted } from '../base/text.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Action, ActionKind, Plan } from '../model/plan.ts';
import { defined } from './defined.ts';
import { elapsed } from './format.ts';
import { phraseOf, subjectOf, tally } from './outcomes.ts';
import type { Did, Failure, Tally } from './outcomes.ts';
import { paint } from './style.ts';
import { jsonText, visible, visibleLines } from '../base/visible.ts';

export interface ApplyResult {
  plan: Plan;
  outcomes: readonly Outcome[];
  durationMs: number;
  /** What an interruption left undone; absent: there was none. */
  left?: readonly Action[];
  /** Agents that an operator asked something for, which the next plan does not know any more. */
  asked?: ReadonlySet<string>;
}

const participles: Record<Did, string> = {
  start: 'started',
  restart: 'restarted',
  stop: 'stopped',
  adopt: 'adopted',
  rename: 'renamed',
  record: 'recorded',
};

/** The last words of an apply: a sentence with numbers, then every failure with what it kept from being done. */
export function applySummary(result: ApplyResult, color: boolean): string {
  const { plan, outcomes, durationMs, left, asked } = result;
  const found = tally(plan, outcomes);
  const failed = found.failures.length;
  const opening = left !== undefined ? 'Interrupted' : 'Done';
  const style = left !== undefined ? 'yellow' : failed > 0 ? 'red' : 'green';
  const parts = [...doneParts(found, outcomes), ...(failed === 0 ? [] : [`${failed} failed`])];
  const lines = [
    `${paint(`${opening}:`, style, color)} ${parts.join(', ')} in ${elapsed(durationMs)}.`,
    ...failureLines(found.failures, color),
    ...(left === undefined ? [] : leftLines(left, asked)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function doneParts({ done }: Tally, outcomes: readonly Outcome[]): string[] {
  const agents = Object.entries(participles).flatMap(([did, word]) => {
    const n = done[did as Did];
    return n === 0 ? [] : [`${n} ${word}`];
  });
  if (agents.length > 0) return agents;
  const steps = outcomes.filter(({ result }) => result === 'done').length;
  return [steps === 0 ? 'nothing done' : `${counted(steps, 'step')} done`];
}

function failureLines(failures: Failure[], color: boolean): string[] {
  if (failures.length === 0) return [];
  return [
    paint(`${failures.length} failed:`, 'red', color),
    ...failures.flatMap(({ outcome, skipped }) => [
      `  ${visible(phraseOf(outcome.action))}: ${visible(outcome.detail ?? 'no reason was given')}`,
      ...visibleLines(outcome.output ?? '').map((line) => `    | ${line}`),
      ...(skipped.length === 0
        ? []
        : [
            `    skipped because of it: ${skipped.map(({ action }) => visible(phraseOf(action))).join(', ')}`,
          ]),
    ]),
  ];
}

/** What no later plan does of itself: it was asked for. */
const ASKED_FOR: ReadonlySet<ActionKind> = new Set([
  'stop-session',
  'start-session',
  'suspend',
  'resume',
  'adopt-session',
]);

function leftLines(left: readonly Action[], asked: ReadonlySet<string> | undefined): string[] {
  if (left.length === 0) return ['Nothing was left to do.'];
  const isLost = left.some(
    (action) => 'agent' in action && asked?.has(action.agent) === true && ASKED_FOR.has(action.kind),
  );
  return [
    isLost
      ? `${left.length} left. Run it again: an apply alone does not know what was asked for.`
      : `${left.length} left, for the next apply:`,
    ...left.map((action) => `  ${visible(phraseOf(action))}`),
  ];
}

/** `applyJson` as indented text. */
export const applyJsonText = (result: ApplyResult): string => `${jsonText(applyJson(result), 2)}\n`;

export function applyJson(result: ApplyResult) {
  const { plan, outcomes, durationMs, left } = result;
  const { done, failures } = tally(plan, outcomes);
  const skipped = outcomes.filter((outcome) => outcome.result === 'skipped').length;
  return {
    format_version: 1,
    fleet: plan.fleet,
    result: left !== undefined ? 'interrupted' : failures.length > 0 ? 'failed' : 'done',
    duration_ms: Math.round(durationMs),
    counts: { ...done, failed: failures.length, skipped, left: left?.length ?? 0 },
    outcomes: outcomes.map(({ action, result, detail, output }) =>
      defined({ id: action.id, kind: action.kind, subject: subjectOf(action), result, detail, output }),
    ),
    left: (left ?? []).map(({ id, kind }) => ({ id, kind })),
  } as const;
}
