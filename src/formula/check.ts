/** What a schema cannot say of a formula: how its values fit each other, and what can be run. */
import { posix } from 'node:path';
import { formatDuration, parseDuration } from '../base/duration.ts';
import { suggest } from '../base/suggest.ts';
import { byteLength, listed, quoted } from '../base/text.ts';
import { checkPath, checkSize, type Surroundings } from '../fleet/check.ts';
import { checkCommand, maxArgumentBytes } from '../fleet/check-runtimes.ts';
import type { Findings } from '../fleet/findings.ts';
import type { Path } from '../fleet/places.ts';
import { defaults } from './defaults.ts';
import { notAToken } from './kind.ts';
import type { RawFormula } from './raw.ts';
import { holdsToken, looksLikeToken } from './secrets.ts';

/** The prompt as a whole is given as one argument; context, notes and what mosaic adds take the rest of it. */
export const maxPromptBytes = 32 * 1024;

export function check(
  raw: RawFormula,
  around: Surroundings & { runtimes?: readonly string[] | undefined },
  findings: Findings,
): void {
  checkPrompt(raw, findings);
  if (raw.runtime !== undefined && around.runtimes !== undefined)
    checkRuntime(raw.runtime, around.runtimes, findings);
  for (const [path, command] of commandsOf(raw)) checkCommand(command, path, findings);
  for (const key of ['repository', 'env_file'] as const) {
    const value = raw[key];
    if (value !== undefined) checkPath([key], value, around, findings);
  }
  checkContext(raw, findings);
  if (raw.min_available_memory !== undefined)
    checkSize(['min_available_memory'], raw.min_available_memory, findings);
  checkDurations(raw, findings);
  checkEnv(raw, findings);
  checkForge(raw, findings);
  for (const [path, text] of shownTexts(raw)) {
    if (text === undefined || !holdsToken(text)) continue;
    findings.add(path, 'an access token or a private key stands here, where others can read it', {
      fix: 'Have it revoked, put the new one into the file that "env_file" names, and write only the name of its variable.',
    });
  }
}

/** Says what is given and will never be of use. */
export function warn(raw: RawFormula, warnings: Findings): void {
  const timeout = durationOf(raw.timeout, defaults.timeout);
  for (const key of ['idle_timeout', 'escalation_timeout'] as const) {
    const value = raw[key];
    if (value === undefined || (parseDuration(value) ?? 0) <= timeout) continue;
    warnings.add(
      [key],
      `${quoted(key)} (${value}) is longer than a run may take (${formatDuration(timeout)})`,
      {
        fix: 'Shorten it, raise "timeout", or remove the key.',
      },
    );
  }
}

function checkRuntime(name: string, runtimes: readonly string[], findings: Findings): void {
  if (runtimes.includes(name)) return;
  const near = suggest(name, runtimes);
  const fix =
    near === undefined
      ? `There are ${listed(runtimes)}; others are added under "runtimes" of the fleet file.`
      : `Did you mean ${quoted(near)}?`;
  findings.add(['runtime'], `the fleet has no runtime ${quoted(name)}`, { fix });
}

function checkPrompt({ prompt }: RawFormula, findings: Findings): void {
  if (prompt === undefined) return;
  if (prompt.trim() === '') {
    findings.add(['prompt'], '"prompt" is blank', { fix: 'Say what the agent is to do: prompt = """…""".' });
  }
  const bytes = byteLength(prompt);
  if (bytes > maxPromptBytes) {
    const message = `"prompt" has ${bytes.toLocaleString('en')} bytes, more than the ${maxPromptBytes.toLocaleString('en')} allowed`;
    findings.add(['prompt'], message, {
      fix: 'Put the long part in a file of the repository, and name it in "context".',
    });
  }
}

function checkContext({ context }: RawFormula, findings: Findings): void {
  const first = new Map<string, Path>();
  for (const [index, file] of (context ?? []).entries()) {
    if (file === undefined) continue;
    const at = ['context', index];
    const normal = posix.normalize(file);
    const before = first.get(normal);
    if (posix.isAbsolute(file) || /^(?:~|\$HOME|\$\{HOME\})(?:\/|$)/.test(file)) {
      findings.add(at, `${quoted(file)} is not relative to the repository`, {
        fix: 'Name a file of the repository, such as "AGENTS.md"; what lies elsewhere does not belong into its prompt.',
      });
    } else if (normal === '..' || normal.startsWith('../')) {
      findings.add(at, `${quoted(file)} lies outside of the repository`, { fix: 'Name a file within it.' });
    } else if (normal.endsWith('/') || normal === '.') {
      findings.add(at, `${quoted(file)} is a folder`, { fix: 'Name the files one by one.' });
    } else if (normal === '.git' || normal.startsWith('.git/')) {
      findings.add(at, `${quoted(file)} belongs to git itself`, { fix: 'Name a file of the repository.' });
    } else if (before !== undefined) {
      findings.add(at, `${quoted(file)} is listed twice`, {
        fix: 'Remove one of the two.',
        related: { message: 'the first one is here', path: before },
      });
    } else {
      first.set(normal, at);
    }
  }
}

/** A timer of Node takes 24 days at most, and no run is meant to take so long. */
const longest = '7d';

const shortest = {
  timeout: '1s',
  idle_timeout: '1s',
  escalation_timeout: '1s',
  look_every: '100ms',
} as const;

function checkDurations(raw: RawFormula, findings: Findings): void {
  for (const [key, least] of Object.entries(shortest)) {
    const value = raw[key as keyof typeof shortest];
    if (value === undefined) continue;
    const ms = parseDuration(value) ?? Infinity;
    if (ms < durationOf(least, least))
      findings.add([key], `${quoted(key)} is ${value}; it must be at least ${least}`);
    if (ms > durationOf(longest, longest))
      findings.add([key], `${quoted(key)} is ${value}; it must be at most ${longest}`);
  }
}

function checkEnv({ env }: RawFormula, findings: Findings): void {
  for (const [name, value] of Object.entries(env ?? {})) {
    // The process is given NAME=VALUE and the byte that ends it.
    const most = maxArgumentBytes - byteLength(name) - 1;
    if (value === undefined || byteLength(value) <= most) continue;
    const message = `the variable ${quoted(name)} has ${byteLength(value).toLocaleString('en')} bytes; the system passes at most ${most.toLocaleString('en')}`;
    findings.add(['env', name], message, { fix: 'Put the text in a file and pass its name.' });
  }
}

function checkForge({ forge, env }: RawFormula, findings: Findings): void {
  const { api, token_env: token } = forge ?? {};
  if (api !== undefined) checkApi(api, findings);
  if (token === undefined) return;
  if (looksLikeToken(token)) {
    findings.add(['forge', 'token_env'], notAToken.message, { fix: notAToken.fix ?? '' });
  } else if (Object.hasOwn(env ?? {}, token)) {
    findings.add(
      ['env', token],
      `the variable ${quoted(token)} holds the token of the forge, and "env" is no place for it`,
      {
        fix: 'Remove it here: set it where mosaic is run, or in the file that "env_file" names.',
        onKey: true,
        related: { message: 'it is named here', path: ['forge', 'token_env'] },
      },
    );
  }
}

function checkApi(api: string, findings: Findings): void {
  const at = ['forge', 'api'];
  const url = URL.canParse(api) ? new URL(api) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    findings.add(at, '"api" is not an address', { fix: 'Write one that begins with https:// (or http://).' });
  } else if (url.username !== '' || url.password !== '') {
    findings.add(at, '"api" has a user or a password in it', {
      fix: 'Leave them out, and name the variable that holds the token in "token_env".',
    });
  } else if (/[?#\s]/.test(api)) {
    findings.add(at, '"api" has more than an address in it', {
      fix: 'Leave out spaces and what begins with "?" or "#"; a token belongs into the variable that "token_env" names.',
    });
  }
}

function* commandsOf(raw: RawFormula): Generator<[Path, (string | undefined)[]]> {
  if (raw.command) yield [['command'], raw.command];
  for (const [key, command] of Object.entries(raw.commands ?? {})) {
    if (command !== undefined) yield [['commands', key], command as (string | undefined)[]];
  }
}

/** What ends up in the prompt, in the list of processes or in the environment that a report shows. */
function* shownTexts(raw: RawFormula): Generator<[Path, string | undefined]> {
  yield [['prompt'], raw.prompt];
  for (const [path, command] of commandsOf(raw)) {
    for (const [index, word] of command.entries()) yield [[...path, index], word];
  }
  for (const [name, value] of Object.entries(raw.env ?? {})) yield [['env', name], value];
}

/** Milliseconds of a duration that the schema has taken; the other's where it has not. */
export const durationOf = (text: string | undefined, otherwise: string): number =>
  parseDuration(text ?? otherwise) ?? parseDuration(otherwise) ?? 0;
