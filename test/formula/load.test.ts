import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatDuration } from '../../src/base/duration.ts';
import { defaults } from '../../src/formula/defaults.ts';
import { formula as formulaSchema } from '../../src/generated/validators.js';
import type { Formula } from '../../src/model/formula.ts';
import { loadFormula as loadWith } from '../../src/formula/load.ts';
import { bad, good, load, minimal } from './helpers.ts';

const json = (file: string): Schema =>
  JSON.parse(readFileSync(new URL(`../../schemas/${file}`, import.meta.url), 'utf8')) as Schema;

interface Schema {
  description?: string;
  default?: unknown;
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
  $defs?: Record<string, Schema>;
}

test('the least formula has every default', () => {
  assert.deepEqual(good(minimal()), {
    name: 'gardener',
    file: '/work/formulas/a.toml',
    runtime: 'claude',
    unattended: false,
    repository: '/home/u/src/app',
    context: [],
    env: {},
    timeoutMs: 7_200_000,
    idleTimeoutMs: 1_800_000,
    escalationTimeoutMs: 7_200_000,
    lookEveryMs: 10_000,
    crashRetries: 1,
    prompt: 'Weed.',
    commands: {},
  });
});

test('everything that can be said is taken', () => {
  const text = `
# The garden.
name = 'planner-2'
runtime = "codex"
command = ["codex", "{prompt}"]
unattended = true
repository = "../app/"
base = "v1.0"
context = ["./VISION.md", "docs/a/../STYLE.md"]
min_available_memory = "2GiB"
timeout = "1h30m"
idle_timeout = "500s"
escalation_timeout = "20m"
look_every = "2s"
crash_retries = 0
env_file = "$HOME/.config/a.env"
prompt = """
Line one.
  Line "two" \\\\ here.
"""
env.EDITOR = "true"
env.EMPTY = ""

[commands]
awaiting_ci = ["./wait", "--for", "ci"]
awaiting_review = ["wait"]
report = ["git", "log"]
notify = ["notify-send", "come"]

[forge]
api = "https://git.example/api/v1/repos/o/r"
token_env = "FORGE_TOKEN"
`;
  assert.deepEqual(good(text), {
    name: 'planner-2',
    file: '/work/formulas/a.toml',
    runtime: 'codex',
    command: ['codex', '{prompt}'],
    unattended: true,
    repository: '/work/app',
    base: 'v1.0',
    context: ['VISION.md', 'docs/STYLE.md'],
    env: { EDITOR: 'true', EMPTY: '' },
    envFile: '/home/u/.config/a.env',
    minAvailableMemory: 2 * 1024 ** 3,
    timeoutMs: 5_400_000,
    idleTimeoutMs: 500_000,
    escalationTimeoutMs: 1_200_000,
    lookEveryMs: 2000,
    crashRetries: 0,
    prompt: 'Line one.\n  Line "two" \\ here.\n',
    commands: {
      awaitingCi: ['./wait', '--for', 'ci'],
      awaitingReview: ['wait'],
      report: ['git', 'log'],
      notify: ['notify-send', 'come'],
    },
    forge: { api: 'https://git.example/api/v1/repos/o/r', tokenEnv: 'FORGE_TOKEN' },
  });
});

test('ways of TOML to write the same, a byte order mark, CRLF and bytes', () => {
  const wanted = good(minimal('[env]\nA = "1"\n[forge]\napi = "http://h/"\n'));
  const same = [
    minimal('env.A = "1"\nforge.api = "http://h/"\n'),
    minimal('env = { A = "1" }\nforge = { "api" = \'http://h/\' }\n'),
    minimal("forge . api = \"http://h/\"\n[ env ]\n\"A\" = '''1'''\n"),
    `\ufeff${minimal('[env]\nA = "1"\n[forge]\napi = "http://h/"\n')}`,
    minimal('[env]\nA = "1"\n[forge]\napi = "http://h/"').replaceAll('\n', '\r\n'),
  ];
  for (const text of same) {
    assert.deepEqual(good(text), wanted);
    const loaded = load(Buffer.from(text));
    assert.deepEqual(loaded.ok && loaded.value, wanted);
  }
});

test('an escalation waits no longer than the run may take; what is of no use is warned of', () => {
  const loaded = load(minimal('timeout = "10m"\nidle_timeout = "20m"\nescalation_timeout = "30m"\n'));
  assert.ok(loaded.ok);
  assert.equal(loaded.value.escalationTimeoutMs, 600_000);
  assert.deepEqual(
    loaded.warnings.map(({ message, range }) => [message, range?.line]),
    [
      ['"idle_timeout" (20m) is longer than a run may take (10m)', 6],
      ['"escalation_timeout" (30m) is longer than a run may take (10m)', 7],
    ],
  );
  assert.deepEqual((load(minimal('timeout = "10m"\n')) as { warnings?: unknown }).warnings, []);
});

test('a runtime that the fleet has not is told where the fleet is known', () => {
  const input = { text: minimal().replace('"claude"', '"claud"'), file: '/work/a.toml', home: '/home/u' };
  const told = (runtimes: string[]): string[] => {
    const loaded = loadWith({ ...input, runtimes });
    return loaded.ok ? [] : loaded.problems.map(({ message, fix }) => `${message} ${fix ?? ''}`);
  };
  assert.ok(loadWith(input).ok);
  assert.deepEqual(told(['claude', 'codex']), ['the fleet has no runtime "claud" Did you mean "claude"?']);
  assert.deepEqual(told(['pi']), [
    'the fleet has no runtime "claud" There are pi; others are added under "runtimes" of the fleet file.',
  ]);
  assert.deepEqual(told(['claud']), []);
});

test('keys that objects have by themselves are only keys', () => {
  const messages = bad(minimal('toString = 1\n[env]\n__proto__ = "x"\n[constructor]\na = 1\n')).map(
    ({ message }) => message,
  );
  assert.deepEqual(messages, ['the formula has no key "toString"', 'the formula has no key "constructor"']);
  const { env } = good(minimal('[env]\n__proto__ = "x"\nconstructor = "y"\n'));
  assert.deepEqual(Object.entries(env), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
});

test('names of variables are taken for what they are', () => {
  const taken = [
    'FORGE_TOKEN',
    'GITHUB_TOKEN',
    'forge_token_2',
    'A',
    '_X',
    'GITLAB_ACCESS_TOKEN_FOR_THE_GARDENER',
  ];
  for (const name of taken) {
    const { forge } = good(minimal(`[forge]\napi = "https://h"\ntoken_env = "${name}"\n`));
    assert.equal(forge?.tokenEnv, name);
  }
});

test('the schema holds what the loader fills in, and the forms of the fleet file', () => {
  const schema = json('formula.schema.json');
  const told = (key: string): unknown => schema.properties?.[key]?.default;
  assert.deepEqual(
    [told('timeout'), told('idle_timeout'), told('look_every'), told('crash_retries'), told('context')],
    [defaults.timeout, defaults.idleTimeout, defaults.lookEvery, defaults.crashRetries, []],
  );
  const fleet = json('fleet.schema.json').$defs ?? {};
  for (const [name, form] of Object.entries(schema.$defs ?? {})) {
    if (name !== 'formulaName') assert.deepEqual(form, fleet[name], name);
  }
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    assert.ok(property.description, key);
    for (const [inner, { description }] of Object.entries(property.properties ?? {}))
      assert.ok(description, `${key}.${inner}`);
  }
});

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const plainText = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', ''));
const command = fc
  .tuple(word, fc.array(plainText, { maxLength: 3 }))
  .map(([program, args]) => [program].concat(args));
const duration = fc.integer({ min: 1000, max: 600_000_000 });
const generated = fc.record(
  {
    command,
    unattended: fc.boolean(),
    base: word,
    context: fc.uniqueArray(word, { maxLength: 4 }),
    env: fc.dictionary(
      fc.stringMatching(/^[A-Z]{1,8}$/).map((name) => `V_${name}`),
      plainText,
      { maxKeys: 3, noNullPrototype: true },
    ),
    env_file: word.map((name) => `/etc/${name}`),
    min_available_memory: fc.integer({ min: 1, max: 1e12 }),
    timeout: duration,
    idle_timeout: duration,
    look_every: duration,
    crash_retries: fc.integer({ min: 0, max: 20 }),
    commands: fc.record(
      { awaiting_ci: command, awaiting_review: command, report: command, notify: command },
      { requiredKeys: [] },
    ),
    forge: fc.record(
      { api: word.map((host) => `https://${host}/api`), token_env: fc.constantFrom('A_TOKEN', 'B') },
      { requiredKeys: ['api'] },
    ),
    prompt: plainText.map((text) => `Do ${text}`),
  },
  { requiredKeys: ['prompt'] },
);

/** TOML's basic strings are JSON's, but for DEL. */
const string = (text: string): string => JSON.stringify(text).replaceAll('\u007f', '\\u007f');

function toml(value: unknown): string {
  if (typeof value === 'string') return string(value);
  if (Array.isArray(value)) return `[${value.map(toml).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${string(key)} = ${toml(inner)}`)
    .join(', ')} }`;
}

test('a formula that is written is read back', () => {
  fc.assert(
    fc.property(generated, ({ timeout, idle_timeout, look_every, ...given }) => {
      const times = { timeout, idle_timeout, look_every };
      const written = {
        name: 'a',
        runtime: 'claude',
        repository: '/r',
        ...given,
        ...Object.fromEntries(
          Object.entries(times).flatMap(([key, ms]) => (ms === undefined ? [] : [[key, formatDuration(ms)]])),
        ),
      };
      const text = Object.entries(written)
        .map(([key, value]) => `${key} = ${toml(value)}\n`)
        .join('');
      assert.ok(formulaSchema(JSON.parse(JSON.stringify(written))), JSON.stringify(formulaSchema.errors));
      const { commands = {}, forge } = given;
      const expected: Formula = {
        name: 'a',
        file: '/work/formulas/a.toml',
        runtime: 'claude',
        ...(given.command && { command: given.command }),
        unattended: given.unattended ?? false,
        repository: '/r',
        ...(given.base !== undefined && { base: given.base }),
        context: given.context ?? [],
        env: given.env ?? {},
        ...(given.env_file !== undefined && { envFile: given.env_file }),
        ...(given.min_available_memory !== undefined && { minAvailableMemory: given.min_available_memory }),
        timeoutMs: timeout ?? 7_200_000,
        idleTimeoutMs: idle_timeout ?? 1_800_000,
        escalationTimeoutMs: timeout ?? 7_200_000,
        lookEveryMs: look_every ?? 10_000,
        crashRetries: given.crash_retries ?? 1,
        prompt: given.prompt,
        commands: {
          ...(commands.awaiting_ci && { awaitingCi: commands.awaiting_ci }),
          ...(commands.awaiting_review && { awaitingReview: commands.awaiting_review }),
          ...(commands.report && { report: commands.report }),
          ...(commands.notify && { notify: commands.notify }),
        },
        ...(forge && {
          forge: { api: forge.api, ...(forge.token_env !== undefined && { tokenEnv: forge.token_env }) },
        }),
      };
      assert.deepEqual({ ...good(text) }, expected);
    }),
    { numRuns: 400 },
  );
});
