/** The units that run a formula by the clock, as texts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { EVERY, nearEvery } from '../../src/base/every.ts';
import { packageFile } from '../../src/host/package.ts';
import {
  formulaCronLine,
  formulaOfUnit,
  formulaUnitNames,
  formulaUnits,
  type FormulaUnitsContext,
} from '../../src/render/formula-units.ts';
import { commandWords } from '../../src/render/unit-path.ts';

const context: FormulaUnitsContext = {
  fleet: 'factory',
  prefix: 'mosaic',
  file: '/home/u/fleet.yaml',
  templates: {
    service: packageFile('units/mosaic-formula.service'),
    timer: packageFile('units/mosaic-formula.timer'),
  },
  programs: { node: '/usr/bin/node', mosaic: '/opt/mosaic/dist/mosaic.js' },
  path: '"PATH=/usr/bin"',
  env: [['XDG_RUNTIME_DIR', '/run/user/1000']],
};
const wish = { name: 'gardener', file: '/src/gardener.toml', everyMs: 21_600_000 };

/** Any path, those that a shell, a unit or a crontab could take for something else among them. */
const path = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
    fc.constantFrom('$HOME', '%h', '100%', 'a b', `it's "so"`, '\\', '#', ' ', '\u2028', '$(x)', '%%h', '$$'),
  )
  .filter((text) => !/[\0/]/.test(text))
  .map((text) => `/${text}/f.toml`);

test('whatever the paths are, the service runs exactly these words, and each value stays in its line', () => {
  fc.assert(
    fc.property(path, path, path, (file, fleetFile, mosaic) => {
      const programs = { ...context.programs, mosaic };
      const { service } = formulaUnits({ ...wish, file }, { ...context, file: fleetFile, programs });
      const words = ['formula', 'run', file, '--file', fleetFile];
      assert.deepEqual(commandWords(service), ['/usr/bin/node', mosaic, ...words]);
      const usual = formulaUnits(wish, context).service;
      assert.equal(service.split(/[\n\r]/).length, usual.split(/[\n\r]/).length);
    }),
  );
});

test('a program that systemd would not run is told', () => {
  const programs = { ...context.programs, node: "/home/o'neill/node" };
  assert.throws(() => formulaUnits(wish, { ...context, programs }), /quote/);
});

test('every interval has a calendar and a line of a crontab', () => {
  const calendars = EVERY.map((everyMs) => {
    const { timer } = formulaUnits({ ...wish, everyMs }, context);
    assert.match(timer, /^Persistent=true$/m);
    return /^OnCalendar=(.+)$/m.exec(timer)?.[1];
  });
  const lines = EVERY.map((everyMs) =>
    formulaCronLine({ ...wish, everyMs }, context)
      ?.split(' ')
      .slice(0, 5)
      .join(' '),
  );
  assert.equal(new Set(calendars).size, EVERY.length);
  assert.equal(new Set(lines).size, EVERY.length);
  assert.deepEqual([calendars[0], calendars.at(-1)], ['*:0/1:0', 'Mon *-*-* 0:0:0']);
  assert.deepEqual([lines[0], lines.at(-2), lines.at(-1)], ['* * * * *', '0 0 * * *', '0 0 * * 1']);
  assert.deepEqual(nearEvery(25_200_000), [21_600_000, 28_800_000]);
});

test('a path that no crontab can carry gives no line', () => {
  assert.match(formulaCronLine({ ...wish, file: '/src/100%.toml' }, context) ?? '', /100\\%\.toml/);
  for (const file of ['/src/a\\b.toml', '/src/a\nb.toml', `/${'x'.repeat(1000)}`])
    assert.equal(formulaCronLine({ ...wish, file }, context), undefined);
});

test('the name of a unit says whose it may be', () => {
  const one = { prefix: 'mosaic', formula: 'x-formula-y', kind: 'timer' };
  assert.deepEqual(formulaOfUnit('mosaic', 'mosaic-formula-x-formula-y.timer'), one);
  const other = { prefix: 'mosaic-formula-x', formula: 'y', kind: 'timer' };
  assert.deepEqual(formulaOfUnit('mosaic-formula-x', 'mosaic-formula-x-formula-y.timer'), other);
  assert.equal(formulaOfUnit('a', 'old-formula-y.service')?.prefix, 'old');
  for (const name of [
    'mosaic-formula-.timer',
    'mosaic-formula.y.scope',
    'mosaic-formula-Y.timer',
    'formula-y.timer',
  ])
    assert.equal(formulaOfUnit('mosaic', name), undefined, name);
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/), (formula) => {
      const { service } = formulaUnitNames('p', formula);
      assert.deepEqual(formulaOfUnit('p', service), { prefix: 'p', formula, kind: 'service' });
    }),
  );
});
