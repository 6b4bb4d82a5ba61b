/** Keeps secrets that a person wrote into a formula by mistake off the screen. */
import type { Problem } from '../model/problem.ts';
import type { TomlPlaces } from './toml-places.ts';

/**
 * Access tokens by what their makers let them begin with: GitHub, GitLab, Slack, npm, PyPI, AWS, Google, Anthropic, OpenAI; and
 * private keys.
 */
const known =
  /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|gl(?:pat|oat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{40,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30,}|sk-[\w-]{20,})|-----BEGIN [A-Z ]*PRIVATE KEY-----/;

const everyKnown = new RegExp(known.source, 'g');

/** Whether an access token of a known form stands in a text. */
export const holdsToken = (text: string): boolean => known.test(text);

/** Whether a text that should be the name of a variable may be a token: of a known form, or with a long part of letters and digits. */
export const looksLikeToken = (text: string): boolean =>
  known.test(text) ||
  [...text.matchAll(/[A-Za-z0-9]{16,}/g)].some(([part]) => /\d/.test(part) && /[A-Za-z]/.test(part));

/**
 * The text of a formula that is not taken, for showing its lines: values of variables, of tokens and whatever may be one are stars,
 * character for character.
 * @param places absent: the text is no TOML
 */
export function masked(text: string, value: unknown, places: TomlPlaces | undefined): string {
  let shown = hidden(text);
  if (places === undefined) return maskedLines(shown);
  for (const path of secretPaths(value)) {
    const offsets = places.offsets(path);
    if (offsets === undefined) continue;
    const [start, end] = offsets;
    shown = shown.slice(0, start) + stars(shown.slice(start, end)) + shown.slice(end);
  }
  return shown;
}

/** A problem whose words quote what may be anything. */
export const withoutTokens = (problem: Problem): Problem => ({
  ...problem,
  message: hidden(problem.message),
  ...(problem.fix !== undefined && { fix: hidden(problem.fix) }),
  path: hidden(problem.path),
});

const hidden = (text: string): string => text.replace(everyKnown, stars);

const stars = (text: string): string => text.replace(/[^\s"']/g, '*');

/** Whatever is written under `env`, and under `forge` but what is plainly an address or a name. */
function* secretPaths(value: unknown): Generator<string[]> {
  for (const key of keysOf(value, 'env')) yield ['env', key];
  for (const key of keysOf(value, 'forge')) {
    const text = (value as { forge: Record<string, unknown> }).forge[key];
    if (!isPlain(key, text)) yield ['forge', key];
  }
}

/** Whether a value under `forge` can hold no secret. */
function isPlain(key: string, text: unknown): boolean {
  if (typeof text !== 'string' || looksLikeToken(text)) return false;
  if (key === 'token_env') return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
  return key === 'api' && !/[@?#]/.test(text);
}

function keysOf(value: unknown, key: string): string[] {
  const inner = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : null;
  return typeof inner === 'object' && inner !== null ? Object.keys(inner) : [];
}

/** Where there is no tree: by lines, as far as they can be told. */
function maskedLines(text: string): string {
  let section = '';
  return text
    .split('\n')
    .map((line) => {
      section = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line)?.[1] ?? section;
      const at = line.search(/[=:]/);
      if (at < 0) return line;
      const path = line.slice(0, at).replace(/["'\s]/g, '');
      const secret = /^(?:env|forge)(?:\.|$)/.test(section === '' ? path : section) || /token/i.test(path);
      return secret ? line.slice(0, at + 1) + stars(line.slice(at + 1)) : line;
    })
    .join('\n');
}
