import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exitCodeOf } from '../../src/formula/ends.ts';
import { readPhase } from '../../src/formula/phase.ts';
import { PHASES, type EndReason } from '../../src/model/formula.ts';
import { good } from './helpers.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/formulas.md', root), 'utf8');

interface Schema {
  required?: string[];
  default?: unknown;
  properties?: Record<string, Schema>;
}
const schema = JSON.parse(readFileSync(new URL('schemas/formula.schema.json', root), 'utf8')) as Schema;

/** Rows of the table below a heading: their cells. */
function tableBelow(heading: string): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Every key with what the schema says of its default. */
function* keys(from: Schema, before = ''): Generator<[string, string]> {
  for (const [key, property] of Object.entries(from.properties ?? {})) {
    if (property.properties) yield* keys(property, `${before}${key}.`);
    else if (from.required?.includes(key) === true) yield [`\`${before}${key}\``, 'required'];
    else if (property.default === undefined) yield [`\`${before}${key}\``, ''];
    else yield [`\`${before}${key}\``, `\`${JSON.stringify(property.default)}\``];
  }
}

test('the table of keys is that of the schema', () => {
  const rows = tableBelow('Every key');
  assert.deepEqual(
    rows.map(([key, value]) => [key, value]),
    [...keys(schema)],
  );
  for (const [key, , what = ''] of rows) assert.ok(what.length > 15, `${key} is explained`);
});

test('the table of phases has them all', () => {
  const told = tableBelow('How an agent says how far it is').map(([word = '']) =>
    readPhase(`${word.slice(1, -1)}\n`),
  );
  const phases = told.map((reading) => (reading.kind === 'phase' ? reading.phase : reading.kind));
  assert.deepEqual([...phases].sort(), [...PHASES].sort());
});

test('the table of ends has them all, with the exit codes that they have', () => {
  const ends: Record<EndReason, true> = {
    done: true,
    merged: true,
    failed: true,
    'idle-prompt': true,
    'idle-timeout': true,
    timeout: true,
    'escalation-timeout': true,
    crashed: true,
    interrupted: true,
    'not-started': true,
  };
  const told = tableBelow('How a run ends').flatMap(([names = '', code]) =>
    [...names.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => [name, Number(code)]),
  );
  assert.deepEqual(new Set(told.map(([name]) => name)), new Set(Object.keys(ends)));
  assert.equal(told.length, Object.keys(ends).length);
  for (const [name, code] of told) assert.equal(code, exitCodeOf(name as EndReason), String(name));
});

test('its formulas are formulas', () => {
  const blocks = [...page.matchAll(/```toml\n(.*?)```/gs)].map(([, text = '']) => text);
  const [first = '', ...parts] = blocks;
  assert.equal(good(first).name, 'hello');
  assert.ok(parts.length > 0);
  for (const part of parts) assert.ok(good(`${first}${part}`).forge);
});

test('its commands are there, with their options', () => {
  const blocks = [...page.matchAll(/```(?:sh|console)\n(.*?)```/gs)].flatMap(([, text = '']) =>
    text.split('\n'),
  );
  const words = [...page.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);
  const said = [...blocks.map((line) => line.replace(/^\$ /, '')), ...words]
    .filter((line) => line.startsWith('mosaic '))
    .map((line) => line.replace(/\s+#.*$/, ''));
  assert.ok(said.length > 15);
  const helps = new Map<string, string>();
  for (const line of said) {
    const verb = /^mosaic ((?:(?:formula|fleet|worktree) )?[a-z]+)/.exec(line)?.[1] ?? '';
    const text = helps.get(verb) ?? help(verb);
    helps.set(verb, text);
    assert.match(text, new RegExp(`^Usage: mosaic ${verb} `), line);
    for (const [option] of line.matchAll(/(?<= )--[a-z-]+/g)) assert.ok(text.includes(option), line);
  }
});

const help = (verb: string): string => {
  const mosaic = fileURLToPath(new URL('dist/mosaic.js', root));
  return spawnSync(process.execPath, [mosaic, ...verb.split(' '), '--help'], { encoding: 'utf8' }).stdout;
};

test('its links and paths lead somewhere', () => {
  const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, target]) => target ?? '');
  assert.ok(links.length >= headings.length);
  for (const target of links) assert.ok(headings.includes(target), target);
  for (const path of ['examples/formulas/', 'schemas/formula.schema.json'])
    assert.ok(page.includes(path) && existsSync(new URL(path, root)));
});
