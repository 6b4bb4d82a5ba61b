import assert from 'node:assert/strict';
import test from 'node:test';
import { layers, violations } from './rules.ts';
import { importsOf, readSources } from './sources.ts';

void test('src keeps its order, and only its own folders touch the machine', () => {
  const sources = readSources();
  assert.ok(sources.size > 50, `only ${sources.size} files were read`);
  assert.deepEqual(violations(sources), []);
});

void test('every folder of the order is there, and no other', () => {
  const folders = new Set([...readSources().keys()].map((path) => String(path.split('/', 1)[0])));
  const known = layers.flat().filter((folder) => folder !== 'generated');
  assert.deepEqual([...folders].sort(), known.sort());
});

void test('imports are found in every form, and not in comments or strings', () => {
  const text = `
    import { a } from './a.ts';
    import type { B } from '../model/b.ts';
    import {
      c,
      type D,
    } from "node:fs";
    import './effect.ts';
    export { e } from './e.ts';
    export * from './f.ts';
    // import { no } from './comment.ts';
    /* import { no } from './block.ts'; */
    const url = 'https://example.org'; const g = await import('./g.ts');
    const h = require('./h.ts');
    const text = "import { no } from 'string'";
  `;
  const found = importsOf('plan/x.ts', text).map(({ specifier, file, typeOnly }) => [
    specifier,
    file,
    typeOnly,
  ]);
  assert.deepEqual(
    new Set(found),
    new Set([
      ['../model/b.ts', 'model/b.ts', true],
      ['./a.ts', 'plan/a.ts', false],
      ['./e.ts', 'plan/e.ts', false],
      ['./effect.ts', 'plan/effect.ts', false],
      ['./f.ts', 'plan/f.ts', false],
      ['./g.ts', 'plan/g.ts', false],
      ['./h.ts', 'plan/h.ts', false],
      ['node:fs', undefined, false],
    ]),
  );
});

/** Each plants one violation; the checker must name exactly that. */
const planted: { files: Record<string, string>; found: string[] }[] = [
  {
    files: { 'plan/a.ts': `import { run } from '../host/real.ts';` },
    found: ['plan/a.ts: plan may not import from host (../host/real.ts)'],
  },
  {
    files: { 'plan/a.ts': `import type { Host } from '../host/host.ts';` },
    found: ['plan/a.ts: plan may not import from host (../host/host.ts)'],
  },
  {
    files: { 'report/a.ts': `const later = await import('../commands/apply.ts');` },
    found: ['report/a.ts: report may not import from commands (../commands/apply.ts)'],
  },
  {
    files: { 'commands/agent/a.ts': `import { observeTmux } from '../../observe/tmux.ts';` },
    found: ['commands/agent/a.ts: may not know what carries messages (../../observe/tmux.ts)'],
  },
  {
    files: { 'transport/a.ts': `import { sshTransport } from './ssh/ssh.ts';` },
    found: ['transport/a.ts: may not know what carries messages (./ssh/ssh.ts)'],
  },
  {
    files: { 'extra/a.ts': '' },
    found: ['extra/a.ts: the folder extra has no place in the order'],
  },
  {
    files: { 'observe/a.ts': `import { readFileSync } from 'node:fs';` },
    found: ['observe/a.ts: observe may not import node:fs'],
  },
  {
    files: { 'observe/a.ts': `import { readFileSync } from 'fs';` },
    found: ['observe/a.ts: observe may not import fs'],
  },
  {
    files: { 'observe/a.ts': `import { promises } from 'node:fs/promises';` },
    found: ['observe/a.ts: observe may not import node:fs/promises'],
  },
  {
    files: { 'apply/a.ts': `import { execa } from 'execa';` },
    found: ['apply/a.ts: apply may not import execa'],
  },
  {
    files: { 'commands/a.ts': `const home = process.env['HOME'];` },
    found: ['commands/a.ts:1: commands may not use process'],
  },
  {
    files: { 'host/a.ts': `\nprocess.exit(1);` },
    found: ['host/a.ts:2: host may not use process.exit'],
  },
  {
    files: { 'host/a.ts': `process.stdout.write('x');` },
    found: ['host/a.ts:1: host may not use printing'],
  },
  {
    files: { 'apply/a.ts': `console.error('x');` },
    found: ['apply/a.ts:1: apply may not use printing'],
  },
  {
    files: { 'plan/a.ts': `const now = Date.now();\nconst date = new Date();` },
    found: ['plan/a.ts:1: plan may not use the clock', 'plan/a.ts:2: plan may not use the clock'],
  },
  {
    files: { 'render/a.ts': `const id = Math.random();` },
    found: ['render/a.ts:1: render may not use chance'],
  },
  {
    files: { 'plan/a.ts': `export const plan = async () => 1;` },
    found: ['plan/a.ts:1: plan may not use waiting'],
  },
  {
    files: { 'base/a.ts': 'a;\n'.repeat(401) },
    found: ['base/a.ts: 401 lines, more than 400'],
  },
  {
    files: {
      'base/a.ts': `import { b } from './b.ts';`,
      'base/b.ts': `import { c } from './c.ts';`,
      'base/c.ts': `import { a } from './a.ts';`,
    },
    found: ['base/a.ts: a circle: base/a.ts -> base/b.ts -> base/c.ts -> base/a.ts'],
  },
];

for (const { files, found } of planted) {
  void test(`finds: ${found[0]}`, () => assert.deepEqual(violations(new Map(Object.entries(files))), found));
}

void test('finds nothing in what is allowed', () => {
  const allowed = {
    'cli/main.ts': `import { run } from '../commands/run.ts';\nprocess.exit(0);`,
    'commands/run.ts': `import { look } from '../observe/look.ts';\nimport { plan } from '../plan/plan.ts';`,
    'observe/look.ts': `import { join } from 'node:path';\nfor (const process of all) use(process.pid);`,
    'host/real.ts': `import { readFileSync } from 'node:fs';\nconst now = Date.now();`,
    'plan/plan.ts': `const date = new Date(now); // not Date.now()\nconst text = 'process.exit';`,
  };
  assert.deepEqual(violations(new Map(Object.entries(allowed))), []);
});
