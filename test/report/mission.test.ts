/** The dashboard of a mission, as text of a known width, and as data. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import stringWidth from 'string-width';
import { coordMission as isMission, coordStatus as isStatus } from '../../src/generated/validators.js';
import { known } from '../../src/model/source.ts';
import {
  missionPlaces,
  type MilestoneEntry,
  type MissionFile,
  type MissionLock,
  type MissionSeen,
  type SessionEntry,
  type Task,
  type TaskStatus,
} from '../../src/model/mission.ts';
import { missionJson, reportJson, statusJson } from '../../src/report/mission-json.ts';
import { bar, sessionSentence, viewOf } from '../../src/report/mission-parts.ts';
import { missionText } from '../../src/report/mission.ts';
import { assertExpected } from './expected.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const MINUTE = 60_000;
const at = (minutesAgo: number): string => new Date(NOW - minutesAgo * MINUTE).toISOString();

const task = (id: string, status: TaskStatus, milestone: string, description: string): Task => ({
  id,
  status,
  milestone,
  description,
  pr: '',
  notes: '',
  line: 10,
});

const milestone = (id: string, name: string, status: MilestoneEntry['status']): MilestoneEntry => ({
  id,
  name,
  status,
});

function session(
  n: number,
  minutesAgo: number,
  minutes: number | undefined,
  more: Partial<SessionEntry> = {},
): SessionEntry {
  return {
    session_id: `sess-${String(n).padStart(3, '0')}`,
    runtime: 'claude',
    pid: 4000 + n,
    started_at: at(minutesAgo),
    ...(minutes === undefined
      ? { ended_at: '', ended_reason: '' as const }
      : {
          ended_at: at(minutesAgo - minutes),
          ended_reason: 'premature' as const,
          duration_seconds: minutes * 60,
        }),
    milestone_id: 'M2',
    last_task_id: 'CO-5',
    ...more,
  };
}

const record: MissionFile = {
  mission_id: 'checkout-v2',
  name: 'Checkout v2',
  status: 'active',
  quality_gates: 'pnpm lint && pnpm test',
  milestones: [
    milestone('M1', 'Schema', 'completed'),
    milestone('M2', 'API for carts, prices and payments of every kind there is', 'in-progress'),
    milestone('M3', '結帳画面 🛒', 'pending'),
    milestone('M4', 'Launch', 'blocked'),
  ],
  sessions: [
    session(1, 900, 62, { milestone_id: 'M1', last_task_id: 'CO-2', ended_reason: 'completed' }),
    session(2, 600, 95, { ended_reason: 'handoff' }),
    session(3, 300, 12, { idle: true }),
    session(4, 240, 8, { runtime: 'codex', ended_reason: 'crashed' }),
    session(5, 45, undefined, { agent: 'mos-claude' }),
  ],
};

const tasks: Task[] = [
  task('CO-1', 'done', 'M1', 'Tables'),
  task('CO-2', 'done', 'M1', 'Migrations'),
  task('CO-3', 'done', 'M2', 'Carts'),
  task('CO-4', 'cancelled', 'M2', 'Coupons'),
  task(
    'CO-5',
    'in-progress',
    'M2',
    'Prices, with every tax that there is and some that there are not, in all currencies',
  ),
  task('CO-6', 'failed', 'M2', 'Payments'),
  task('CO-7', 'not-started', 'M3', '画面'),
  task('CO-8', 'blocked', 'M4', 'Launch'),
  task('CO-9', 'not-started', 'M9', 'Nobody asked for it'),
];

const lock: MissionLock = {
  session_id: 'sess-005',
  runtime: 'claude',
  pid: 4005,
  started_at: at(45),
  project_path: '/src/shop',
  agent: 'mos-claude',
};

const seen = (more: Partial<MissionSeen> = {}, of: MissionFile = record): MissionSeen => ({
  places: missionPlaces('/src/shop', of),
  record: known(of),
  tasks: known(tasks),
  lock: { kind: 'live', lock },
  missing: [],
  handoff: false,
  changedAt: NOW - 2 * MINUTE,
  gatesRunning: false,
  branch: 'feat/checkout',
  ...more,
});

const text = (of: MissionSeen, columns: number, color = false): string =>
  missionText(viewOf(of, NOW), { columns, color }, '');

function fits(shown: string, columns: number): void {
  for (const line of shown.split('\n')) {
    const plain = line.replaceAll(/\u001b\[\d+m/g, '');
    assert.ok(stringWidth(plain) <= columns, `${stringWidth(plain)} > ${columns}: ${plain}`);
    assert.equal(plain.trimEnd(), plain);
  }
}

describe('the dashboard of a mission', () => {
  for (const columns of [80, 160])
    it(`fits ${columns} columns`, () => {
      const shown = text(seen(), columns);
      fits(shown, columns);
      assertExpected(`mission-${columns}.txt`, shown);
    });

  it('in colour', () => {
    const shown = text(seen(), 80, true);
    fits(shown, 80);
    assertExpected('mission-color.txt', shown);
    assert.equal(shown.replaceAll(/\u001b\[\d+m/g, ''), text(seen(), 80));
  });

  it('in a pipe nothing is cut', () => assertExpected('mission-pipe.txt', text(seen(), Infinity)));

  it('after a crash', () =>
    assertExpected('mission-dead.txt', text(seen({ lock: { kind: 'dead', lock, why: 'gone' } }), 80)));

  it('fresh, with files missing', () => {
    const fresh = {
      ...record,
      milestones: record.milestones.map(({ id, name }) => milestone(id, name, 'pending')),
      sessions: [],
    };
    const shown = text(
      seen({ lock: { kind: 'none' }, tasks: known(undefined), missing: ['tasks'] }, fresh),
      80,
    );
    fits(shown, 80);
    assertExpected('mission-fresh.txt', shown);
  });

  it('with 40 milestones and 200 sessions it stays on a screen', () => {
    const statusOf = (n: number): MilestoneEntry['status'] =>
      n < 17 ? 'completed' : n === 17 ? 'in-progress' : n === 30 ? 'blocked' : 'pending';
    const many = {
      ...record,
      milestones: Array.from({ length: 40 }, (_, n) => milestone(`M${n + 1}`, `Step ${n + 1}`, statusOf(n))),
      sessions: Array.from({ length: 200 }, (_, n) => session(n + 1, 4000 - n * 20, 10)),
    };
    const list = many.milestones.flatMap(({ id, status }) => [
      task(`${id}-a`, status === 'completed' ? 'done' : 'not-started', id, 'One'),
      task(`${id}-b`, status === 'pending' ? 'not-started' : 'done', id, 'Two'),
    ]);
    const shown = text(seen({ lock: { kind: 'none' }, tasks: known(list) }, many), 80);
    fits(shown, 80);
    assert.ok(shown.split('\n').length < 45, shown);
    assertExpected('mission-many.txt', shown);
    // Whoever is last is shown, also when all are completed.
    const over = {
      ...many,
      milestones: many.milestones.map(({ id, name }) => milestone(id, name, 'completed')),
    };
    assert.match(text(seen({ lock: { kind: 'none' }, tasks: known(list) }, over), 80), /^M40 \(Step 40\)/m);
  });

  it('fits where there is hardly any room', () => {
    for (const columns of [20, 30, 40, 60]) {
      const shown = text(seen(), columns);
      // What is there to be copied stays whole.
      fits(shown.replaceAll(/^ {2}mosaic .*$/gm, ''), columns);
    }
  });

  it('writes out what a terminal would act on', () => {
    const evil = '\u001b]0;owned\u0007\u202e\n';
    const bad: MissionFile = {
      ...record,
      name: `Name${evil}`,
      milestones: [milestone('M2', `Two${evil}`, 'in-progress')],
      sessions: [session(1, 5, 1, { runtime: evil, last_task_id: evil, agent: evil })],
    };
    const shown = text(
      seen(
        {
          branch: evil,
          tasks: known([task('A', 'not-started', 'M2', evil)]),
          lock: { kind: 'elsewhere', lock: { ...lock, runtime: evil, agent: evil }, host: evil },
        },
        bad,
      ),
      Infinity,
    );
    assert.doesNotMatch(shown, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it('as JSON, after its schema', () => {
    for (const one of [
      seen(),
      seen({ lock: { kind: 'none' }, tasks: known(undefined), missing: ['tasks', 'manifest'] }),
      seen({ lock: { kind: 'corrupt', why: 'it is empty' } }),
      seen({ lock: { kind: 'dead', lock, why: 'reboot' } }),
      seen({ lock: { kind: 'elsewhere', lock, host: 'there' } }),
      seen({ lock: { kind: 'starting', lock: { ...lock, pid: 0 } } }),
    ]) {
      const view = viewOf(one, NOW, 30 * MINUTE);
      const data: unknown = JSON.parse(reportJson(missionJson(view, record, '')));
      assert.ok(isMission(data), JSON.stringify(isMission.errors));
      const status: unknown = JSON.parse(reportJson(statusJson(view)));
      assert.ok(isStatus(status), JSON.stringify(isStatus.errors));
    }
    assertExpected(
      'mission.json',
      reportJson(missionJson(viewOf(seen(), NOW), record, ' --project /src/shop')),
    );
  });
});

describe('the session of a mission in a sentence', () => {
  const cases: [Partial<MissionSeen>, RegExp][] = [
    [{}, /^sess-005 \(claude, agent mos-claude, pid 4005\) is running, begun 45m ago, last change 2m ago\.$/],
    [
      { changedAt: NOW - 31 * MINUTE },
      /is stale: it lives, but nothing has changed for 31m \(more than 30m\)/,
    ],
    [{ lock: { kind: 'starting', lock: { ...lock, pid: 0 } } }, /mos-claude\) is being started/],
    [
      { lock: { kind: 'dead', lock, why: 'reused' } },
      /is dead: its process is gone, another one bears its pid/,
    ],
    [{ lock: { kind: 'dead', lock: { ...lock, pid: 0 }, why: 'never-started' } }, /was never started/],
    [{ lock: { kind: 'none' } }, /^No session is at work; sess-005 has no end written down/],
    [{ lock: { kind: 'corrupt', why: 'it is empty' } }, /session\.lock cannot be read: it is empty\.$/],
  ];
  for (const [more, told] of cases)
    it(String(told), () => assert.match(sessionSentence(viewOf(seen(more), NOW)), told));
});

describe('a bar', () => {
  it('shows some for the first and all only for the last', () => {
    const cells = (done: number, total: number): number =>
      bar({ done, total }, 10).replaceAll('░', '').length;
    assert.deepEqual(
      [cells(0, 9), cells(1, 1000), cells(999, 1000), cells(9, 9), cells(0, 0)],
      [0, 1, 9, 10, 0],
    );
    for (let done = 0; done <= 7; done++) assert.equal(stringWidth(bar({ done, total: 7 }, 10)), 10);
  });
});
