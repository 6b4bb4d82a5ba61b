import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { builtinRuntimes } from '../../src/fleet/runtimes/index.ts';

interface Schema {
  $ref?: string;
  description?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  $defs?: Record<string, Schema>;
}

const read = (file: string): Schema =>
  JSON.parse(readFileSync(new URL(`../../schemas/${file}`, import.meta.url), 'utf8')) as Schema;
const schema = read('fleet.schema.json');

function follow(root: Schema, from: Schema): Schema {
  if (from.$ref === undefined) return from;
  let found: unknown = root;
  for (const part of from.$ref.slice(2).split('/')) found = (found as Record<string, unknown>)[part];
  return {
    ...follow(root, found as Schema),
    ...(from.description !== undefined && { description: from.description }),
  };
}

/** Every property of a schema with its path. */
function* properties(root: Schema, from: Schema, path = ''): Generator<[string, Schema]> {
  const here = follow(root, from);
  for (const [key, property] of Object.entries(here.properties ?? {})) {
    yield [`${path}.${key}`, follow(root, property)];
    yield* properties(root, property, `${path}.${key}`);
  }
  if (here.items) yield* properties(root, here.items, `${path}[]`);
  if (typeof here.additionalProperties === 'object')
    yield* properties(root, here.additionalProperties, `${path}.*`);
}

for (const file of ['fleet.schema.json', 'problems.schema.json']) {
  test(`${file}: every key has a description, every mapping is closed or says what its values are`, () => {
    const root = read(file);
    const all = [...properties(root, root)];
    assert.ok(all.length > 5);
    for (const [path, property] of all) {
      assert.ok(property.description, `${path} has a description`);
      if (property.type === 'object')
        assert.notEqual(property.additionalProperties ?? true, true, `${path} is closed`);
    }
  });
}

test('defaults take every field of an agent but its names', () => {
  const agent = Object.keys(follow(schema, { $ref: '#/$defs/agent' }).properties ?? {});
  const defaults = Object.keys(schema.properties?.['defaults']?.properties ?? {});
  assert.deepEqual(defaults.sort(), agent.filter((key) => key !== 'name' && key !== 'renamed_from').sort());
});

const screens: Record<
  string,
  { ready: string[]; busy: string[]; limits: [string, string | undefined][]; fine: string[] }
> = {
  claude: {
    ready: ['────\n❯ \n────', '────\n❯ Try "edit app.ts"\n────'],
    busy: ['loading', ' ❯ 1. Yes, I trust this folder', '❯ 1. Yes\n  2. No'],
    limits: [
      ["  ⎿  You've hit your limit · resets 7pm (UTC)", '7pm (UTC)'],
      ["You've hit your session limit · resets 8:30pm (Asia/Tokyo)", '8:30pm (Asia/Tokyo)'],
      ['  ⎿  Claude usage limit reached. Your limit will reset at 9am (America/Chicago).', undefined],
      ['● Claude AI usage limit reached', undefined],
    ],
    fine: ['● I looked at what happens when "You\'ve hit your limit" is printed', '❯ what is a usage limit?'],
  },
  codex: {
    ready: ['\n› Explain this codebase'],
    busy: ['starting', '› 1. Yes, proceed (y)\n\n  Press enter to confirm or esc to cancel'],
    limits: [
      [
        "■ You've hit your usage limit. Upgrade to Pro (https://x) or try again in 5 days 22 hours 11\nminutes.",
        '5 days 22 hours 11\nminutes',
      ],
      [
        "■ You've hit your usage limit. Visit https://x to purchase more credits or try again at Jul 5th, 2026 8:19 PM.",
        'Jul 5th, 2026 8:19 PM',
      ],
      ["■ You've hit your usage limit.", undefined],
    ],
    fine: ["• You've hit your usage limit is what the test prints"],
  },
  pi: {
    ready: ['~/app (main)\n0.0%/200k (auto)     some-model', '?/1.0M  x'],
    busy: ['pi v0.73.1', 'https://example.com/200'],
    limits: [
      [' Error: You have hit your ChatGPT usage limit (plus plan). Try again in ~47 min.', '~47 min'],
      [' Error: 429 {"type":"error","error":{"type":"rate_limit_error"}}', undefined],
      [' Error: Codex error: {"type":"error","error":{"type":"usage_limit_reached"}}', undefined],
    ],
    fine: [' Error: ENOENT: no such file', 'the API answers 429 when the rate limit is hit'],
  },
  shell: {
    ready: ['$ ', '# ', 'user@host:~$ ', 'done\n$'],
    busy: ['step 1', '$ sleep 5'],
    limits: [],
    fine: [],
  },
};

for (const [name, { ready, busy, limits, fine }] of Object.entries(screens)) {
  test(`${name}: its screens are recognised`, () => {
    const runtime = builtinRuntimes[name];
    assert.ok(runtime?.ready);
    for (const screen of ready) assert.match(screen, new RegExp(runtime.ready, 'm'));
    for (const screen of busy) assert.doesNotMatch(screen, new RegExp(runtime.ready, 'm'));
    for (const [screen, until] of limits) {
      const match = new RegExp(runtime.limit ?? '(?!)', 'm').exec(screen);
      assert.ok(match, screen);
      if (until !== undefined) assert.equal(match[1], until);
    }
    for (const screen of fine) assert.doesNotMatch(screen, new RegExp(runtime.limit ?? '(?!)', 'm'));
  });
}
