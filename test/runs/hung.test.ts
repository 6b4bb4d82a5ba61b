/** A tmux that does not answer while a run ends. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ExecResult, Host } from '../../src/host/host.ts';
import { realHost } from '../../src/host/real.ts';
import type { Fleet } from '../../src/model/fleet.ts';
import { formulaPlaces, runPlaces, type RunRecord } from '../../src/model/formula.ts';
import { placesOf } from '../../src/model/places.ts';
import { conclude } from '../../src/runs/conclude.ts';
import type { RunContext } from '../../src/runs/context.ts';
import { RunError } from '../../src/runs/error.ts';
import { endLeftover } from '../../src/runs/leftover.ts';
import { readCurrent, readHistory, writeCurrent } from '../../src/runs/record.ts';

test('a run whose session may be there still is left to the next one, which begins when it has ended it', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'mosaic-hung-'));
  t.after(() => rmSync(home, { recursive: true }));
  const real = realHost();
  let hangs = Number.POSITIVE_INFINITY;
  let asked = 0;
  const hung: ExecResult = { stdout: '', stderr: '', failure: 'timeout', message: 'tmux: no answer' };
  const gone: ExecResult = { stdout: '', stderr: 'no server running on nothing', code: 1 };
  const host: Host = {
    ...real,
    exec: () => Promise.resolve(asked++ < hangs ? hung : gone),
    clock: { ...real.clock, sleep: () => Promise.resolve() },
  };
  const fleet = { name: 'garden', tmux: { socketName: 'none' } } as Fleet;
  const places = placesOf('garden', { home, env: {} });
  const { signal } = new AbortController();
  const context: RunContext = { host, fleet, places, supervisor: 'none', signal };
  const own = formulaPlaces(places, 'gardener');
  const { folder } = runPlaces(own, '20261121-100000');
  host.files.mkdir(folder);
  const run: RunRecord = {
    id: '20261121-100000',
    formula: 'gardener',
    file: '/gardener.toml',
    pid: 1,
    bootId: host.facts.bootId,
    startedAt: 1,
    begun: true,
    retries: 0,
    phases: [],
    folder,
  };
  writeCurrent(host.files, own, run);
  const rest = { mask: (text: string) => text, report: () => {} };

  const { left } = await conclude(context, run, { end: { reason: 'done' }, ...rest });
  assert.match(left ?? '', /tmux/);
  const tries = asked;
  assert.ok(tries >= 3, 'it is tried more than once');
  const kept = readCurrent(host.files, own);
  assert.equal('run' in kept && kept.run.reason, 'done');
  assert.equal(readHistory(host.files, own).runs.length, 0);

  const formula = { name: 'gardener', file: '/gardener.toml', repository: '/garden' };
  const leftover = { ...rest, whole: true };
  await assert.rejects(endLeftover(context, formula, leftover), RunError);
  assert.ok('run' in readCurrent(host.files, own), 'it is not forgotten for another');
  // It answers again, at the second try.
  hangs = asked + 1;
  await endLeftover(context, formula, leftover);
  assert.deepEqual(readCurrent(host.files, own), {});
  assert.deepEqual(
    readHistory(host.files, own).runs.map(({ reason }) => reason),
    ['done'],
  );
});
