/** The units that start an apply by themselves, as texts. */
import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import {
  calendarOf,
  intervalIn,
  nearCalendars,
  renderTriggers,
  TRIGGERS,
  type Trigger,
  type TriggerContext,
} from '../../src/render/triggers.ts';
import { commandWords } from '../../src/render/unit-path.ts';
import { packageFile } from '../../src/host/package.ts';

const templates = Object.fromEntries(
  TRIGGERS.map((trigger) => [trigger, packageFile(`units/mosaic-${trigger}`)]),
) as Record<Trigger, string>;

const context: TriggerContext = {
  fleet: 'factory',
  prefix: 'mosaic',
  file: '/home/u/fleet.yaml',
  followed: false,
  wake: '/home/u/.local/state/mosaic/factory/wake',
  intervalMs: 60_000,
  programs: { node: '/usr/bin/node', mosaic: '/opt/mosaic/dist/mosaic.js', rm: '/usr/bin/rm' },
  path: '"PATH=/usr/bin"',
  env: [['XDG_RUNTIME_DIR', '/run/user/1000']],
};

const render = (change: Partial<TriggerContext> = {}): Map<Trigger, string> =>
  new Map(renderTriggers(templates, { ...context, ...change }).map(({ trigger, text }) => [trigger, text]));

test('a followed file is watched by who brings it, and one that systemd cannot be told of by the clock alone', () => {
  assert.ok(render().has('fleet.path'));
  assert.equal(render({ followed: true }).has('fleet.path'), false);
  assert.equal(render({ file: '/home/u/ends with a blank ' }).has('fleet.path'), false);
  assert.throws(() => render({ wake: '/a\nb/wake' }), /systemd cannot watch/);
  assert.throws(() => render({ programs: { ...context.programs, node: "/home/o'neill/node" } }), /quote/);
});

test('whatever the paths are, the service runs exactly these words, and each value stays in its line', () => {
  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 12 })
    .filter((text) => !/[\0/]/.test(text));
  fc.assert(
    fc.property(name, name, (one, other) => {
      const file = `/${one}/${other}`;
      const mosaic = `/${other}/m.js`;
      const units = render({ file, programs: { ...context.programs, mosaic } });
      const service = units.get('reconcile.service') ?? '';
      const words = ['apply', '--file', file, '--wait', '5m', '--gates-in', 'mosaic-gates.service'];
      assert.deepEqual(commandWords(service), ['/usr/bin/node', mosaic, ...words]);
      assert.equal(service.split(/[\n\r]/).length, render().get('reconcile.service')?.split('\n').length);
    }),
  );
});

test('the calendar: what divides a minute, an hour or a day, and what is near to the rest', () => {
  const of = (text: Record<string, string | undefined>): void => {
    for (const [seconds, calendar] of Object.entries(text))
      assert.equal(calendarOf(Number(seconds) * 1000), calendar, seconds);
  };
  of({ 1: '*:*:0/1', 30: '*:*:0/30', 60: '*:0/1:0', 900: '*:0/15:0', 3600: '0/1:0:0', 43200: '0/12:0:0' });
  of({ 86400: '*-*-* 0:0:0', 0: undefined, 7: undefined, 90: undefined, 420: undefined, 18000: undefined });
  assert.equal(calendarOf(1500), undefined);
  assert.deepEqual(nearCalendars(420_000), [360_000, 600_000]);
  assert.deepEqual(nearCalendars(100_000_000), [86_400_000]);
  for (const ms of [1000, 60_000, 86_400_000]) {
    const timer = render({ intervalMs: ms }).get('reconcile.timer') ?? '';
    assert.match(timer, /^Persistent=true$/m);
    assert.equal(intervalIn(timer), { 1000: '1s', 60_000: '1m', 86_400_000: '1d' }[ms]);
  }
});
