/** What a person does next about a mission. */
import { shellWord } from '../base/shell.ts';
import { visible } from '../base/visible.ts';
import { lineOf } from '../mission/brief.ts';
import { missionNow } from '../mission/turn.ts';
import type { MissionView } from './mission-parts.ts';
import { recordOf } from './mission-parts.ts';

export interface NextStep {
  /** In words; absent where the command says all. */
  text?: string;
  /** A command line to copy. */
  command?: string;
}

/** @param where what a command line needs to find the project, such as ` --project /src/shop` */
export function nextSteps(view: MissionView, where: string): NextStep[] {
  const record = recordOf(view);
  const { turn } = missionNow(view.seen, undefined, view.now);
  const auto = record?.policy?.continue === 'auto';
  const coord = (rest: string): string => `mosaic coord ${rest}${where}`;
  switch (turn.kind) {
    case 'complete':
      return [{ text: 'Nothing: the mission is completed.' }];
    case 'live':
      return [
        {
          text: `Nothing: ${lineOf(turn.session)} is at work${turn.waits === undefined ? '' : `, and ${turn.waits}`}.`,
          command: coord('status'),
        },
      ];
    case 'verifying':
      return [{ text: 'Nothing: the quality gates are running.' }];
    case 'verify':
      return [{ text: 'Run the quality gates:', command: auto ? 'mosaic apply' : coord('verify') }];
    case 'held':
      return [{ text: `${visible(turn.reason)}. ${visible(turn.fix)}` }];
    case 'work': {
      const dead = view.seen.lock.kind === 'dead';
      if (auto) return [{ text: 'The next session is started by:', command: 'mosaic apply' }];
      const task =
        turn.task === undefined
          ? []
          : [{ text: 'Start a session here:', command: coord(`run ${shellWord(turn.task.id)}`) }];
      if (dead)
        return [{ text: 'See what the dead session left, and how to recover:', command: coord('resume') }];
      return [{ text: 'Get the prompt for the next session:', command: coord('continue') }, ...task];
    }
  }
}
