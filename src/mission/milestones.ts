/** Milestones and an id, as a person gives them on the command line. */
import { quoted } from '../base/text.ts';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** What an id may be: it names files and stands in tables and on command lines. */
export const isId = (text: string): boolean => ID.test(text) && text.length <= 64;

/**
 * Names parted by commas; one in double quotes may hold a comma. They get the ids M1, M2 …, or the one before an equals sign:
 * `Schema, "API, v2", UI=Screens`. Throws an Error in words.
 */
export function parseMilestones(text: string): { id: string; name: string }[] {
  const found = splitAtCommas(text).map((part, index) => {
    const [, id, rest] = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63})=(.*)$/s.exec(part) ?? [];
    const name = unquoted((rest ?? part).trim());
    if (name === '') throw new Error(`the milestone at place ${index + 1} has no name`);
    return { id: id ?? `M${index + 1}`, name };
  });
  const seen = new Set<string>();
  for (const { id } of found) {
    if (seen.has(id)) throw new Error(`two milestones have the id ${quoted(id)}`);
    seen.add(id);
  }
  return found;
}

function splitAtCommas(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let inQuotes = false;
  for (const character of text) {
    if (character === '"') inQuotes = !inQuotes;
    if (character === ',' && !inQuotes) {
      parts.push(part.trim());
      part = '';
    } else part += character;
  }
  if (inQuotes) throw new Error('a double quote is not closed');
  return [...parts, part.trim()];
}

const unquoted = (text: string): string => (/^"[^"]*"$/.test(text) ? text.slice(1, -1).trim() : text);

/** An id made of a name: `Checkout v2` becomes `checkout-v2`; `mission` where no letter is left. */
export function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/^-+|-+$/g, '');
  return plain === '' ? 'mission' : plain;
}
