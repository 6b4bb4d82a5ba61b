/** Words of a unit file arrive as they were meant, through the real systemd. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { unitArgument, unitWord } from '../../src/render/quote.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

const NASTY = [
  '',
  ' ',
  'two words',
  "it's",
  '"quoted"',
  '\\',
  'ends in a backslash\\',
  '\\n \\x41 \\u00e9',
  'a\nb',
  '\n[Service]\nExecStart=/bin/false',
  '\t',
  '%',
  '%%',
  '%n %i %h %s',
  '$HOME',
  '${HOME}',
  '$$',
  '#',
  ';',
  '@',
  '-x',
  '*?[a]',
  'Zoë → 日本語',
];

/** systemd itself refuses other control characters in a variable's value. */
const value = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'\'"\\\n\t #{}$;%~`()[]*=-@a0é'.split('')), maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);

let units = 0;

async function arrives(world: World, values: readonly string[]): Promise<void> {
  const name = `quote-${units++}.service`;
  const place = world.path('witness', name);
  const folder = `${world.env['XDG_CONFIG_HOME']}/systemd/user`;
  mkdirSync(place, { recursive: true });
  mkdirSync(folder, { recursive: true });
  const script = `printf "%%s\\\\0" "$$@" > ${place}/arguments; env -0 > ${place}/environment`;
  const lines = [
    '[Service]',
    'Type=oneshot',
    ...values.map((text, index) => `Environment=${unitWord(`V${index}=${text}`)}`),
    `ExecStart=/bin/sh -c '${script}' witness ${values.map(unitArgument).join(' ')}`,
  ];
  writeFileSync(`${folder}/${name}`, `${lines.join('\n')}\n`);
  const { code, stderr } = await world.systemctl('start', name);
  assert.equal(code, 0, `${stderr}\n${lines.join('\n')}`);
  const read = (file: string): string[] => readFileSync(`${place}/${file}`, 'utf8').split('\0').slice(0, -1);
  assert.deepEqual(read('arguments'), values, 'as arguments');
  const variables = new Set(read('environment'));
  for (const [index, text] of values.entries()) {
    assert.ok(variables.has(`V${index}=${text}`), `as a variable: ${JSON.stringify(text)}`);
  }
}

inWorld('every word of a unit arrives byte for byte through the real systemd', 'systemd', async (world) => {
  await arrives(world, NASTY);
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 40, size: 'max' }), (values) =>
      arrives(world, values),
    ),
    { seed: 20_260_102, numRuns: 15 },
  );
});
