import { suggest } from '../base/suggest.ts';
import { listed, quoted } from '../base/text.ts';
import type { Findings } from './findings.ts';
import { patternKeys } from './pattern-keys.ts';
import type { Path } from './places.ts';
import type { RawFleet, RawRuntime } from './raw.ts';
import { builtinRuntimes } from './runtimes/index.ts';

/** One argument, with the byte that ends it, may have 32 pages (execve(2), MAX_ARG_STRLEN). */
export const maxArgumentBytes = 131_071;

/** Checks a program and its arguments one by one. */
export function checkCommand(
  command: (string | undefined)[] | undefined,
  at: Path,
  findings: Findings,
): void {
  for (const [index, argument] of (command ?? []).entries()) {
    if (argument === undefined) continue;
    const place = [...at, index];
    if (index === 0) checkProgram(argument, place, findings);
    const bytes = Buffer.byteLength(argument);
    if (bytes > maxArgumentBytes) {
      const message = `an argument has ${bytes.toLocaleString('en')} bytes; the system passes at most ${maxArgumentBytes.toLocaleString('en')}`;
      findings.add(place, message, { fix: 'Put the text in a file and pass its name.' });
    }
  }
}

function checkProgram(program: string, place: Path, findings: Findings): void {
  if (program === '') {
    findings.add(place, 'the program of a command is empty', {
      fix: 'Begin the list with the name or path of a program.',
    });
  } else if (program.startsWith('-')) {
    const message = `a command begins with the program, and ${quoted(program)} looks like an option`;
    findings.add(place, message, { fix: 'Begin the list with the name or path of a program.' });
  } else if (/\p{Cc}/u.test(program)) {
    findings.add(place, 'the name of a program has a control character in it', {
      fix: 'Remove the character.',
    });
  }
}

/** Checks that the screen patterns of a runtime are regular expressions. */
export function checkPatterns(runtime: RawRuntime, at: Path, findings: Findings): void {
  for (const [key] of patternKeys) {
    const pattern = runtime[key];
    if (pattern === undefined) continue;
    try {
      RegExp(pattern, 'm');
      if (key === 'draft' && groupsOf(pattern) === 0) {
        findings.add([...at, key], '"draft" has no group, and its first group is what stands in the editor', {
          fix: "Put parentheses around that part, as in '^> (.*)$'.",
        });
      }
    } catch (error) {
      const why = error instanceof Error ? error.message.replace(/^.*: /s, '') : String(error);
      const fix = 'Write a JavaScript regular expression; in single quotes a backslash stays one.';
      findings.add([...at, key], `"${key}" is not a regular expression: ${why.toLowerCase()}`, { fix });
    }
  }
}

/** With an empty alternative, whatever a pattern is matches the empty text, and gives all its groups. */
const groupsOf = (pattern: string): number => (RegExp(`${pattern}|`, 'm').exec('')?.length ?? 1) - 1;

/** Says when a runtime that an agent names is not there, or has no command. */
export function checkRuntimeName(name: string, at: Path, raw: RawFleet, findings: Findings): void {
  if (Object.hasOwn(builtinRuntimes, name)) return;
  const own = raw.runtimes ?? {};
  // Refused for another reason, and said so.
  if (findings.wasRefused(['runtimes', name]) || findings.wasRefused(['runtimes'])) return;
  if (Object.hasOwn(own, name)) return;
  const names = [...Object.keys(builtinRuntimes), ...Object.keys(own)];
  const near = suggest(name, names);
  const fix =
    near === undefined
      ? `There are ${listed(names)}; others are added under "runtimes".`
      : `Did you mean ${quoted(near)}?`;
  findings.add(at, `there is no runtime ${quoted(name)}`, { fix });
}

/** Says when a runtime that the file adds has no command. */
export function checkNewRuntimes(raw: RawFleet, findings: Findings): void {
  for (const [name, runtime] of Object.entries(raw.runtimes ?? {})) {
    const at = ['runtimes', name];
    if (
      Object.hasOwn(builtinRuntimes, name) ||
      !runtime ||
      runtime.command ||
      findings.wasRefused([...at, 'command'])
    )
      continue;
    const near = suggest(name, Object.keys(builtinRuntimes));
    const also = near === undefined ? '' : `, or did you mean the built-in ${quoted(near)}?`;
    const fix = `Add its program: "command: [${name}]"${also === '' ? '.' : also}`;
    findings.add(at, `the runtime ${quoted(name)} has no command`, { fix, onKey: true });
  }
}
