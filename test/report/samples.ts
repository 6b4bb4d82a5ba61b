/** Data that the reports' tests share. */
import type { Outcome } from '../../src/model/outcome.ts';
import type { Action, ActionKind, ActionOf, Plan, Verdict } from '../../src/model/plan.ts';
import type { Terminal } from '../../src/report/terminal.ts';

/** A terminal that keeps what was written to it. */
export interface TestTerminal extends Terminal {
  written: { out: string; err: string };
}

export function testTerminal(options: Partial<Omit<Terminal, 'out' | 'err'>> = {}): TestTerminal {
  const written = { out: '', err: '' };
  return {
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    color: false,
    columns: 80,
    interactive: false,
    ...options,
    written,
  };
}

/** Stands in the content of files, never in what may be shown of them. */
export const SECRET = 'sk-very-secret-value';

export const verdict = (agent: string, change: Verdict['change'], more: Partial<Verdict> = {}): Verdict => ({
  agent,
  wanted: 'running',
  rule: 'test',
  status: change === 'none' ? 'running' : 'absent',
  change,
  reason: 'session live',
  ...more,
});

/** An action with only what reports read of it. */
export const action = <K extends ActionKind>(kind: K, fields: Partial<ActionOf<K>>): Action => {
  const subject = 'agent' in fields ? fields.agent : 'path' in fields ? fields.path : 'fleet';
  return {
    kind,
    id: `${kind}:${subject}`,
    needs: [],
    reason: 'as the file says',
    ...fields,
  } as Action;
};

export const emptyPlan = (more: Partial<Plan> = {}): Plan => ({
  fleet: 'factory',
  supervisor: 'systemd',
  actions: [],
  verdicts: [],
  holds: [],
  definitions: [],
  missions: [],
  verifications: [],
  ...more,
});

const agentFile = (agent: string): string => `/home/ada/.config/mosaic/fleet/factory/agents/${agent}.tmux`;

const startSession = (agent: string, needs: string[] = []): Action =>
  action('start-session', { agent, needs });

const stopSession = (agent: string, because: 'stop' | 'restart'): Action =>
  action('stop-session', { agent, because });

const writeFile = (path: string, before: string | undefined, after: string): Action =>
  action('write-file', {
    path,
    mode: 0o600,
    content: after.replaceAll('(secret)', SECRET),
    shown: before === undefined ? { after } : { before, after },
  });

/** One agent of every kind. */
export const mixedPlan = (): Plan =>
  emptyPlan({
    verdicts: [
      verdict('coder0', 'start', { reason: 'no session: never ran' }),
      verdict('coder1', 'restart', { reason: 'its program ended with status 1; restart 2 of 5' }),
      verdict('coder2', 'hold', {
        status: 'pending-restart',
        reason: 'pending restart: its definition in the file is not the one that it runs with',
        fix: 'mosaic agent restart coder2',
      }),
      verdict('coder3', 'none'),
      verdict('reviewer', 'conflict', {
        status: 'conflict',
        reason: 'a session of this name is not ours',
        fix: 'end it, or take it over with --adopt reviewer',
      }),
      verdict('lost', 'unknown', {
        status: 'unknown',
        reason: 'its worktree could not be observed: git timed out',
      }),
      verdict('found', 'adopt', { reason: 'live, and its lock is missing' }),
      verdict('fresh', 'rename', { reason: 'renamed from stale' }),
      verdict('over', 'record', { status: 'completed', reason: 'its program ended with status 0' }),
      verdict('old', 'stop', { wanted: 'gone', reason: 'gone from the file' }),
    ],
    holds: [{ subject: 'holder', reason: 'its unit changed', fix: 'mosaic down, then mosaic apply' }],
    definitions: [
      {
        agent: 'coder2',
        before: { command: ['claude'], env: { EDITOR: 'vim' }, memory_max: 4294967296 },
        after: { command: ['claude', '--resume'], env: { EDITOR: 'vim' }, memory_max: 4294967296 },
      },
      { agent: 'coder1', after: { command: ['codex'] } },
    ],
    actions: [
      writeFile(agentFile('coder0'), undefined, '# factory\nset -e TOKEN=(secret)\n'),
      writeFile(
        '/home/ada/.config/systemd/user/mosaic-agent@.service',
        'a\nb\nc\nd\ne\nf\n',
        'a\nb\nc\nd\nE\nf\n',
      ),
      action('remove-file', { path: agentFile('old'), shown: { before: 'x\n' } }),
      action('start-holder', { how: 'unit' }),
      stopSession('old', 'stop'),
      action('remove-worktree', { agent: 'old', repository: '/home/ada/app', path: '/home/ada/wt/old' }),
      stopSession('coder1', 'restart'),
      startSession('coder1', ['stop-session:coder1']),
      startSession('coder0', ['start-holder:fleet']),
    ],
  });

/** Actions of a small apply: three starts, one with a worktree, and a stop. */
export const applyActions = {
  stop: stopSession('old', 'stop'),
  worktree: action('make-worktree', { agent: 'c', repository: '/r', path: '/wt/c' }),
  startA: startSession('a'),
  startB: startSession('b'),
  startC: startSession('c', ['make-worktree:c']),
  file: writeFile('/f', undefined, 'x\n'),
  crash: action('record-end', {
    agent: 'b',
    ended: { run: 'r', at: 0, cause: 'crash', signal: 9, definition: '1-0' },
    restarts: 1,
    workplace: '/wt/b',
    worktree: true,
    outage: false,
  }),
};

export const applyPlan = (): Plan =>
  emptyPlan({
    verdicts: [verdict('a', 'start'), verdict('b', 'restart'), verdict('c', 'start'), verdict('old', 'stop')],
    actions: Object.values(applyActions),
  });

export const done = (action: Action, detail?: string): Outcome => ({
  action,
  result: 'done',
  ...(detail !== undefined && { detail }),
});
