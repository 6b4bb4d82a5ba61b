/** What sessions are told: the texts, and that nothing in a file can make them do anything else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { nextTask as isCapsule } from '../../src/generated/validators.js';
import { advisoryLines, type AdvisoryInput } from '../../src/mission/advisory.ts';
import { briefOf, type BriefInput } from '../../src/mission/brief.ts';
import { formatCapsule } from '../../src/mission/capsule.ts';
import { dirtyLines, dirtyWords, isClean, type DirtyState } from '../../src/mission/dirty.ts';
import { endingWords, lengthWords, reasonOf } from '../../src/mission/ending.ts';
import { parseMilestones, slug } from '../../src/mission/milestones.ts';
import { continuationPrompt, firstPrompt, recoveryPrompt } from '../../src/mission/prompts.ts';
import { missionPlaces, type MissionFile, type Task, type TaskStatus } from '../../src/model/mission.ts';
import { known, unknown } from '../../src/model/source.ts';
import { assertExpected } from '../report/expected.ts';

const record: MissionFile = {
  mission_id: 'checkout-v2',
  name: 'Checkout v2',
  status: 'active',
  quality_gates: 'pnpm lint && pnpm test',
  task_prefix: 'CO-',
  milestones: [
    { id: 'M1', name: 'Schema', status: 'completed' },
    { id: 'M2', name: 'API', status: 'in-progress' },
    { id: 'M3', name: 'Screens', status: 'pending' },
  ],
  sessions: [
    {
      session_id: 'sess-003',
      runtime: 'claude',
      started_at: '2026-11-20T10:00:00Z',
      ended_at: '2026-11-20T10:12:30Z',
      ended_reason: 'premature',
      duration_seconds: 750,
      last_task_id: 'CO-5',
    },
  ],
};

const task = (id: string, status: TaskStatus, milestone: string, description: string): Task => ({
  id,
  status,
  milestone,
  description,
  pr: '',
  notes: '',
  line: 7,
});

const tasks = [
  task('CO-1', 'done', 'M1', 'Tables'),
  task('CO-5', 'in-progress', 'M2', 'Prices'),
  task('CO-6', 'not-started', 'M2', 'Payments'),
];

const input = (more: Partial<BriefInput> = {}): BriefInput => ({
  places: missionPlaces('/src/shop', more.record ?? record),
  record,
  tasks,
  runtime: 'claude',
  branch: 'feat/checkout',
  previous: record.sessions[0] as NonNullable<BriefInput['previous']>,
  ...more,
});

const guide = '/opt/mosaic/guides/mission-protocol.md';
const told = (more: Partial<BriefInput> = {}) => ({ ...briefOf(input(more)), guide });

const dirty: DirtyState = { files: [' M src/a.ts', '?? new file.txt'], more: 3, stashes: 1, unpushed: 2 };

describe('prompts', () => {
  it('to go on', () => assertExpected('prompt-continue.txt', continuationPrompt(told())));

  it('to recover', () =>
    assertExpected(
      'prompt-recover.txt',
      recoveryPrompt({
        ...told(),
        why: 'reboot',
        dirty,
        inProgress: tasks.filter(({ id }) => id === 'CO-5'),
      }),
    ));

  it('to begin: tasks come first where there are none', () => {
    const { previous: _previous, branch: _branch, ...first } = input({ tasks: [] });
    assertExpected('prompt-first.txt', firstPrompt({ ...briefOf(first), guide }));
    assert.equal(continuationPrompt({ ...briefOf(first), guide }), firstPrompt({ ...briefOf(first), guide }));
  });

  it('a milestone without tasks is broken into some, though others have theirs', () => {
    const done = [task('CO-1', 'done', 'M1', 'Tables')];
    const prompt = continuationPrompt(told({ tasks: done }));
    assert.match(prompt, /Break the milestone M2 \(API\) into tasks.* ids that begin with CO-\./);
    assert.match(prompt, /Next task: +none is written down yet/);
    assert.match(recoveryPrompt({ ...told({ tasks: done }), inProgress: [] }), /Break the milestone M2/);
  });

  it('when nothing is left to start, it is checked', () => {
    const done = tasks.map(({ id, milestone }) => task(id, 'done', milestone, ''));
    assert.match(
      continuationPrompt(told({ tasks: done })),
      /No task is left to start: check the success criteria/,
    );
  });

  it('a clean working tree is told of', () => {
    const clean: DirtyState = { files: [], more: 0, stashes: 0, unpushed: 0 };
    const prompt = recoveryPrompt({ ...told(), dirty: clean, inProgress: [] });
    assert.match(prompt, /What it left behind\n {2}clean\n/);
    assert.match(prompt, /Its working tree is clean: see from the last commits/);
  });

  it('no value of a file makes a line of its own, or anything that a terminal acts on', () => {
    const text = fc.string({ unit: 'binary', maxLength: 80 });
    fc.assert(
      fc.property(text, text, text, text, (name, description, branch, path) => {
        const bad: MissionFile = {
          ...record,
          name,
          quality_gates: description,
          task_prefix: name,
          milestones: [{ id: 'M2', name: description, status: 'in-progress' }],
          sessions: [],
        };
        const brief = {
          ...briefOf(
            input({
              record: bad,
              tasks: [task(name, 'in-progress', 'M2', description)],
              branch,
              runtime: name,
            }),
          ),
          previous: { session_id: name, ended_at: 'x', last_task_id: description },
          guide,
        };
        const state: DirtyState = { files: [` M ${path}`], more: 0, stashes: 0, operation: name };
        const plain = recoveryPrompt({
          ...told(),
          dirty: { ...state, files: [' M x'] },
          inProgress: [tasks[1] as Task],
        });
        for (const prompt of [
          continuationPrompt(brief),
          firstPrompt(brief),
          recoveryPrompt({
            ...brief,
            dirty: state,
            inProgress: [task(name, 'in-progress', 'M2', description)],
          }),
        ]) {
          assert.doesNotMatch(prompt, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
        }
        const lines = recoveryPrompt({
          ...brief,
          dirty: state,
          inProgress: [task(name, 'in-progress', 'M2', description)],
        });
        assert.equal(lines.split('\n').length, plain.split('\n').length);
      }),
    );
  });
});

describe('the capsule', () => {
  it('is as its schema says, also where nothing is known', () => {
    for (const one of [
      input(),
      input({ tasks: [] }),
      {
        places: missionPlaces('/p', record),
        record: { ...record, milestones: [] },
        tasks: [],
        runtime: 'pi',
      },
    ]) {
      const data: unknown = JSON.parse(formatCapsule(briefOf(one), '2026-11-20T12:00:00.000Z'));
      assert.ok(isCapsule(data), JSON.stringify(isCapsule.errors));
    }
  });

  it('names the milestone of a task that was asked for', () => {
    const capsule = JSON.parse(
      formatCapsule(briefOf(input({ task: task('X', 'not-started', 'M3', '') })), '2026-11-20T12:00:00Z'),
    ) as Record<string, unknown>;
    assert.deepEqual(
      [capsule['next_task'], capsule['current_milestone']],
      ['X', { id: 'M3', name: 'Screens' }],
    );
  });
});

describe('how a session ended', () => {
  const open = [task('A', 'done', 'M1', ''), task('B', 'blocked', 'M1', '')];
  const closed = [task('A', 'done', 'M1', ''), task('B', 'cancelled', 'M1', '')];
  const cases: [Parameters<typeof reasonOf>, string][] = [
    [[{ code: 0 }, open, false], 'premature'],
    [[{ code: 0 }, closed, false], 'completed'],
    [[{ code: 1 }, closed, true], 'completed'],
    [[{ code: 0 }, [], false], 'premature'],
    [[{ code: 0 }, undefined, false], 'premature'],
    [[{ code: 0 }, open, true], 'handoff'],
    [[{ code: 1 }, open, false], 'crashed'],
    [[{ code: 130 }, open, false], 'killed'],
    [[{ code: 143 }, open, false], 'killed'],
    [[{ signal: 'SIGINT' }, open, false], 'killed'],
    [[{ signal: 'SIGTERM' }, open, false], 'killed'],
    [[{ signal: 'SIGHUP' }, open, false], 'killed'],
    [[{ signal: 'SIGKILL' }, open, false], 'crashed'],
    [[{ signal: 'SIGSEGV' }, open, false], 'crashed'],
  ];
  for (const [args, reason] of cases)
    it(`${JSON.stringify(args[0])} ${args[1]?.length ?? 'unreadable'} tasks: ${reason}`, () =>
      assert.equal(reasonOf(...args), reason));

  it('in words', () => {
    const words = (reason: unknown): string =>
      endingWords({ session_id: 's', ended_reason: reason } as never);
    assert.deepEqual(['crashed', 'handoff', '', null, 'melted', 'constructor'].map(words), [
      'crashed',
      'handed over (handoff)',
      'ended, nobody knows how',
      'ended, nobody knows how',
      'ended (melted)',
      'ended (constructor)',
    ]);
    assert.deepEqual([0, 59, 750, 3725, 90_000, -5].map(lengthWords), [
      '0s',
      '59s',
      '12m30s',
      '1h2m',
      '1d1h',
      '0s',
    ]);
  });
});

describe('the state of a working tree', () => {
  it('in words', () => {
    assert.equal(dirtyWords(dirty), '5 changed files, 1 stash, 2 unpushed commits');
    assert.deepEqual(dirtyLines(dirty), [' M src/a.ts', '?? new file.txt', '… and 3 more']);
    const clean: DirtyState = { files: [], more: 0, stashes: 0 };
    assert.equal(dirtyWords(clean), 'clean');
    assert.ok(isClean(clean));
    assert.ok(!isClean({ ...clean, stashes: 2 }));
    assert.ok(!isClean({ ...clean, unpushed: 1 }));
    assert.equal(dirtyWords({ ...clean, operation: 'merge' }), 'a merge in the middle');
  });
});

describe('milestones and ids', () => {
  it('of names parted by commas', () => {
    const cases: [string, [string, string][]][] = [
      [
        'A, B,C',
        [
          ['M1', 'A'],
          ['M2', 'B'],
          ['M3', 'C'],
        ],
      ],
      [
        '"A, with comma", B',
        [
          ['M1', 'A, with comma'],
          ['M2', 'B'],
        ],
      ],
      [
        'DB=Schema, UI="Screens, all"',
        [
          ['DB', 'Schema'],
          ['UI', 'Screens, all'],
        ],
      ],
      ['not an id=Name', [['M1', 'not an id=Name']]],
      ['a "quoted" word', [['M1', 'a "quoted" word']]],
    ];
    for (const [text, found] of cases)
      assert.deepEqual(
        parseMilestones(text).map(({ id, name }) => [id, name]),
        found,
        text,
      );
  });

  it('what is none is said', () => {
    assert.throws(() => parseMilestones('A,'), /place 2 has no name/);
    assert.throws(() => parseMilestones('X='), /place 1 has no name/);
    assert.throws(() => parseMilestones('"A'), /not closed/);
    assert.throws(() => parseMilestones('M2=A, B'), /two milestones have the id "M2"/);
  });

  it('an id of any name', () => {
    assert.deepEqual(['Checkout v2', 'Ünïcode  Näme!', '結帳', '--', 'x'.repeat(100)].map(slug), [
      'checkout-v2',
      'unicode-name',
      'mission',
      'mission',
      'x'.repeat(60),
    ]);
  });
});

describe('what a starting program is told', () => {
  const advisory = (more: Partial<AdvisoryInput> = {}, seen: Partial<AdvisoryInput['seen']> = {}): string[] =>
    advisoryLines({
      seen: {
        places: missionPlaces('/src/shop', record),
        record: known(record),
        tasks: known(tasks),
        lock: { kind: 'none' },
        missing: [],
        handoff: false,
        gatesRunning: false,
        branch: 'main',
        ...seen,
      },
      dirty: known(dirty),
      commits: ['abc1234 Newest', 'def5678 Older'],
      pulls: ['#7 Prices'],
      commands: { continue: 'mosaic coord continue', resume: 'mosaic coord resume' },
      ...more,
    });

  it('the mission, how far, dirty or not, and the way on', () =>
    assert.deepEqual(advisory(), [
      'mission:       Checkout v2 (checkout-v2), active: 1 of 3 tasks done (33%)',
      'milestone:     M2 (API)',
      'next task:     CO-5: Prices',
      'last session:  sess-003 stopped early (premature) after 12m30s; its last task was CO-5',
      'manifest:      /src/shop/docs/MISSION-MANIFEST.md',
      'scratchpad:    /src/shop/docs/scratchpads/checkout-v2.md',
      'tasks:         /src/shop/docs/TASKS.md',
      'branch:        main',
      'working tree:  5 changed files, 1 stash, 2 unpushed commits',
      'commits:       abc1234 Newest',
      '               def5678 Older',
      'pull requests: #7 Prices',
      'to continue:   mosaic coord continue',
    ]));

  it('to resume after a crash; who is at work', () => {
    const lock = { session_id: 's', runtime: 'pi', pid: 4, started_at: '', project_path: '/' };
    assert.equal(
      advisory({}, { lock: { kind: 'dead', lock, why: 'gone' } }).at(-1),
      'to resume:     mosaic coord resume',
    );
    assert.equal(advisory({}, { lock: { kind: 'live', lock } }).at(-1), 'at work:       s runs (pid 4)');
    assert.equal(
      advisory({}, { lock: { kind: 'elsewhere', lock, host: 'h' } }).at(-1),
      'at work:       s on h',
    );
  });

  it('nothing where no mission is under way; what cannot be read is said', () => {
    assert.deepEqual(advisory({}, { record: known(undefined) }), []);
    assert.deepEqual(advisory({}, { record: known({ ...record, status: 'completed' }) }), []);
    assert.match(
      advisory({}, { record: unknown('it is not JSON') }).join('\n'),
      /cannot be used: it is not JSON/,
    );
    assert.match(
      advisory({ dirty: unknown('no git repository') }).join('\n'),
      /working tree: {2}no git repository/,
    );
  });
});
