import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import {
  formulaList as isList,
  formulaHistory as isHistory,
  formulaRun as isRun,
} from '../../src/generated/validators.js';
import type { EndReason, RunRecord } from '../../src/model/formula.ts';
import { historyJson, historyText } from '../../src/report/formula-history.ts';
import { formulaListJson, formulaListText, runningLine } from '../../src/report/formula-list.ts';
import { replyJson, replyText } from '../../src/report/formula-reply.ts';
import { createRunProgress, runResultJson, runResultText } from '../../src/report/formula-run.ts';
import type { RunProgress } from '../../src/runs/progress.ts';

const start = Date.parse('2026-11-20T08:00:00Z');
const minute = 60_000;

const run = (more: Partial<RunRecord> = {}): RunRecord => ({
  id: '20261120-080000',
  formula: 'gardener',
  file: '/f/gardener.toml',
  pid: 7,
  bootId: 'b',
  startedAt: start,
  begun: true,
  retries: 0,
  phases: [{ phase: 'done', at: start + minute }],
  folder: '/s/runs/20261120-080000',
  ...more,
});
const ended = (reason: EndReason, more: Partial<RunRecord> = {}): RunRecord =>
  run({ endedAt: start + 2 * minute, reason, exitCode: 0, ...more });

/** What a run writes while things happen a minute apart. */
function told(events: readonly RunProgress[], on: { color: boolean; interactive: boolean }): string {
  let text = '';
  let now = start;
  const report = createRunProgress(
    { err: (more) => (text += more), ...on },
    { formula: 'gardener', now: () => now },
  );
  for (const event of events) {
    report(event);
    now += minute;
  }
  return text;
}

const worktree = { repository: '/src/app', path: '/w/1' };
const events: RunProgress[] = [
  { type: 'leftover', run: ended('interrupted', { worktree: { ...worktree, end: 'kept' } }), replies: 2 },
  { type: 'begin', run: run({ worktree }), session: '_formula-gardener', socket: 'mosaic' },
  { type: 'told', what: 'prompt', result: 'sent' },
  { type: 'phase', note: { phase: 'awaiting_ci', at: start } },
  { type: 'command', state: 'begin', phase: 'awaiting_ci', detail: 'ci-wait --all' },
  { type: 'command', state: 'end', phase: 'awaiting_ci', detail: 'ended with 0' },
  { type: 'told', what: 'outcome', result: 'unverified', detail: 'nothing shows it' },
  { type: 'phase', note: { phase: 'dnoe', at: start, unknown: true } },
  { type: 'phase', note: { phase: 'escalate', at: start, detail: 'may\u001b[2J I?' } },
  { type: 'reply', text: 'yes\nand no' },
  { type: 'crash', detail: 'exit 7', retry: 1, of: 2 },
  { type: 'trouble', message: 'the notify command failed', fix: 'Look at it' },
  { type: 'trouble', message: 'its program ended with 6', output: 'no\u001b[2J key\n\nbye\n' },
  { type: 'ending', run: ended('done') },
  { type: 'goes-on' },
  { type: 'command', state: 'begin', phase: 'awaiting_review', detail: '' },
  { type: 'unheard', detail: 'ended with 127: sh: mail: not found' },
  { type: 'told', what: 'reply', result: 'draft', detail: 'nothing was typed', again: true },
  { type: 'end', run: ended('done') },
  { type: 'skipped', formula: 'gardener', why: 'it runs' },
];

describe('an answer', () => {
  it('is shown by its beginning', () => {
    const text = `${'é'.repeat(300)}${'x'.repeat(60_000)}`;
    assert.equal(
      told([{ type: 'reply', text }], { color: false, interactive: false }),
      `gardener +0s: an answer: ${'é'.repeat(300)}… (60,300 characters)\n`,
    );
  });

  it('is for the run that lasts, or where nothing can be typed into its program, for the next', () => {
    const lasts = { formula: 'gardener', run: '20261120-080000', waiting: 1 };
    assert.match(replyText(lasts), /lasts: its agent is told/);
    assert.match(replyText({ ...lasts, isDeaf: true }), /takes no input: the next run has it/);
    assert.equal(replyJson('garden', lasts).to, 'running');
    assert.equal(replyJson('garden', { ...lasts, isDeaf: true }).to, 'next');
  });
});

describe('a run of a formula, as it goes', () => {
  it('is a line for each thing that happens', () => {
    assert.equal(
      told(events, { color: false, interactive: false }),
      `gardener +0s: the run 20261120-080000, whose mosaic had died, is brought to its end; its worktree is kept: /w/1; 2 answers wait again
gardener +1m: the run 20261120-080000 begins in /w/1
gardener +1m: look at it: tmux -L mosaic attach-session -t =_formula-gardener
gardener +2m: told the prompt: sent
gardener +3m: phase awaiting_ci
gardener +4m: the command for awaiting_ci begins: ci-wait --all
gardener +5m: the command for awaiting_ci ended with 0
gardener +6m: told the outcome: unverified (nothing shows it)
gardener +7m: unknown phase dnoe
gardener +8m: phase escalate: may\\x1b[2J I?
gardener +9m: an answer: yes\\nand no
gardener +10m: crashed: exit 7; started again (1 of 2)
gardener +11m: the notify command failed. Look at it
gardener +12m: its program ended with 6
gardener +12m:   | no\\x1b[2J key
gardener +12m:   | 
gardener +12m:   | bye
gardener +13m: done: ending its session
gardener +14m: it works again: its question was answered at its terminal
gardener +15m: the command for awaiting_review begins
gardener +16m: nobody was told of its question: the command for that ended with 127: sh: mail: not found
gardener +17m: could not yet tell the answer: draft (nothing was typed)
`,
    );
  });
  it('has colours on a terminal alone', () => {
    assert.ok(!told(events, { color: true, interactive: false }).includes('\u001b'));
    assert.ok(told(events, { color: true, interactive: true }).includes('\u001b[31mcrashed'));
  });
});

describe('what a run came to', () => {
  it('is said in a few lines', () => {
    assert.equal(
      runResultText({ kind: 'ended', run: ended('done') }, false),
      'gardener: done after 2m\n  phases: done +1m\n',
    );
    const crashed = ended('crashed', {
      exitCode: 3,
      detail: 'exit 7',
      phases: [],
      worktree: { ...worktree, end: 'kept', why: 'it crashed' },
    });
    assert.equal(
      runResultText({ kind: 'ended', run: crashed }, false),
      `gardener: crashed after 2m: exit 7
  worktree kept: /w/1 (it crashed)
  what is left of it: /s/runs/20261120-080000
`,
    );
    assert.equal(
      runResultText({ kind: 'skipped', formula: 'gardener', why: 'a run of it lasts' }, false),
      'gardener: skipped: a run of it lasts\n',
    );
    assert.equal(
      runResultText({ kind: 'planned', formula: 'gardener', prompt: 'Do\u0007 it.\n\tSo.\n' }, false),
      'gardener: would run. Its agent would be told:\n\nDo\\x07 it.\n\tSo.\n',
    );
    assert.match(
      runResultText({ kind: 'planned', formula: 'gardener', prompt: 'Do it.', why: 'it runs' }, false),
      /^gardener: would be skipped: it runs\. /,
    );
  });
  it('is said of every end', () => {
    const reasons: EndReason[] = [
      'done',
      'merged',
      'failed',
      'idle-prompt',
      'idle-timeout',
      'timeout',
      'escalation-timeout',
      'crashed',
      'interrupted',
      'not-started',
    ];
    const heads = reasons.map((reason) =>
      runResultText({ kind: 'ended', run: ended(reason) }, false)
        .split('\n', 1)
        .join(''),
    );
    assert.equal(new Set(heads).size, reasons.length);
    for (const reason of reasons) {
      const json = runResultJson('test', { kind: 'ended', run: ended(reason) });
      assert.ok(isRun(json), JSON.stringify(isRun.errors));
      const runs = [{ run: ended(reason) }];
      const history = historyJson('test', { formula: 'gardener', runs, total: 1, unreadable: 0 });
      assert.ok(isHistory(history), JSON.stringify(isHistory.errors));
    }
  });
  it('is told to programs', () => {
    for (const result of [
      { kind: 'skipped', formula: 'gardener', why: 'it runs' },
      { kind: 'planned', formula: 'gardener', prompt: 'Do it.', why: 'it runs' },
      { kind: 'planned', formula: 'gardener', prompt: 'Do it.' },
      {
        kind: 'ended',
        run: ended('failed', { detail: 'no', worktree: { ...worktree, end: 'removed', rescued: 'refs/x' } }),
      },
    ] as const) {
      const json = runResultJson('test', result);
      assert.ok(isRun(json), JSON.stringify(isRun.errors));
    }
    assert.ok(!isRun({ format_version: 1, fleet: 'test', formula: 'gardener', result: 'maybe' }));
  });
});

describe('formulas in a table', () => {
  const rows = [
    {
      name: 'planner',
      origin: 'fleet' as const,
      everyMs: 6 * 3_600_000,
      next: start + 65 * minute,
      replies: 0,
    },
    {
      name: 'gardener',
      origin: 'installed' as const,
      everyMs: 90_000,
      next: start - 1,
      running: run({ startedAt: start - minute, phases: [] }),
      attach: 'tmux -L mosaic attach-session -t =_formula-gardener',
      last: ended('idle-prompt'),
      replies: 2,
    },
    { name: 'old', origin: 'runs' as const, replies: 0, trouble: 'its record is\u001b damaged' },
  ];
  it('fits whatever the width, and loses no name', () => {
    assert.equal(
      formulaListText(rows, { color: false, columns: Infinity }, start + 10 * minute),
      `FORMULA   EVERY  NEXT    NOW          LAST                       TOOK  REPLIES  NOTE
planner      6h  in 55m
gardener  1m30s  due     running 11m  idle at its prompt 8m ago    2m        2  2 replies wait for the next run
old                                                                             its record is\\x1b damaged

gardener: tmux -L mosaic attach-session -t =_formula-gardener
`,
    );
    for (let columns = 12; columns < 140; columns++) {
      const text = formulaListText(rows, { color: false, columns }, start).split('\n\n', 1).join('');
      for (const line of text.split('\n')) assert.ok(line.length <= columns, `${columns}: ${line}`);
      assert.match(text, /^gardener/m);
    }
  });
  it('is JSON as its schema says', () => {
    const json = formulaListJson('test', rows);
    assert.ok(isList(json), JSON.stringify(isList.errors));
    assert.equal(json.formulas[0]?.next, '2026-11-20T09:05:00Z');
  });
  it('has a line for a report on the fleet', () => {
    assert.equal(runningLine([], start), '');
    assert.equal(
      runningLine([run({ startedAt: start - minute }), run({ formula: 'planner', phases: [] })], start),
      'Formulas running: gardener since 1m (done), planner since 0s\n',
    );
  });
});

it('a history fits whatever the width', () => {
  const runs = [{ run: ended('failed', { detail: 'words '.repeat(30), phases: run().phases }) }];
  const report = { formula: 'gardener', runs, total: 1, unreadable: 0 };
  for (let columns = 12; columns < 140; columns++) {
    const text = historyText(report, { color: false, columns }, start);
    for (const line of text.split('\n')) assert.ok(line.length <= columns, `${columns}: ${line}`);
  }
});
