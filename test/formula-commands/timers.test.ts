/** When timers come next. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseTimers } from '../../src/observe/timers.ts';
import { inWorld } from '../support/supervisors.ts';

test('what systemctl lists: moments in microseconds, never, and what is no list', () => {
  const seen = parseTimers(`[
    {"next": 1795210512345678, "left": 1, "last": 0, "passed": 0, "unit": "a.timer", "activates": "a.service"},
    {"next": 0, "unit": "b.timer"},
    {"next": null, "unit": "c.timer"},
    {"next": 18446744073709551615, "unit": "d.timer"}
  ]`);
  assert.ok(seen.known);
  assert.deepEqual(Object.fromEntries(seen.value), {
    'a.timer': { next: 1_795_210_512_346 },
    'b.timer': {},
    'c.timer': {},
    'd.timer': {},
  });
  for (const text of ['', 'NEXT LEFT LAST', '{}', '[{}]', '[null]'])
    assert.ok(!parseTimers(text).known, text);
});

test('whatever systemctl lists, it throws nothing', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseTimers(text)));
});

inWorld('list: when the timer of the user manager comes next', 'systemd', async (world) => {
  world.writeFleet({ agents: [], formulas: [{ file: 'planner.toml', every: '6h' }] });
  writeFileSync(
    join(world.cwd, 'planner.toml'),
    'name = "planner"\nruntime = "claude"\nrepository = "~/app"\nprompt = "Plan."\n',
  );
  const rows = async () => {
    const { code, stdout, stderr } = await world.mosaic(['formula', 'list', '--json']);
    assert.equal(code, 0, stderr);
    const { formulas } = JSON.parse(stdout) as { formulas: { next?: string; schedule_trouble?: string }[] };
    return formulas.at(0);
  };
  assert.match((await rows())?.schedule_trouble ?? '', /its timer is not there: mosaic apply makes it/);

  const units = join(world.home, '.config/systemd/user');
  mkdirSync(units, { recursive: true });
  const name = 'mosaic-formula-planner';
  const timer = '[Timer]\nOnCalendar=2099-01-02 03:04:05 UTC\n';
  writeFileSync(join(units, `${name}.service`), '[Service]\nType=oneshot\nExecStart=/bin/true\n');
  writeFileSync(join(units, `${name}.timer`), `# mosaic fleet=test\n${timer}`);
  await world.systemctl('daemon-reload');
  const { code, stderr } = await world.systemctl('start', `${name}.timer`);
  assert.equal(code, 0, stderr);
  assert.deepEqual((await rows())?.next, '2099-01-02T03:04:05Z');
  const { stdout } = await world.mosaic(['formula', 'list']);
  assert.match(stdout, /^planner +6h +in \d+d$/m);

  const others: [header: string, whose: RegExp][] = [
    ['# mosaic fleet=second', /^no timer: mosaic-formula-planner\.timer is the timer of the fleet second$/],
    ['# mine', /^no timer: mosaic-formula-planner\.timer is not mosaic's$/],
  ];
  for (const [header, whose] of others) {
    writeFileSync(join(units, `${name}.timer`), `${header}\n${timer}`);
    const row = await rows();
    assert.equal(row?.next, undefined);
    assert.match(row?.schedule_trouble ?? '', whose);
  }
});
