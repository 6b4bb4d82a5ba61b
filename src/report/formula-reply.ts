/** `mosaic formula reply`: what becomes of an answer; for programs schemas/formula-reply.schema.json. */
import { jsonText, visible } from '../base/visible.ts';
import { defined } from './defined.ts';

export interface ReplyReport {
  formula: string;
  /** The run that lasts. */
  run?: string;
  /** Its program takes no input. */
  isDeaf?: boolean;
  /** Answers that no run has taken yet. */
  waiting: number;
}

export function replyText({ formula, run, isDeaf = false, waiting }: ReplyReport): string {
  const name = visible(formula);
  if (run !== undefined && !isDeaf)
    return `The run ${visible(run)} of ${name} lasts: its agent is told as soon as it takes input.\n`;
  const others = waiting > 1 ? ` ${waiting} wait; they are given in their order.` : '';
  if (run === undefined) return `No run of ${name} lasts: the next one has it in its prompt.${others}\n`;
  return `The program of the run ${visible(run)} of ${name} takes no input: the next run has it in its prompt.${others}\n`;
}

/** As indented text. */
export const replyJsonText = (fleet: string, report: ReplyReport): string =>
  `${jsonText(replyJson(fleet, report), 2)}\n`;

export const replyJson = (fleet: string, { formula, run, isDeaf = false, waiting }: ReplyReport) =>
  defined({
    format_version: 1 as const,
    fleet,
    formula,
    to: run === undefined || isDeaf ? ('next' as const) : ('running' as const),
    run,
    waiting,
  });
