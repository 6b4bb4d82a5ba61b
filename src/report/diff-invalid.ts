/** What is told instead of a diff where one of the two files is not valid. */
import { counted } from '../base/text.ts';
import { jsonText, visible } from '../base/visible.ts';
import { diffMarker } from './diff-markdown.ts';
import { code, inline, left, takeWhileFits } from './markdown.ts';
import { problemsJson, type FileProblems } from './problems.ts';

export interface InvalidSide extends FileProblems {
  side: 'base' | 'head';
}

/** schemas/diff.schema.json, its `invalid` form. */
export const invalidJsonText = (sides: readonly InvalidSide[]): string =>
  `${jsonText(
    {
      format_version: 1,
      invalid: sides.map((failure) => ({ side: failure.side, ...withoutVersion(problemsJson(failure)) })),
    },
    2,
  )}\n`;

const withoutVersion = (json: object): object =>
  Object.fromEntries(Object.entries(json).filter(([key]) => key !== 'format_version'));

/**
 * A comment in place of the diff's, so that no older one goes on to be believed.
 * @param name of the fleet, as the valid side gives it; else as far as the texts tell
 */
export function invalidMarkdown(sides: readonly InvalidSide[], name: string | undefined): string {
  const fleet = name ?? nameIn(sides.map(({ text }) => text));
  const parts = sides.map(({ side, file, problems }) => {
    const all = problems.map(({ message, fix, range }) => {
      const place = range === undefined ? '' : `${range.line}:${range.column}: `;
      return `- ${place}${inline(message)}${fix === undefined ? '' : `<br>${inline(fix)}`}\n`;
    });
    const shown = takeWhileFits(all, 20 * 1024);
    const rest = left(all.length - shown.length, 'problem', 'mosaic validate');
    const why =
      side === 'base'
        ? 'Nothing can be compared with it.'
        : 'A host that follows the repository keeps what it has.';
    return `\n**${counted(problems.length, 'problem')}** in ${code(visible(file))}, the ${side}. ${why}\n\n${shown.join('')}${rest}`;
  });
  return `${diffMarker(fleet)}\n### Fleet ${code(fleet)}\n\nThe fleet file is not valid.\n${parts.join('')}`;
}

const GONE = 'the fleet file is gone';
const KEPT = 'Hosts that follow the repository keep what they have; mosaic down on each takes it away.';

/** In place of a file that the head does not have. */
export const goneSide = (file: string): InvalidSide => ({
  side: 'head',
  file,
  text: '',
  problems: [{ message: GONE, fix: KEPT, path: '' }],
});

/**
 * The comment where the head has no fleet file.
 * @param name of the fleet, as the base gives it; else as far as its text tells
 */
export function goneMarkdown(head: string, name: string | undefined, base: string): string {
  const fleet = name ?? nameIn([base]);
  const text = `The fleet file is gone: there is no ${code(visible(head))}. ${KEPT}`;
  return `${diffMarker(fleet)}\n### Fleet ${code(fleet)}\n\n${text}\n`;
}

/** The name that a text seems to give its fleet: what it is called by where nothing else tells. */
function nameIn(texts: readonly string[]): string {
  for (const text of texts) {
    const name = /^name:[ \t]*(["']?)([a-z0-9][a-z0-9-]{0,40})\1[ \t]*(?:#.*)?$/m.exec(text)?.[2];
    if (name !== undefined) return name;
  }
  return 'mosaic';
}
