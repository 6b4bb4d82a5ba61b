/** What is typed to the agent of a run while it works. */
import type { Phase } from '../model/formula.ts';

/** An answer of the operator's. */
export const replyMessage = (text: string, { escalated }: { escalated: boolean }): string =>
  `${escalated ? 'The operator answers your escalation' : 'The operator has a word for you'}:\n\n${text.trim()}\n\nGo on, and say by the phase file when you are done.`;

/** How the formula's command for a phase went. @param lines the last that it printed */
export function outcomeMessage(phase: Phase, how: string, lines: string): string {
  const output = lines === '' ? 'It printed nothing.' : `The last that it printed:\n\n${lines}`;
  return `You wrote PHASE:${phase}; the command for it ${how}. ${output}\n\nGo on from there, and say by the phase file when you are done.`;
}

/** In place of a prompt that is too long to be typed. */
export const promptPointer = (file: string): string =>
  `Read the file ${file}, all of it: it says what you are to do. Then do it.`;
