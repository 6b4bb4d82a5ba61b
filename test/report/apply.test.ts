import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { apply as validApply } from '../../src/generated/validators.js';
import type { ApplyEvent, Outcome } from '../../src/model/outcome.ts';
import type { Action } from '../../src/model/plan.ts';
import { applyJson, applyJsonText, applySummary } from '../../src/report/apply-summary.ts';
import { createProgress } from '../../src/report/progress.ts';
import type { ProgressOptions } from '../../src/report/progress.ts';
import { assertExpected } from './expected.ts';
import { SECRET, action, applyActions, applyPlan, done, emptyPlan, testTerminal } from './samples.ts';
import type { TestTerminal } from './samples.ts';

const { stop, worktree, startA, startB, startC, file, crash } = applyActions;
const plan = applyPlan();

const failed = (one: Action, detail: string, output?: string): Outcome => ({
  action: one,
  result: 'failed',
  detail,
  ...(output !== undefined && { output }),
});
const skipped = (one: Action): Outcome => ({
  action: one,
  result: 'skipped',
  detail: 'make-worktree:c failed',
});

const allDone = Object.values(applyActions).map((one) => done(one));
const oneFailed = [
  done(file),
  done(stop),
  failed(worktree, 'git: branch agents/c is checked out elsewhere', 'fatal: \u001b[31mno\nhint: other'),
  done(crash),
  done(startA),
  done(startB),
  skipped(startC),
];

describe('the end of an apply', () => {
  it('is one sentence when all went well', () => {
    assert.equal(
      applySummary({ plan, outcomes: allDone, durationMs: 1234 }, false),
      'Done: 2 started, 1 restarted, 1 stopped in 1.2s.\n',
    );
  });
  it('tells each failure, its output and what it kept from being done', () => {
    assert.equal(
      applySummary({ plan, outcomes: oneFailed, durationMs: 800 }, false),
      `Done: 1 started, 1 restarted, 1 stopped, 1 failed in 0.8s.
1 failed:
  make the worktree of c: git: branch agents/c is checked out elsewhere
    | fatal: \\x1b[31mno
    | hint: other
    skipped because of it: start c
`,
    );
  });
  it('follows a failure through what waited for it', () => {
    const one = action('write-file', { id: 'one', path: '/one' });
    const two = action('make-worktree', { id: 'two', agent: 'a', needs: ['one', 'elsewhere'] });
    const three = action('start-session', { id: 'three', agent: 'a', needs: ['two'] });
    const outcomes = [failed(one, 'no space'), skipped(two), skipped(three)];
    assert.equal(
      applySummary({ plan, outcomes, durationMs: 0 }, false),
      `Done: nothing done, 1 failed in 0.0s.
1 failed:
  write /one: no space
    skipped because of it: make the worktree of a, start a
`,
    );
  });
  it('tells what an interruption left', () => {
    assert.equal(
      applySummary(
        { plan, outcomes: [done(stop), done(worktree)], durationMs: 400, left: [startA, startC] },
        false,
      ),
      `Interrupted: 1 stopped in 0.4s.
2 left, for the next apply:
  start a
  start c
`,
    );
  });
  it('tells who asked for it that no later apply knows of it', () => {
    const result = { plan, outcomes: [done(stop)], durationMs: 400, left: [startA], asked: new Set(['a']) };
    assert.equal(
      applySummary(result, false),
      `Interrupted: 1 stopped in 0.4s.
1 left. Run it again: an apply alone does not know what was asked for.
  start a
`,
    );
  });
  it('counts on the next apply for what was asked of others', () => {
    const result = { plan, outcomes: [done(stop)], durationMs: 400, left: [startA], asked: new Set(['b']) };
    assert.match(applySummary(result, false), /^1 left, for the next apply:$/m);
  });
  it('counts steps where no agent changed', () => {
    const outcomes = [done(file), done(action('reload-units', {}))];
    assert.equal(
      applySummary({ plan: emptyPlan(), outcomes, durationMs: 50 }, true),
      '\u001b[32mDone:\u001b[39m 2 steps done in 0.1s.\n',
    );
  });
  it('follows its schema, and names no secret', () => {
    const results = [
      { plan, outcomes: allDone, durationMs: 1234.5 },
      { plan, outcomes: oneFailed, durationMs: 800 },
      { plan, outcomes: [done(stop)], durationMs: 400, left: [startA] },
    ];
    for (const result of results) {
      const text = applyJsonText(result);
      assert.ok(validApply(JSON.parse(text)), JSON.stringify(validApply.errors));
      assert.ok(!text.includes(SECRET));
    }
    assert.deepEqual(
      results.map((result) => applyJson(result).result),
      ['done', 'failed', 'interrupted'],
    );
    assert.ok(!validApply({ ...applyJson({ plan, outcomes: [], durationMs: 0 }), result: 'odd' }));
  });
});

/** A whole apply with a crash, a failure and a retry, a tenth of a second between its events. */
const events: ApplyEvent[] = [
  { type: 'begin', total: 7, starts: 3 },
  { type: 'working', actions: [file] },
  { type: 'outcome', outcome: done(file) },
  { type: 'working', actions: [stop] },
  { type: 'outcome', outcome: done(stop) },
  { type: 'outcome', outcome: done(crash) },
  { type: 'retry', what: 'git worktree add', attempt: 2, why: 'index.lock exists' },
  { type: 'working', actions: [worktree] },
  { type: 'outcome', outcome: failed(worktree, 'no space') },
  { type: 'outcome', outcome: skipped(startC) },
  { type: 'working', actions: [startA, startB] },
  { type: 'outcome', outcome: done(startA) },
  { type: 'outcome', outcome: done(startB) },
  { type: 'end', outcomes: oneFailed, durationMs: 1300 },
];

function play(terminal: TestTerminal, options: Partial<ProgressOptions> = {}, stepMs = 100): TestTerminal {
  let now = 0;
  const progress = createProgress(terminal, { plan, now: () => now, ...options });
  for (const event of events) {
    progress.event(event);
    now += stepMs;
  }
  return terminal;
}

describe('progress', () => {
  it('is a line for each thing that matters where there is no terminal', () => {
    const { written } = play(testTerminal());
    assert.equal(
      written.err,
      `stopped old
crashed b by signal 9, worktree kept: /wt/b
retrying git worktree add (attempt 2): index.lock exists
failed to make the worktree of c: no space
started a
restarted b
`,
    );
    assert.match(written.out, /^Done: 1 started, 1 restarted, 1 stopped, 1 failed in 1\.3s\.\n1 failed:\n/);
  });

  it('tells every step when asked', () => {
    const { written } = play(testTerminal(), { verbose: true });
    assert.match(written.err, /^done: write \/f\nstopped old\n/);
    assert.match(written.err, /\nskipped: start c: make-worktree:c failed\n/);
  });

  it('leaves the summary to the caller when asked', () => {
    assert.equal(play(testTerminal(), { quiet: true }).written.out, '');
  });

  it('is one line on a terminal, redrawn, with what lasts above it', () =>
    assertExpected('progress.txt', play(testTerminal({ interactive: true, columns: 40 })).written.err));

  it('draws seldom, however many events there are', () => {
    const { err } = play(testTerminal({ interactive: true }), {}, 1).written;
    // The first one, and again below the two lines that stay.
    assert.equal(err.match(/\[0 of 3 started, 0\.0s\]/g)?.length, 3);
  });

  it('keeps its clock going between events, and goes away when there is no end', () => {
    const terminal = testTerminal({ interactive: true });
    let now = 0;
    const progress = createProgress(terminal, { plan, now: () => now });
    progress.tick();
    assert.equal(terminal.written.err, '');
    progress.event({ type: 'working', actions: [startA] });
    now = 5000;
    progress.tick();
    progress.tick();
    progress.close();
    progress.close();
    assert.equal(terminal.written.err, '\r\u001b[2K[0.0s] starting a\r\u001b[2K[5.0s] starting a\r\u001b[2K');
  });

  it('tells what an interruption left', () => {
    const terminal = testTerminal();
    const progress = createProgress(terminal, { plan, now: () => 0 });
    progress.event({ type: 'interrupted', left: [startB] });
    progress.event({ type: 'end', outcomes: [done(startA)], durationMs: 100 });
    assert.equal(
      terminal.written.out,
      'Interrupted: 1 started in 0.1s.\n1 left, for the next apply:\n  start b\n',
    );
  });

  it('lets no control character of an outcome through', () => {
    const terminal = testTerminal();
    const progress = createProgress(terminal, { plan, now: () => 0, verbose: true });
    const bad = 'x\u001b[2J\n';
    const one = action('remove-worktree', { agent: bad, path: bad });
    for (const result of ['done', 'failed', 'skipped'] as const)
      progress.event({ type: 'outcome', outcome: { action: one, result, detail: bad } });
    progress.event({ type: 'retry', what: bad, attempt: 2, why: bad });
    assert.equal(terminal.written.err.split('\n').length, 5);
    assert.doesNotMatch(terminal.written.err.replaceAll('\n', ''), /\p{Cc}/u);
  });
});
