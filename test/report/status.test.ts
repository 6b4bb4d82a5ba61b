import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import type { Agent, Fleet } from '../../src/model/fleet.ts';
import type { Observation, SessionSeen } from '../../src/model/observation.ts';
import { known, unknown } from '../../src/model/source.ts';
import { emptyState } from '../../src/model/state.ts';
import type { AgentRecord } from '../../src/model/state.ts';
import { status as validStatus } from '../../src/generated/validators.js';
import { statusJsonText, statusReport, statusTable, statusText } from '../../src/report/status.ts';
import type { StatusInput, StatusReport, StatusRow } from '../../src/report/status.ts';
import { assertExpected } from './expected.ts';
import { emptyPlan, verdict } from './samples.ts';

const now = Date.UTC(2026, 10, 20, 12);
const minutes = (n: number): number => now - n * 60_000;

const rows: StatusRow[] = [
  {
    agent: 'orchestrator',
    state: 'running',
    wanted: 'running',
    since: minutes(130),
    restarts: 0,
    pid: 41_234,
    memory: 412 * 1024 ** 2,
    worktree: { branch: 'agents/orchestrator', dirty: true, unpushed: 2 },
    task: 'launch/m2',
  },
  {
    agent: 'coder0',
    state: 'pending-restart',
    wanted: 'running',
    since: minutes(3),
    restarts: 1,
    pid: 41_300,
    memory: 1229 * 1024 ** 2,
    worktree: { dirty: false, unpushed: 0 },
    reason: 'pending restart: its definition changed',
    fix: 'mosaic agent restart coder0',
  },
  {
    agent: 'coder1',
    state: 'backoff',
    wanted: 'running',
    since: minutes(0),
    restarts: 3,
    reason: 'its program was ended by signal 9',
    until: now + 40_000,
  },
  { agent: 'old', state: 'stopped', wanted: 'gone', restarts: 0, reason: 'gone from the file' },
];
const report: StatusReport = {
  fleet: 'factory',
  supervisor: 'systemd',
  socket: 'mosaic-factory',
  serverPid: 4242,
  rows,
  missions: [
    {
      mission: 'launch',
      agent: 'orchestrator',
      state: 'working',
      change: 'none',
      reason: 'sess-007 runs',
      conditions: [
        {
          code: 'F9',
          name: 'subagent failure',
          seen: 'T-4\u001b failed',
          done: 'mosaic coord run T-4 retries it',
        },
      ],
      progress: { done: 5, total: 12, pct: 41 },
    },
    {
      mission: 'rewrite',
      agent: 'coder1',
      state: 'held',
      change: 'hold',
      reason: '3 sessions in a row ended without any task changing',
      fix: 'Read the scratchpad.',
      conditions: [],
    },
  ],
};

describe('the status report', () => {
  for (const columns of [40, 80, 160])
    it(`fits ${columns} columns`, () =>
      assertExpected(`status-${columns}.txt`, statusText(report, { columns, color: false }, now)));
  it('is coloured on a terminal', () =>
    assertExpected('status-color.txt', statusText(report, { columns: 160, color: true }, now)));
  it('has no column for reasons when all is well', () => {
    const text = statusTable(rows.slice(0, 1), { columns: 100, color: false }, now);
    assert.equal(
      text,
      `AGENT         STATE    SINCE  RESTARTS    PID  MEMORY  WORKTREE                 TASK
orchestrator  running  2h10m         0  41234    412M  agents/orchestrator* +2  launch/m2
`,
    );
  });
  it('tells an empty fleet and an unobserved server', () => {
    const empty: StatusReport = {
      fleet: 'f',
      socket: 's',
      trouble: 'tmux\u001b did not answer',
      rows: [],
      missions: [],
    };
    assert.equal(
      statusText(empty, { columns: 160, color: false }, now),
      'Fleet f, supervisor not known, tmux -L s, not observed: tmux\\x1b did not answer\n\nNo agents.\n',
    );
  });
  it('follows its schema', () => {
    for (const one of [report, { fleet: 'f', socket: 's', trouble: 'x', rows: [], missions: [] }])
      assert.ok(validStatus(JSON.parse(statusJsonText(one))), JSON.stringify(validStatus.errors));
    assert.ok(!validStatus({ ...JSON.parse(statusJsonText(report)), agents: [{ agent: 'x' }] }));
  });
  it('has everything in its JSON', () => assertExpected('status.json', statusJsonText(report)));
});

const session = (agent: string, more: Partial<SessionSeen> = {}): SessionSeen =>
  ({
    id: '$1',
    name: agent,
    createdAt: minutes(50),
    attached: 0,
    activityAt: minutes(1),
    owner: { fleet: 'factory', agent },
    pane: { id: '%1', pid: 100, dead: false },
    ...more,
  }) as SessionSeen;

const record = (more: Partial<AgentRecord>): AgentRecord => ({ restarts: 0, ...more });
const ended = (at: number) => ({ run: 'r', at, cause: 'crash', definition: '1-0' }) as const;

function input(parts: {
  plan: StatusInput['plan'];
  sessions: SessionSeen[];
  agents: Record<string, AgentRecord>;
  renamedFrom?: Record<string, string>;
  missions?: Observation['missions'];
}): StatusInput {
  const wished = parts.plan.verdicts.map(({ agent: name }) => {
    const renamedFrom = parts.renamedFrom?.[name];
    return { name, ...(renamedFrom !== undefined && { renamedFrom }) } as Agent;
  });
  return {
    plan: parts.plan,
    fleet: {
      name: 'factory',
      tmux: { socketName: 'sock', holderSession: '_holder' },
      agents: wished,
      missions: [{ id: 'launch', agent: 'a', state: 'active' }],
    } as unknown as Fleet,
    observation: {
      tmux: known({ server: { pid: 7, startTime: 1 }, sessions: parts.sessions }),
      state: known({ ...emptyState(), agents: parts.agents }),
      missions: parts.missions ?? new Map(),
    } as unknown as Observation,
    memoryByPid: new Map([[100, 5000]]),
    work: new Map([['a', { branch: 'main', dirty: true, unpushed: 0 }]]),
  };
}

describe('status rows', () => {
  it('join session, history, memory, worktree and mission', () => {
    const { rows: made } = statusReport(
      input({
        plan: emptyPlan({ verdicts: [verdict('a', 'none')] }),
        sessions: [session('a'), session('a', { owner: { fleet: 'other', agent: 'a' }, createdAt: 1 })],
        agents: { a: record({ restarts: 2 }) },
        missions: new Map([
          [
            'launch',
            {
              lock: { kind: 'live' },
              record: known({ sessions: [{ last_task_id: '', milestone_id: 'm1' }] }),
            },
          ],
        ]) as unknown as Observation['missions'],
      }),
    );
    assert.deepEqual(made, [
      {
        agent: 'a',
        state: 'running',
        wanted: 'running',
        restarts: 2,
        since: minutes(50),
        pid: 100,
        memory: 5000,
        worktree: { branch: 'main', dirty: true, unpushed: 0 },
        task: 'launch/m1',
      },
    ]);
  });

  it('tell a dead pane from a live one, and since when', () => {
    const dead = session('b', { pane: { id: '%1', pid: 100, dead: true, diedAt: minutes(5) } });
    const { rows: made } = statusReport(
      input({
        plan: emptyPlan({
          verdicts: [
            verdict('b', 'hold', { status: 'crashed', reason: 'r', fix: 'f' }),
            verdict('c', 'none', { status: 'suspended', reason: 'r' }),
            verdict('d', 'none', { status: 'blocked', reason: 'r' }),
            verdict('e', 'start', { status: 'absent', reason: 'never ran' }),
          ],
        }),
        sessions: [dead],
        agents: {
          c: record({ suspendedAt: minutes(9), ended: ended(minutes(8)) }),
          d: record({ ended: ended(minutes(7)) }),
        },
      }),
    );
    assert.deepEqual(
      made.map(({ agent, since, pid, reason, fix }) => ({ agent, since, pid, reason, fix })),
      [
        { agent: 'b', since: minutes(5), pid: undefined, reason: 'r', fix: 'f' },
        { agent: 'c', since: minutes(9), pid: undefined, reason: 'r', fix: undefined },
        { agent: 'd', since: minutes(7), pid: undefined, reason: 'r', fix: undefined },
        { agent: 'e', since: undefined, pid: undefined, reason: 'never ran', fix: undefined },
      ],
    );
  });

  it('find a renamed agent under its old name until the rename is applied', () => {
    const { rows: made } = statusReport(
      input({
        plan: emptyPlan({ verdicts: [verdict('new', 'rename', { status: 'running' })] }),
        sessions: [session('old')],
        agents: { old: record({ restarts: 4 }) },
        renamedFrom: { new: 'old' },
      }),
    );
    assert.deepEqual(
      made.map(({ pid, restarts }) => ({ pid, restarts })),
      [{ pid: 100, restarts: 4 }],
    );
  });

  it('say why tmux could not be observed', () => {
    const base = input({ plan: emptyPlan(), sessions: [], agents: {} });
    const seen = statusReport(base);
    assert.equal(seen.serverPid, 7);
    const observation = { ...base.observation, tmux: unknown('it hung'), state: unknown('unreadable') };
    const unseen = statusReport({ ...base, observation });
    assert.equal(unseen.trouble, 'it hung');
    assert.equal(unseen.serverPid, undefined);
  });
});
