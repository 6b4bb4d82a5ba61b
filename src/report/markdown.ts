/** What is put into comments on a pull request: Markdown as GitHub, GitLab, Gitea and Forgejo read it. */
import { byteLength, counted } from '../base/text.ts';
import { visible } from '../base/visible.ts';

// A comment may have 65,536 characters; some room is left for what a bot adds.
export const maxBytes = 60 * 1024;

const html = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    // A mention or a reference calls somebody or writes into another thread; forges look for them in the text that is
    // shown, where an entity is a character like any other. An element in between parts it for them and for nobody else.
    .replaceAll('@', '@<b></b>')
    .replace(/[#!](?=\d)/g, '$&<b></b>');

/** Text that means nothing to Markdown: no markup, no link, no mention, no cell of its own. */
export const inline = (text: string): string =>
  html(visible(text).replace(/[\\`*_{}[\]|~]|#(?!\d)/g, '\\$&'))
    .replaceAll('://', ':&#47;/')
    .replace(/\bwww\./gi, '$&<b></b>');

/** A value as code. A backslash does not escape inside a code span, so what holds marks of Markdown is HTML instead. */
export const code = (text: string): string => {
  const shown = visible(text);
  if (/^[^`|\\<>&]+$/.test(shown) && shown.trim() === shown) return `\`${shown}\``;
  return `<code>${inline(text)}</code>`;
};

/** Text of an HTML block. */
export const htmlText = (text: string): string => html(visible(text));

/** Lines folded away under a title, which is HTML. The blank lines are what makes Markdown work inside HTML. */
export function details(title: string, lines: readonly string[]): string {
  const text = lines.join('\n');
  const fence = '`'.repeat(Math.max(3, longestBackticks(text) + 1));
  return `\n<details><summary>${title}</summary>\n\n${fence}diff\n${text}\n${fence}\n\n</details>\n`;
}

const longestBackticks = (text: string): number =>
  (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0);

/** As many of the parts, from the first on, as have room; in bytes of UTF-8. */
export function takeWhileFits(parts: string[], room: number): string[] {
  let used = 0;
  const over = parts.findIndex((part) => (used += byteLength(part)) > room);
  return over === -1 ? parts : parts.slice(0, over);
}

/** Says how many of something are not in a comment, and which command shows them. */
export const left = (n: number, what: string, command: string): string =>
  n === 0 ? '' : `\n_${counted(n, what)} left out: this comment would be too long. See \`${command}\`._\n`;
