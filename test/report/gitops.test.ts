/** What is told of a followed repository: whole, within its width, without secrets, and no terminal's orders. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { gitopsStatus as valid } from '../../src/generated/gitopsStatus.js';
import { followingChanges } from '../../src/report/gitops-changes.ts';
import {
  followLine,
  gitopsJson,
  gitopsText,
  isHealthy,
  roundText,
  type FollowReport,
} from '../../src/report/gitops.ts';
import type { Following } from '../../src/model/gitops.ts';

const now = 1_800_000_000_000;
const [good, bad] = ['a'.repeat(40), 'b'.repeat(40)];
const following: Following = {
  repo: 'https://me:hunter2@git.example.org/fleet.git',
  branch: 'main',
  path: 'fleet.yaml',
  intervalMs: 60_000,
  timeoutMs: 300_000,
  signers: '/home/me/signers',
};
const revision = { sha: good, subject: 'Three \u001b[31mcoders', author: 'Ann\nBob', at: now - 3_600_000 };
const report: FollowReport = {
  fleet: 'test',
  following,
  inForce: good,
  file: '/home/me/.local/state/mosaic/test/gitops/current/fleet.yaml',
  record: {
    wanted: { ...revision, sha: bad },
    fetchedAt: now - 30_000,
    attempted: { ...revision, attemptedAt: now - 60_000, signer: 'ann@example.org' },
    applied: { ...revision, appliedAt: now - 55_000, signer: 'ann@example.org' },
    refused: {
      sha: bad,
      rule: 'signature',
      reason: 'it is not signed',
      fix: 'Sign it.',
      since: now - 20_000,
    },
  },
};

void test('a report of a commit that is refused', () => {
  const text = gitopsText(report, { color: false, columns: 60 }, now);
  assert.equal(
    text,
    `Fleet test follows a repository

remote     https://git.example.org/fleet.git
branch     main
path       fleet.yaml
in force   /home/me/.local/state/mosaic/test/gitops/current/
           fleet.yaml
wanted     bbbbbbbbbb Three \\x1b[31mcoders (Ann\\nBob, 1h
           ago)
applied    aaaaaaaaaa Three \\x1b[31mcoders (Ann\\nBob, 1h
           ago), applied 55s ago
signature  asked for (/home/me/signers); that in force is
           signed by ann@example.org
fetched    30s ago, every 1m
refused    since 20s: bbbbbbbbbb: it is not signed. Sign it.
`,
  );
  assert.equal(isHealthy(report, now), false);
  assert.equal(
    followLine(report, now),
    'Follows https://git.example.org/fleet.git, at aaaaaaaaaa since 55s; bbbbbbbbbb: it is not signed\n',
  );
});

void test('the same for programs, in every state', () => {
  const trouble = { message: 'm', fix: 'f', since: now };
  const states: FollowReport[] = [
    report,
    { fleet: 'test', following, record: {} },
    { ...report, following: { ...following, suspended: { at: now, by: 'me', reason: 'r' } } },
    { ...report, record: { ...report.record, fetchTrouble: trouble, applyTrouble: trouble } },
  ];
  for (const state of states) {
    const json: unknown = JSON.parse(JSON.stringify(gitopsJson(state, now)));
    assert.ok(valid(json), JSON.stringify(valid.errors));
    assert.ok(!JSON.stringify(json).includes('hunter2'));
    assert.ok(!gitopsText(state, { color: true, columns: 80 }, now).includes('hunter2'));
    assert.ok(!followLine(state, now).includes('hunter2'));
  }
});

void test('a remote that nobody asks any more is a trouble, unless that is meant', () => {
  const { refused: _, ...record } = report.record;
  const idle: FollowReport = { ...report, record };
  const limit = now - 30_000 + 5 * following.intervalMs + following.timeoutMs;
  assert.equal(isHealthy(idle, limit), true);
  assert.equal(isHealthy(idle, limit + 1000), false);
  assert.match(
    gitopsText(idle, { color: false, columns: 80 }, limit + 1000),
    /^not synced +since 1s: nobody/m,
  );
  assert.match(followLine(idle, limit + 1000), /; nobody asks the remote any more\n$/);
  assert.equal(gitopsJson(idle, limit + 1000).fetch_trouble?.message, 'nobody asks the remote any more');
  const suspended = { ...following, suspended: { at: now, by: 'me' } };
  assert.equal(isHealthy({ ...idle, following: suspended }, limit + 1000), true);
});

void test('a round in words', () => {
  const told = (end: Parameters<typeof roundText>[0], inForce: string | undefined = good): string =>
    roundText(end, { remote: following, inForce });
  assert.equal(told({ kind: 'current', sha: good }), 'Nothing new: aaaaaaaaaa stays in force.\n');
  assert.equal(told({ kind: 'taken', sha: bad, subject: 'a\u001bb' }), 'New: bbbbbbbbbb a\\x1bb\n');
  assert.equal(
    roundText(
      { kind: 'unreached', trouble: { message: 'm', fix: 'F.' }, code: 69 },
      { remote: following, inForce: undefined },
    ),
    'Not synced: m. F.\nNothing is in force yet.\n',
  );
  assert.equal(
    told({ kind: 'suspended' }),
    'Suspended: https://git.example.org/fleet.git is not asked (mosaic gitops resume).\n',
  );
});

void test('what has changed, a password without the password', () => {
  assert.deepEqual(followingChanges(following, following), []);
  const other = { ...following, repo: 'https://me:secret3@git.example.org/fleet.git', branch: 'next' };
  assert.deepEqual(followingChanges(following, other), [
    'credentials of the repository: changed',
    'branch: main → next',
  ]);
});
