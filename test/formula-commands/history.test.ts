/** What is told of a formula's runs. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { formulaHistory as isHistory } from '../../src/generated/validators.js';
import { HOUR, inScene } from './scene.ts';

interface HistoryJson {
  total: number;
  unreadable: number;
  current?: { run: string; state: string };
  runs: { run: string; reason?: string; screen?: string; phases: { phase: string; detail?: string }[] }[];
}

inScene('history: newest first, with phases, detail and what is kept', async (scene) => {
  const { formula, record, past, path } = scene;
  const start = Date.parse('2026-11-20T08:00:00Z');
  const first = record('gardener', {
    startedAt: start,
    endedAt: start + 14 * 60_000,
    phases: [{ phase: 'done', at: start + 13 * 60_000 }],
  });
  const worktree = { repository: '/src/app', path: '/state/worktrees/_formula-gardener-2' };
  const crashed = record('gardener', {
    startedAt: start + HOUR,
    endedAt: start + HOUR + 125_000,
    reason: 'crashed',
    exitCode: 3,
    retries: 1,
    detail: 'its program ended with 7',
    phases: [
      { phase: 'awaiting_ci', at: start + HOUR + 60_000, detail: 'exit 0' },
      { phase: 'dnoe', at: start + HOUR + 70_000, unknown: true },
    ],
    worktree: { ...worktree, end: 'kept', why: 'it crashed' },
  });
  const rescued = record('gardener', {
    startedAt: start + 2 * HOUR,
    endedAt: start + 2 * HOUR + 1000,
    reason: 'failed',
    exitCode: 1,
    detail: 'no\u001b[31m way',
    phases: [],
    worktree: { ...worktree, end: 'removed', rescued: 'refs/mosaic/rescue/_formula-gardener/1' },
  });
  past(first, crashed, rescued);
  const screen = path('gardener', 'runs', crashed.id, 'screen.txt');
  mkdirSync(dirname(screen), { recursive: true });
  writeFileSync(screen, 'what was to be seen\n');

  const { stdout, stderr } = await formula(['history', 'gardener']);
  assert.equal(stderr, '');
  assert.equal(
    stdout.replaceAll(path(), 'STATE'),
    `RUN              START                 TOOK  END      PHASES                                            DETAIL
20261120-080003  2026-11-20T10:00:00Z    1s  failed                                                     no\\x1b[31m way
20261120-080002  2026-11-20T09:00:00Z    2m  crashed  awaiting_ci +1m (exit 0), unknown phase dnoe +1m  1 restart; its program ended with 7
20261120-080001  2026-11-20T08:00:00Z   14m  done     done +13m

20261120-080003: worktree removed; its work is saved as refs/mosaic/rescue/_formula-gardener/1
20261120-080002: worktree kept: /state/worktrees/_formula-gardener-2 (it crashed)
20261120-080002: screen STATE/gardener/runs/20261120-080002/screen.txt
`,
  );

  const json = await formula(['history', 'gardener', '--json']);
  const data = JSON.parse(json.stdout) as HistoryJson;
  assert.ok(isHistory(data), JSON.stringify(isHistory.errors));
  assert.deepEqual(
    data.runs.map(({ run, reason }) => [run, reason]),
    [
      [rescued.id, 'failed'],
      [crashed.id, 'crashed'],
      [first.id, 'done'],
    ],
  );
  assert.equal(data.runs.at(1)?.screen, screen);
  assert.equal(data.runs.at(1)?.phases.at(1)?.phase, 'dnoe');

  const last = await formula(['history', 'gardener', '-n', '1']);
  assert.match(last.stdout, /^2 older: --last 3$/m);
  assert.ok(!last.stdout.includes(crashed.id), last.stdout);
});

inScene('history: as narrow as the terminal, places whole', async ({ world, record, past }) => {
  const long = '/state/worktrees/a/very/long/way/down/to/where/it/is/_formula-gardener-1';
  past(
    record('gardener', {
      reason: 'crashed',
      detail: 'words that would take much more room than a terminal of that width has for all of them',
      worktree: { repository: '/src/app', path: long, end: 'kept' },
    }),
  );
  const { stdout } = await world.mosaic(['formula', 'history', 'gardener'], { env: { COLUMNS: '60' } });
  const [table = '', places = ''] = stdout.split('\n\n');
  for (const line of table.split('\n')) assert.ok(line.length <= 60, line);
  assert.ok(places.includes(`kept: ${long}\n`), places);
});

inScene('history: what is damaged is passed over, and said', async ({ formula, record, past, path }) => {
  const good = record('gardener');
  past(good);
  appendFileSync(path('gardener', 'history.jsonl'), 'no json\n{"format_version":1,"id":"half');
  const { stdout, stderr } = await formula(['history', 'gardener']);
  assert.ok(stdout.includes(good.id), stdout);
  assert.equal(
    stderr,
    `2 lines of ${path('gardener', 'history.jsonl')} could not be read and were left out.\n`,
  );
  const json = JSON.parse((await formula(['history', 'gardener', '--json'])).stdout) as HistoryJson;
  assert.equal(json.unreadable, 2);
  assert.equal(json.total, 1);

  writeFileSync(path('gardener', 'current.json'), '{"format_version":1,');
  const again = await formula(['history', 'gardener']);
  assert.match(again.stderr, /^Note: .*current\.json is damaged: /m);
  assert.ok(again.stdout.includes(good.id), again.stdout);
});

inScene('history: a run that lasts, one whose mosaic died, one that is over', async (scene) => {
  const { formula, record, past, current } = scene;
  const run = record('gardener', { phases: [] });
  current(run);
  const runs = await formula(['history', 'gardener']);
  assert.match(runs.stdout, new RegExp(`^${run.id} runs since \\S+Z \\(2h\\)$`, 'm'));
  assert.match(runs.stdout, /^No run of gardener has ended yet\.$/m);
  const data = JSON.parse((await formula(['history', 'gardener', '--json'])).stdout) as HistoryJson;
  assert.ok(isHistory(data), JSON.stringify(isHistory.errors));
  assert.deepEqual([data.current?.run, data.current?.state], [run.id, 'running']);

  current(run, false);
  const died = await formula(['history', 'gardener']);
  assert.match(died.stdout, /its mosaic died: the next run ends what is left of it$/m);
  const orphan = JSON.parse((await formula(['history', 'gardener', '--json'])).stdout) as HistoryJson;
  assert.equal(orphan.current?.state, 'orphaned');

  past(run);
  const over = JSON.parse((await formula(['history', 'gardener', '--json'])).stdout) as HistoryJson;
  assert.equal(over.current, undefined);
  assert.equal(over.total, 1);
});

inScene('history: of a formula that nobody knows', async ({ formula, record, past }) => {
  assert.match(
    (await formula(['history', 'gardener'], 64)).stderr,
    /there is no formula "gardener" in the fleet test[^]*None is scheduled here, and none has run\./,
  );
  past(record('gardener'));
  assert.match((await formula(['history', 'gardner'], 64)).stderr, /Did you mean gardener\?/);
  assert.match((await formula(['history', '../x'], 64)).stderr, /there is no formula "\.\.\/x"/);
  assert.match((await formula(['history', 'quite-another'], 64)).stderr, /mosaic formula list/);
});

inScene('history: of no run at all nobody can ask', async ({ formula, record, past }) => {
  past(record('gardener'));
  assert.match((await formula(['history', 'gardener', '--last', '0'], 64)).stderr, /It is at least 1\./);
});
