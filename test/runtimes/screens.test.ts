import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { builtinRuntimes } from '../../src/fleet/runtimes/index.ts';
import { appearanceOf, type Screen } from '../../src/message/appearance.ts';
import type { ScreenPatterns } from '../../src/model/fleet.ts';
import { expected } from './expected.ts';
import { runtimeNames } from './homes.ts';

const folder = new URL('./screens/', import.meta.url);

/** The recorded screens of a runtime, by their names. The first line is the pane's title. */
function screensOf(runtime: string): Map<string, Screen> {
  const place = fileURLToPath(new URL(`${runtime}/`, folder));
  const files = readdirSync(place).sort();
  return new Map(
    files.map((file) => {
      const whole = readFileSync(`${place}${file}`, 'utf8');
      const end = whole.indexOf('\n');
      assert.ok(whole.startsWith('title: '), `${runtime}/${file} begins with a title`);
      return [file.replace(/\.txt$/, ''), { title: whole.slice(7, end), text: whole.slice(end + 1) }];
    }),
  );
}

/** An appearance in the form of the table. */
function told(runtime: string, screen: Screen, draftLike?: string): (string | undefined)[] {
  const seen = appearanceOf(builtinRuntimes[runtime], screen);
  const what = [seen.activity, seen.queued ? 'queued' : '', seen.fresh === true ? 'fresh' : ''];
  const words = what.filter((word) => word !== '').join(' ');
  if (seen.draft === undefined) return [words];
  const isBeginning = draftLike?.endsWith('…') === true && seen.draft.startsWith(draftLike.slice(0, -1));
  return [words, isBeginning ? draftLike : seen.draft];
}

void test('every recorded screen has its line in the table, and every line its screen', () => {
  for (const runtime of runtimeNames)
    assert.deepEqual(Object.keys(expected[runtime] ?? {}).sort(), [...screensOf(runtime).keys()].sort());
});

for (const runtime of runtimeNames)
  for (const [name, screen] of screensOf(runtime)) {
    const line = expected[runtime]?.[name];
    void test(`${runtime}, ${name}: ${line?.join(', ').replaceAll('\n', ' ') ?? 'not in the table'}`, () => {
      assert.deepEqual(told(runtime, screen, line?.[1]), line);
    });
  }

/** Patterns that no screen needs would say nothing when they broke. */
void test('each pattern of a runtime is needed by at least one of its screens', () => {
  const keys = ['ready', 'busy', 'busyTitle', 'queued', 'dialog', 'dialogTitle', 'draft', 'fresh'] as const;
  for (const runtime of runtimeNames) {
    const whole = builtinRuntimes[runtime];
    assert.ok(whole);
    for (const key of keys.filter((one) => whole[one] !== undefined)) {
      const broken = { ...whole, [key]: '(?!)' } satisfies ScreenPatterns;
      // A title and a text may say the same; where one says nothing, the other must do.
      const screens = [...screensOf(runtime).values()];
      const halves = screens.flatMap(({ title, text }) => [
        { title, text: '' },
        { title: '', text },
      ]);
      const differs = [...screens, ...halves].some(
        (screen) =>
          JSON.stringify(appearanceOf(broken, screen)) !== JSON.stringify(appearanceOf(whole, screen)),
      );
      assert.ok(differs, `${runtime}: ${key}`);
    }
  }
});

/** A screen is what an agent prints: none may keep a command busy for long. */
void test('patterns come to an end on screens that were made to tire them', { timeout: 60_000 }, () => {
  const line = (piece: string): string => piece.repeat(Math.ceil(200 / piece.length)).slice(0, 200);
  const pieces = [
    '─',
    ' ',
    '❯ ',
    '› ',
    '! ',
    '→ ',
    '⠼ ',
    '✻ …',
    'Esc to ',
    ' Steering: ',
    '0.0%/2M ',
    '• (1 • esc to interrupt)',
  ];
  for (const runtime of runtimeNames)
    for (const piece of pieces)
      for (const other of pieces) {
        const text = Array.from({ length: 50 }, (_, i) => line(i % 2 === 0 ? piece : other)).join('\n');
        appearanceOf(builtinRuntimes[runtime], { title: line(piece), text });
        const ends = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? piece : other)).join('\n');
        appearanceOf(builtinRuntimes[runtime], { title: '', text: ends });
      }
});
