import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { crash as validCrash } from '../../src/generated/validators.js';
import type { SessionLock } from '../../src/model/observation.ts';
import { emptyState, type AgentRecord, type Ended, type FleetState } from '../../src/model/state.ts';
import { formatCrashRecord } from '../../src/record/crash.ts';
import { formatSessionLock, parseSessionLock } from '../../src/record/session-lock.ts';
import { formatState, parseState } from '../../src/record/state.ts';

const time = fc.integer({ min: 0, max: 4_102_444_800_000 });
const name = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/);
const optional = { requiredKeys: [] };

const ended: fc.Arbitrary<Ended> = fc.record(
  {
    run: fc.string({ minLength: 1 }),
    at: time,
    cause: fc.constantFrom('exit', 'crash', 'reboot', 'outage', 'limit'),
    definition: fc.constant('1-0123456789abcdef'),
    status: fc.integer({ min: 0, max: 255 }),
    signal: fc.integer({ min: 1, max: 64 }),
    record: fc.string(),
  },
  { requiredKeys: ['run', 'at', 'cause', 'definition'] },
);

const run = fc.record(
  {
    key: fc.stringMatching(/^[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,4}$/),
    sessionId: fc.constant('$3'),
    server: fc.record({ pid: fc.nat(), startTime: fc.nat() }),
    pid: fc.nat(),
    pidStartTime: fc.nat(),
    serverStartTicks: fc.nat(),
    bootId: fc.string(),
    startedAt: time,
    definition: fc.constant('1-0123456789abcdef'),
  },
  { requiredKeys: ['key', 'sessionId', 'server', 'pid', 'bootId', 'startedAt', 'definition'] },
);

/** Names of variables and of what a definition says are data: they stay as they are, whatever case they have. */
const fields = fc.dictionary(
  fc.constantFrom('command', 'env', 'working_directory', 'memory_max', 'camelCase'),
  fc.jsonValue(),
);

const agentRecord: fc.Arbitrary<AgentRecord> = fc.record({ restarts: fc.nat() }).chain((required) =>
  fc
    .record(
      {
        run,
        stopping: fc.record({
          run: fc.string({ minLength: 1 }),
          because: fc.constantFrom('stop', 'restart'),
        }),
        ended,
        limits: fc.integer({ min: 1, max: 100 }),
        suspendedAt: time,
        definition: fc.record({ hash: fc.constant('1-0123456789abcdef'), fields }),
      },
      optional,
    )
    .map((more) => Object.assign(more, required)),
);

const fleetState: fc.Arbitrary<FleetState> = fc.record(
  { agents: fc.dictionary(name, agentRecord, { maxKeys: 4 }), reloadPending: fc.boolean(), outageAt: time },
  { requiredKeys: ['agents', 'reloadPending'] },
);

/** Without `undefined` and prototypes, as JSON has it. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('the state comes back as it was written', () => {
  fc.assert(
    fc.property(fleetState, (state) => {
      const text = formatState(state);
      assert.deepEqual(plain(parseState(text)), plain(state));
      assert.equal(formatState(parseState(text)), text, 'and is written the same again');
    }),
  );
  assert.deepEqual(parseState(formatState(emptyState())), emptyState());
});

test('on disk, keys are snake_case, but those of data', () => {
  const state: FleetState = {
    agents: {
      a: {
        restarts: 1,
        suspendedAt: 5,
        definition: { hash: '1-0123456789abcdef', fields: { env: { camelCase: '1', with_underscore: '2' } } },
      },
    },
    reloadPending: true,
    outageAt: 7,
  };
  assert.deepEqual(JSON.parse(formatState(state)), {
    format_version: 1,
    reload_pending: true,
    outage_at: 7,
    agents: {
      a: {
        restarts: 1,
        suspended_at: 5,
        definition: { hash: '1-0123456789abcdef', fields: { env: { camelCase: '1', with_underscore: '2' } } },
      },
    },
  });
});

test('what is no state is an error in words', () => {
  const whole = formatState({ agents: { a: { restarts: 1 } }, reloadPending: false });
  for (const text of [
    '',
    'null',
    '[]',
    '{}',
    '{"format_version":2}',
    whole.slice(0, -5),
    whole.replace('1', '"1"'),
  ]) {
    assert.throws(
      () => parseState(text),
      (error) => error instanceof Error && !(error instanceof TypeError),
      text,
    );
  }
});

const sessionLock: fc.Arbitrary<SessionLock> = fc.record(
  {
    sessionId: fc.string({ minLength: 1 }),
    runtime: fc.string({ minLength: 1 }),
    pid: fc.integer({ min: 1, max: 4_194_304 }),
    startedAt: time,
    projectPath: fc.string({ minLength: 1 }),
    milestoneId: fc.string({ minLength: 1 }),
    pidStartTime: fc.nat(),
    bootId: fc.string({ minLength: 1 }),
    agent: name,
  },
  { requiredKeys: ['sessionId', 'runtime', 'pid', 'startedAt', 'projectPath'] },
);

test('a session lock comes back as it was written', () => {
  fc.assert(
    fc.property(sessionLock, (lock) => {
      assert.deepEqual(plain(parseSessionLock(formatSessionLock(lock))), plain(lock));
    }),
  );
});

test('a lock of an older tool, with keys of its own and nulls, is one too', () => {
  const text = JSON.stringify({
    session_id: 's',
    runtime: 'claude',
    pid: 7,
    started_at: '2026-01-02T12:00:00Z',
    project_path: '/src',
    milestone_id: null,
    anything: [1],
  });
  assert.deepEqual(parseSessionLock(text), {
    sessionId: 's',
    runtime: 'claude',
    pid: 7,
    startedAt: Date.UTC(2026, 0, 2, 12),
    projectPath: '/src',
  });
});

test('what is no session lock is an error in words', () => {
  const whole = {
    session_id: 's',
    runtime: 'r',
    pid: 7,
    started_at: '2026-01-02T12:00:00Z',
    project_path: '/src',
  };
  assert.throws(() => parseSessionLock(' \n'), { message: 'it is empty' });
  assert.throws(() => parseSessionLock('{'), /^Error: it is not JSON: /);
  for (const key of Object.keys(whole)) {
    const { [key as keyof typeof whole]: _, ...rest } = whole;
    assert.throws(() => parseSessionLock(JSON.stringify(rest)), /^Error: /, `without ${key}`);
  }
  for (const wrong of [{ pid: '7' }, { pid: 1.5 }, { started_at: 'yesterday' }, { session_id: 3 }]) {
    assert.throws(
      () => parseSessionLock(JSON.stringify({ ...whole, ...wrong })),
      /^Error: /,
      JSON.stringify(wrong),
    );
  }
});

test('a crash record holds to its schema', () => {
  fc.assert(
    fc.property(
      fc.record({
        fleet: name,
        agent: name,
        ended: ended.filter(({ cause }) => cause !== 'exit'),
        restarts: fc.nat(),
        workplace: fc.option(fc.constant('/src'), { nil: undefined }),
        screen: fc.option(fc.constant('screen.txt'), { nil: undefined }),
        git: fc.option(fc.constant('git.txt'), { nil: undefined }),
      }),
      (record) => {
        const written: unknown = JSON.parse(formatCrashRecord(record));
        assert.ok(validCrash(written), JSON.stringify(validCrash.errors));
      },
    ),
  );
});
