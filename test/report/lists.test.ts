import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { event as validEvent, worktrees as validWorktrees } from '../../src/generated/validators.js';
import type { LogEntry } from '../../src/model/outcome.ts';
import { eventJsonLine, eventLine, eventLines } from '../../src/report/events.ts';
import { terminalFor } from '../../src/report/terminal.ts';
import {
  worktreeSummary,
  worktreeTable,
  worktreesJson,
  worktreesJsonText,
} from '../../src/report/worktrees.ts';
import type { WorktreeRow } from '../../src/report/worktrees.ts';

const entry = (more: Partial<LogEntry>): LogEntry => ({
  format_version: 1,
  time: '2026-11-20T21:35:12.345Z',
  fleet: 'factory',
  event: 'apply',
  message: '2 started',
  ...more,
});
const entries = [
  entry({}),
  entry({ event: 'start-session', result: 'failed', agent: 'orchestrator', message: 'ended at once' }),
  entry({ event: 'crash', agent: 'coder0', message: 'signal 9', path: '/state/crashes/coder0/1' }),
];

describe('events', () => {
  it('are aligned lines', () => {
    assert.equal(
      eventLines(entries, { color: false }),
      `2026-11-20T21:35:12Z  -             apply                    2 started
2026-11-20T21:35:12Z  orchestrator  start-session   failed   ended at once
2026-11-20T21:35:12Z  coder0        crash                    signal 9 (/state/crashes/coder0/1)
`,
    );
  });
  it('are aligned one by one as well, coloured by their result', () => {
    assert.equal(
      eventLine(entry({ event: 'start-session', result: 'failed', agent: 'a' }), { color: true }),
      '\u001b[2m2026-11-20T21:35:12Z\u001b[22m  a             \u001b[31mstart-session \u001b[39m  failed   2 started\n',
    );
  });
  it('have their time written as the caller likes', () => {
    const time = (ms: number): string => `<${ms}>`;
    assert.match(eventLine(entry({}), { color: false, time }), /^<1795210512345> {2}- /);
  });
  it('are shown whatever is in the log', () => {
    const odd = entry({
      time: 'never\u001b',
      agent: 'x\n',
      event: '\u0007',
      message: 'a\nb',
      path: '\u202e',
    });
    assert.equal(
      eventLine(odd, { color: false, agents: 4 }),
      'never\\x1b  x\\n   \\x07                     a\\nb (\\u{202e})\n',
    );
  });
  it('are JSON as they are', () => {
    for (const one of entries) {
      assert.deepEqual(JSON.parse(eventJsonLine(one)), one);
      assert.equal(eventJsonLine(one).split('\n').length, 2);
      assert.ok(validEvent(one), JSON.stringify(validEvent.errors));
    }
    assert.ok(!validEvent({ ...entries[0], result: 'maybe' }));
  });
});

const row = (agent: string, more: Partial<WorktreeRow> = {}): WorktreeRow => ({
  agent,
  repository: '/home/ada/app',
  path: `/home/ada/wt/${agent}`,
  branch: `agents/${agent}`,
  state: 'clean',
  modified: 0,
  untracked: 0,
  unpushed: 0,
  ...more,
});
const listed = [
  row('coder0', {
    state: 'dirty',
    modified: 2,
    untracked: 1,
    unpushed: 3,
    ageMs: 7_800_000,
    inUse: 'pid 41',
  }),
  row('reviewer', { ageMs: 200_000_000 }),
];
const { branch: _, ...detached } = row('old', { head: '0123456789abcdef' });
const collected: WorktreeRow[] = [
  { ...listed[0], action: 'kept', reason: 'younger than 24h' } as WorktreeRow,
  row('reviewer', { action: 'removed' }),
  {
    ...detached,
    state: 'dirty',
    modified: 1,
    action: 'rescued-and-removed',
    ref: 'refs/mosaic/rescue/old/1',
  },
];

describe('worktrees', () => {
  it('are listed with what would be lost with them, and where they are', () => {
    assert.equal(
      worktreeTable(listed, { color: false, columns: 100 }),
      `AGENT     STATE  BRANCH           WORK                                   AGE  REASON
coder0    dirty  agents/coder0    2 modified, 1 untracked, 3 unpushed  2h10m  in use: pid 41
reviewer  clean  agents/reviewer                                          2d

coder0: /home/ada/wt/coder0
reviewer: /home/ada/wt/reviewer
`,
    );
  });
  it('are told to be kept, removed or rescued', () => {
    assert.equal(
      worktreeTable(collected, { color: false, columns: 80 }),
      `AGENT     ACTION               STATE  WORK                  REASON
coder0    kept                 dirty  2 modified, 1         in use: pid 41;
                                      untracked, 3          younger than 24h
                                      unpushed
reviewer  removed              clean
old       rescued and removed  dirty  1 modified

coder0: /home/ada/wt/coder0
reviewer: /home/ada/wt/reviewer (was)
old: /home/ada/wt/old (was), saved as refs/mosaic/rescue/old/1
`,
    );
    assert.equal(worktreeSummary(collected), 'Removed 2 worktrees, 1 of them rescued first; kept 1.\n');
    assert.equal(worktreeSummary(listed, { dryRun: true }), 'Would remove 0 worktrees; kept 2.\n');
  });
  it('may be none', () => {
    assert.equal(worktreeTable([], { color: true, columns: 80 }), 'No worktrees.\n');
  });
  it('follow their schema', () => {
    const json: unknown = JSON.parse(worktreesJsonText('factory', [...listed, ...collected]));
    assert.ok(validWorktrees(json), JSON.stringify(validWorktrees.errors));
    assert.equal(worktreesJson('factory', listed).worktrees[0]?.age_seconds, 7800);
    assert.ok(!validWorktrees({ format_version: 1, fleet: 'f', worktrees: [{}] }));
  });
});

describe('the terminal', () => {
  const stream = (more: { isTTY?: boolean; columns?: number }) => ({ write: () => true, ...more });
  const tty = stream({ isTTY: true, columns: 120 });
  const pipe = stream({});
  const of = (stdout: typeof tty, stderr: typeof tty, env: Record<string, string>) => {
    const { color, columns, interactive } = terminalFor({ stdout, stderr }, env);
    return { color, columns, interactive };
  };
  const cases: [string, ReturnType<typeof of>, ReturnType<typeof of>][] = [
    ['a terminal', of(tty, tty, {}), { color: true, columns: 120, interactive: true }],
    ['NO_COLOR', of(tty, tty, { NO_COLOR: '1' }), { color: false, columns: 120, interactive: true }],
    ['an empty NO_COLOR', of(tty, tty, { NO_COLOR: '' }), { color: true, columns: 120, interactive: true }],
    ['TERM=dumb', of(tty, tty, { TERM: 'dumb' }), { color: false, columns: 120, interactive: false }],
    ['pipes', of(pipe, pipe, {}), { color: false, columns: Infinity, interactive: false }],
    [
      'a pipe and COLUMNS',
      of(pipe, tty, { COLUMNS: '90' }),
      { color: false, columns: 90, interactive: true },
    ],
    [
      'COLUMNS that is none',
      of(tty, pipe, { COLUMNS: '-1' }),
      { color: true, columns: 120, interactive: false },
    ],
    ['no width', of(stream({ isTTY: true }), pipe, {}), { color: true, columns: 80, interactive: false }],
  ];
  for (const [name, seen, expected] of cases) it(`with ${name}`, () => assert.deepEqual(seen, expected));
  it('writes to its streams', () => {
    const written: string[] = [];
    const to = (name: string) => ({ write: (text: string) => written.push(`${name}: ${text}`) });
    const terminal = terminalFor({ stdout: to('out'), stderr: to('err') }, {});
    terminal.out('a');
    terminal.err('b');
    assert.deepEqual(written, ['out: a', 'err: b']);
  });
});
