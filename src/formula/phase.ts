/** The phase file: what an agent says of how far its run is. Its first line counts, its second may give a reason. */
import { suggest } from '../base/suggest.ts';
import { listed, quoted } from '../base/text.ts';
import { visible } from '../base/visible.ts';
import { PHASES, type Phase } from '../model/formula.ts';

/**
 * - none: nothing is said
 * - partial: what stands there could still become a phase
 * - phase, unknown: said. `complete`: the lines that count have their line breaks, so that nothing more is to be waited for; else
 *   the writer may be in the middle of one
 */
export type PhaseReading =
  | { kind: 'none' }
  | { kind: 'partial' }
  | { kind: 'phase'; phase: Phase; reason?: string; complete: boolean }
  | { kind: 'unknown'; word: string; complete: boolean };

const MARK = 'PHASE:';

/** Longer than any phase with white space around it. */
const longestLine = 1000;

const longestWord = 60;
const longestReason = 1000;

/**
 * Reads the text of a phase file. Words are exact: no other case, nothing before or after them but white space.
 * @param mask hides what is secret, in texts that are not cut yet: of a part nobody knows that it is one
 */
export function readPhase(text: string, mask: (text: string) => string = (shown) => shown): PhaseReading {
  // A byte order mark counts as white space here, as it does for `trim`.
  if (text.trim() === '') return { kind: 'none' };
  const { line: first, ended } = lineAt(text, 0);
  const said = first.slice(0, longestLine).trim();
  const phase = first.length > longestLine ? undefined : phaseOf(said);
  if (phase === undefined) {
    if (!ended && mayBecome(first)) return { kind: 'partial' };
    const { line: shown } = lineAt(mask(text), 0);
    const start = shown.slice(0, longestLine).trim();
    const word = shortened(shown.length > longestLine ? `${start}…` : start, longestWord);
    return { kind: 'unknown', word, complete: ended };
  }
  if (!ended) return { kind: 'phase', phase, complete: false };
  const second = lineAt(text, first.length + 1);
  // Not the word before it, which may be some variable's value.
  const { line: shown } = lineAt(mask(text.slice(first.length + 1)), 0);
  const reason = shortened(shown.slice(0, 4 * longestReason).trim(), longestReason);
  return {
    kind: 'phase',
    phase,
    ...(reason !== '' && { reason }),
    complete: second.ended || second.line === '',
  };
}

/** What an agent is told whose phase file says something else than a phase. One line. */
export function unknownPhase(word: string): string {
  const meant = meantBy(word);
  const line = word === '' ? 'is empty' : `says ${quoted(word)}, which is no phase`;
  const way =
    meant === undefined
      ? `Write one of ${listed(
          PHASES.map((phase) => MARK + phase),
          'or',
        )}, exactly so, as its first line.`
      : `Did you mean ${MARK}${meant}? Write it exactly so, as the first line.`;
  return `The first line of the phase file ${line}. ${way}`;
}

function lineAt(text: string, start: number): { line: string; ended: boolean } {
  const end = text.indexOf('\n', start);
  return { line: text.slice(start, end < 0 ? undefined : end), ended: end >= 0 };
}

const phaseOf = (said: string): Phase | undefined => PHASES.find((phase) => said === MARK + phase);

function mayBecome(line: string): boolean {
  const begun = line.trimStart();
  return line.length <= longestLine && PHASES.some((phase) => `${MARK}${phase}`.startsWith(begun));
}

/** The phase that was most likely meant by a word of another form: `phase: Done`, `done`, `PHASE:fail`. */
function meantBy(word: string): Phase | undefined {
  const bare = word
    .replace(/^\W*phase\W*/i, '')
    .trim()
    .toLowerCase();
  const [head = ''] = bare.split(/[^a-z_-]/, 1);
  const near = suggest(head, PHASES);
  return PHASES.find((phase) => phase === near);
}

/** On one line, with nothing that a terminal acts on, cut between characters. */
function shortened(text: string, most: number): string {
  const characters = Array.from(visible(text.slice(0, 4 * most)));
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`;
}
