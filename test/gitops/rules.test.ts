/** What may be followed, which commits are taken, and what of a secret is shown: without a machine. */
import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { failed } from '../../src/gitops/ask.ts';
import { judge, type CommitFacts, type Rule } from '../../src/gitops/judge.ts';
import { neededFiles } from '../../src/gitops/needed.ts';
import {
  checkBranch,
  checkPath,
  checkRemote,
  overSsh,
  shownUrl,
  withoutSecrets,
} from '../../src/gitops/source.ts';
import type { Following } from '../../src/model/gitops.ts';
import {
  formatFollowing,
  formatFollowRecord,
  parseFollowing,
  parseFollowRecord,
} from '../../src/record/gitops.ts';
import { gitopsUnits } from '../../src/render/gitops-units.ts';
import { packageFile } from '../../src/host/package.ts';

void test('remotes are ssh, https, or a folder of this machine', () => {
  for (const good of [
    'git@host:team/fleet.git',
    'host:fleet',
    'ssh://git@host:2222/x.git',
    'https://host/x',
    'https://user:pass@host/x',
    'file:///srv/x.git',
    '/srv/x.git',
  ])
    checkRemote(good);
  for (const bad of [
    '',
    '-u/tmp/x',
    '--upload-pack=x',
    'ext::sh -c x',
    'fd::3',
    'http://host/x',
    'git://host/x',
    'ftp://host/x',
    'fleet.git',
    'a b:c',
    '/srv/x\n[core]',
  ])
    assert.throws(() => checkRemote(bad), { kind: 'invalid' }, bad);
  assert.deepEqual(['host:x', 'ssh://h/x', 'https://h/x', '/x:y', 'file:///x'].map(overSsh), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

void test('branches and paths are plain names', () => {
  for (const good of ['main', 'team/fleet', 'v1.2']) checkBranch(good);
  for (const bad of ['', '-x', 'a..b', 'a b', 'a:b', '/a', 'a/', 'a.lock', 'x/.y', 'a~1', '*', 'a\u0007'])
    assert.throws(() => checkBranch(bad), bad);
  for (const good of ['fleet.yaml', 'hosts/a b.yaml']) checkPath(good);
  for (const bad of ['', '/etc/x', '../x', 'a/../b', './x', 'a//b', '.git/config', 'a\nb'])
    assert.throws(() => checkPath(bad), bad);
});

void test('no password of an address is ever shown', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9]{8,12}$/);
  fc.assert(
    fc.property(word, word, (user, password) => {
      const repo = `https://${user}:${password}@git.example.org/x.git?token=${password}`;
      const said = `fatal: unable to access '${repo}/': 403 for https://${user}:${password}@git.example.org and ${password}`;
      assert.ok(!shownUrl(repo).includes(password));
      assert.ok(!withoutSecrets(said, repo).includes(password), withoutSecrets(said, repo));
      assert.equal(shownUrl(repo), 'https://git.example.org/x.git');
    }),
  );
});

const path = 'fleet.yaml';
const file = (name: string): NonNullable<CommitFacts['loaded']> =>
  ({ ok: true, value: { name }, file: path, text: '', warnings: [] }) as unknown as NonNullable<
    CommitFacts['loaded']
  >;

const verdicts: readonly [string, Omit<CommitFacts, 'following'>, Rule | undefined][] = [
  ['nothing known', {}, undefined],
  ['comes after', { descends: true }, undefined],
  ['does not', { descends: false }, 'rewritten'],
  ['does not, and may', { descends: false, acceptRewrite: true }, undefined],
  ['unsigned', { descends: true, signature: { good: false, why: 'it is not signed' } }, 'signature'],
  ['signed', { signature: { good: true, signer: 'a' } }, undefined],
  ['rewritten goes before unsigned', { descends: false, signature: { good: false, why: '' } }, 'rewritten'],
  [
    'may be rewritten, not unsigned',
    { descends: false, acceptRewrite: true, signature: { good: false, why: '' } },
    'signature',
  ],
  ['no file', { file: { path, wrong: 'is not there' } }, 'file'],
  ['no template', { file: { path: 'x.md', wrong: 'is not there' } }, 'named-file'],
  [
    'not valid',
    { loaded: { ok: false, file: path, text: '', problems: [{ message: 'm', path: '' }] } },
    'invalid',
  ],
  ['its own name', { loaded: file('a'), fleet: 'a' }, undefined],
  ['first of any name', { loaded: file('a') }, undefined],
  ['another name', { loaded: file('a'), fleet: 'b' }, 'other-fleet'],
  ['a brake', { loaded: file('a'), plan: { refused: { reason: 'r', fix: 'f' } } }, 'refused-plan'],
  ['not seen', { loaded: file('a'), plan: { unobserved: { reason: 'r' } } }, 'unobserved'],
  ['a plan', { loaded: file('a'), plan: {} }, undefined],
];

for (const [name, facts, rule] of verdicts) {
  void test(`a commit: ${name}`, () => {
    assert.equal(judge({ following: { path }, ...facts })?.rule, rule);
  });
}

void test('the files that a fleet file names are those of all hosts, from where it stands', () => {
  const text = `version: 1
transport: tmux
tmux: { extra_config: /etc/tmux.conf }
defaults: { working_directory: / }
agents:
  - { name: a, runtime: claude, kickstart_template: ../texts/a.md }
  - { name: b, runtime: claude, host: elsewhere, kickstart_template: b.md, env_file: ~/b.env }
formulas: [{ file: ../f/weed.toml, every: 6h }, { file: ~/own.toml, every: 1d }]
`;
  assert.deepEqual(neededFiles(text, 'hosts/fleet.yaml', '/home/me'), {
    files: ['f/weed.toml', 'texts/a.md', 'hosts/b.md'],
  });
  const up = text.replace('../texts/a.md', '../../a.md');
  assert.match(
    neededFiles(up, 'hosts/fleet.yaml', '/home/me').wrong?.reason ?? '',
    /"\.\.\/\.\.\/a\.md" leaves/,
  );
});

void test('configuration and record are read back as they were written', () => {
  const following: Following = {
    repo: 'https://a:b@host/x',
    branch: 'main',
    path: 'a/b.yaml',
    intervalMs: 60_000,
    timeoutMs: 5000,
    signers: '/etc/signers',
    suspended: { at: 1, by: 'me', reason: 'because' },
  };
  assert.deepEqual(parseFollowing(formatFollowing(following)), following);
  const sha = 'a'.repeat(40);
  const revision = { sha, subject: 's', author: 'a', at: 1 };
  const record = {
    wanted: revision,
    fetchedAt: 2,
    attempted: { ...revision, attemptedAt: 3, signer: 'x' },
    applied: { ...revision, appliedAt: 4 },
    refused: { sha, rule: 'invalid', reason: 'r', fix: 'f', since: 5, key: 'k' },
    fetchTrouble: { message: 'm', since: 6 },
    applyTrouble: { message: 'm', fix: 'f', since: 7 },
  };
  assert.deepEqual(parseFollowRecord(formatFollowRecord(record)), record);
  assert.throws(() => parseFollowing('{"format_version":1,"repo":"x"}'));
});

void test('the units keep the PATH that stands, and no value becomes a directive', () => {
  const templates = {
    service: packageFile('units/mosaic-gitops.service'),
    timer: packageFile('units/mosaic-gitops.timer'),
  };
  const units = {
    fleet: 'test',
    prefix: 'mosaic',
    intervalMs: 300_000,
    node: '/opt/%n $X/node',
    mosaic: '/opt/m',
    path: '/first',
    env: [['TMUX_TMPDIR', '/a\nExecStart=/bin/x']] as const,
  };
  const first = gitopsUnits(templates, units);
  assert.match(
    first.service,
    /^ExecStart="\/opt\/%%n \$X\/node" "\/opt\/m" gitops sync --name test --no-gates$/m,
  );
  assert.equal(first.service.match(/^ExecStart=/gm)?.length, 1);
  assert.match(first.timer, /^OnUnitInactiveSec=300s$/m);
  const again = gitopsUnits(templates, { ...units, path: '/second', standing: first.service });
  assert.equal(again.service, first.service);
});

void test('what may pass is tried again, and a remote that is slow to answer is not taken for a large one', () => {
  const following: Following = {
    repo: 'https://host/x',
    branch: 'main',
    path: 'fleet.yaml',
    intervalMs: 60_000,
    timeoutMs: 60_000,
  };
  const asking = { following };
  const said = (stderr: string): boolean =>
    failed(asking, 'ask', {
      code: 128,
      stdout: '',
      stderr: `fatal: unable to access 'https://host/x/': ${stderr}\n`,
    }).transient;
  for (const passing of [
    'Failed to connect to host port 443 after 0 ms: Could not connect to server',
    "Failed to connect to host port 443 after 0 ms: Couldn't connect to server",
    'Could not resolve host: host',
    'Connection timed out after 15001 milliseconds',
  ])
    assert.equal(said(passing), true, passing);
  assert.equal(said('The requested URL returned error: 404'), false);
  const late = (doing: string): string | undefined =>
    failed(asking, doing, { stdout: '', stderr: '', failure: 'timeout' }).fix;
  assert.match(late('fetch') ?? '', /large.*--timeout/);
  assert.doesNotMatch(late('ask') ?? '', /large/);
});
