import { posix } from 'node:path';
import { parseSize } from '../base/size.ts';
import { byteLength } from '../base/text.ts';
import { decode } from '../fleet/decode.ts';
import { Findings } from '../fleet/findings.ts';
import { ordered } from '../fleet/ordered.ts';
import { expandPath } from '../fleet/paths.ts';
import { checkShape } from '../fleet/shape.ts';
import type { Formula, FormulaCommands } from '../model/formula.ts';
import type { Loaded } from '../model/problem.ts';
import { check, durationOf, warn } from './check.ts';
import { defaults } from './defaults.ts';
import { formulaFile } from './kind.ts';
import type { RawCommands, RawFormula } from './raw.ts';
import { masked, withoutTokens } from './secrets.ts';
import { parseToml } from './toml.ts';

export interface FormulaInput {
  /** The file's content, as read. */
  text: string | Uint8Array;
  /** Its absolute path. */
  file: string;
  home: string;
  /** Names of the fleet's runtimes; absent: which one it names is not looked at. */
  runtimes?: readonly string[];
}

/** A person's file; what is longer is none, and would take long to parse. */
const maxBytes = 256 * 1024;

/**
 * Turns the text of a formula into the formula, every default filled in and every path absolute, or into all problems that it has,
 * in the order of their places. Touches nothing and never throws for what the text says. Where there are problems, the text that
 * comes with them shows no secret.
 */
export function loadFormula({ text: input, file, home, runtimes }: FormulaInput): Loaded<Formula> {
  const { text, problem } = decode(input);
  if (problem) return { ok: false, file, text: masked(text, null, undefined), problems: [problem] };
  if (byteLength(text) > maxBytes) return tooLong(text, file);
  const parsed = parseToml(text);
  if ('problem' in parsed)
    return { ok: false, file, text: masked(text, null, undefined), problems: [parsed.problem] };
  const { value, places } = parsed;
  if (Object.keys(value as object).length === 0) return saysNothing(text, file);
  // The check takes out what it refuses, and what may be a secret is to be hidden all the same.
  const shown = masked(text, value, places);
  const { problems, broken } = checkShape(value, places, formulaFile);
  const findings = new Findings(places, broken);
  const raw = value as RawFormula;
  check(raw, { home, folder: posix.dirname(file), runtimes }, findings);
  const all = [...problems, ...findings.problems];
  if (all.length > 0) return { ok: false, file, text: shown, problems: ordered(all).map(withoutTokens) };
  const warnings = new Findings(places, broken);
  warn(raw, warnings);
  return { ok: true, value: resolve(raw, file, home), file, text: shown, warnings: warnings.problems };
}

function tooLong(text: string, file: string): Loaded<Formula> {
  const message = `the file has ${byteLength(text).toLocaleString('en')} bytes, more than the ${maxBytes.toLocaleString('en')} that a formula may have`;
  const range = { line: 1, column: 1, length: 1 };
  const fix = 'Put long texts into files of the repository, and name them in "context".';
  return {
    ok: false,
    file,
    text: masked(text, null, undefined),
    problems: [{ message, fix, path: '', range }],
  };
}

function saysNothing(text: string, file: string): Loaded<Formula> {
  const range = { line: 1, column: 1, length: 1 };
  const fix = 'Give it a name, a runtime, a repository and a prompt; the page on formulas begins with one.';
  return { ok: false, file, text, problems: [{ message: 'the file says nothing', fix, path: '', range }] };
}

/** Of a formula that has passed all checks. */
function resolve(raw: RawFormula, file: string, home: string): Formula {
  const path = (value: string): string => expandPath(value, home, posix.dirname(file));
  const timeoutMs = durationOf(raw.timeout, defaults.timeout);
  const escalationMs =
    raw.escalation_timeout === undefined ? timeoutMs : durationOf(raw.escalation_timeout, '0s');
  const { min_available_memory: memory, forge } = raw;
  return {
    name: raw.name ?? '',
    file,
    runtime: raw.runtime ?? '',
    ...(raw.command && { command: words(raw.command) }),
    unattended: raw.unattended ?? false,
    repository: path(raw.repository ?? ''),
    ...(raw.base !== undefined && { base: raw.base }),
    context: words(raw.context ?? []).map((name) => posix.normalize(name)),
    env: { ...(raw.env as Record<string, string> | undefined) },
    ...(raw.env_file !== undefined && { envFile: path(raw.env_file) }),
    ...(memory !== undefined && {
      minAvailableMemory: typeof memory === 'number' ? memory : (parseSize(memory) ?? 0),
    }),
    timeoutMs,
    idleTimeoutMs: durationOf(raw.idle_timeout, defaults.idleTimeout),
    escalationTimeoutMs: Math.min(escalationMs, timeoutMs),
    lookEveryMs: durationOf(raw.look_every, defaults.lookEvery),
    crashRetries: raw.crash_retries ?? defaults.crashRetries,
    prompt: raw.prompt ?? '',
    commands: commandsOf(raw.commands ?? {}),
    ...(forge?.api !== undefined && {
      forge: { api: forge.api, ...(forge.token_env !== undefined && { tokenEnv: forge.token_env }) },
    }),
  };
}

function commandsOf(raw: RawCommands): FormulaCommands {
  return {
    ...(raw.awaiting_ci && { awaitingCi: words(raw.awaiting_ci) }),
    ...(raw.awaiting_review && { awaitingReview: words(raw.awaiting_review) }),
    ...(raw.report && { report: words(raw.report) }),
    ...(raw.notify && { notify: words(raw.notify) }),
  };
}

const words = (list: readonly (string | undefined)[]): string[] => list.map((word) => word ?? '');
