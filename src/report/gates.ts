/** Quality gates as they are run: a line when they begin and one when they end. */
import type { GatesResult } from '../coord/gates.ts';
import type { Verification } from '../model/plan.ts';
import { visible, visibleLines } from '../base/visible.ts';
import { elapsed } from './format.ts';
import { paint } from './style.ts';

type What = Pick<Verification, 'mission' | 'milestones' | 'command'>;

const nameOf = ({ mission, milestones }: What): string => visible(`${mission} ${milestones.join(', ')}`);

export const gatesBegin = (what: What, color: boolean): string =>
  `${paint('verifying', 'cyan', color)} ${nameOf(what)}: ${visible(what.command)}\n`;

export function gatesEnd(
  what: What,
  result: GatesResult | { result: 'trouble'; why: string },
  ms: number,
  color: boolean,
): string {
  const name = nameOf(what);
  switch (result.result) {
    case 'passed':
      return `${paint('verified', 'green', color)} ${name} in ${elapsed(ms)}\n`;
    case 'interrupted':
      return `interrupted: the quality gates of ${name} run again with the next apply\n`;
    case 'trouble':
      return `${paint('failed', 'red', color)} to run the quality gates of ${name}: ${visible(result.why)}\n`;
    case 'failed': {
      const how = result.exitCode === undefined ? 'did not end' : `failed with exit ${result.exitCode}`;
      const task =
        result.remediation === undefined ? '' : `; appended the task ${visible(result.remediation)}`;
      const lines = visibleLines(result.tail).slice(-12);
      return [
        `${paint('not done:', 'red', color)} the quality gates of ${name} ${how} after ${elapsed(ms)}${task}`,
        ...lines.map((line) => `    | ${line}`),
        `  all of it: ${visible(result.log)}`,
        '',
      ].join('\n');
    }
  }
}
