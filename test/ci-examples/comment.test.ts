/** examples/ci/comment.mjs against a forge on loopback. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startForge, type Forge, type ForgeKind } from './forge.ts';

const script = fileURLToPath(new URL('../../examples/ci/comment.mjs', import.meta.url));
const marker = '<!-- mosaic:diff:shop -->';

interface Scene {
  forge: Forge;
  folder: string;
  /** Runs the script on a body under the marker. */
  comment: (
    body: string,
    env?: Record<string, string>,
  ) => Promise<{ code: number; out: string; err: string }>;
}

async function scene(t: TestContext, kind: ForgeKind): Promise<Scene> {
  const forge = await startForge(t, kind);
  const folder = mkdtempSync(join(tmpdir(), 'mosaic-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const event = join(folder, 'event.json');
  writeFileSync(event, JSON.stringify({ pull_request: { number: 7 } }));
  const file = join(folder, 'diff.md');
  return {
    forge,
    folder,
    comment(body, env = {}) {
      writeFileSync(file, `${marker}\n${body}\n`);
      const usual = {
        PATH: process.env['PATH'],
        GITHUB_API_URL: forge.api,
        GITHUB_REPOSITORY: 'owner/shop',
        GITHUB_EVENT_PATH: event,
        GITHUB_TOKEN: forge.token,
        COMMENT_RETRY_MS: '1',
      };
      return new Promise((resolve) => {
        execFile(process.execPath, [script, file], { env: { ...usual, ...env } }, (error, out, err) =>
          resolve({ code: error === null ? 0 : Number(error.code), out, err }),
        );
      });
    },
  };
}

for (const kind of ['github', 'enterprise', 'forgejo', 'gitea'] as const)
  describe(kind, () => {
    test('one comment, made once and brought up to date', async (t) => {
      const { forge, comment } = await scene(t, kind);
      for (let i = 0; i < 120; i++) forge.add('ada', `looks good ${i}`);
      const first = await comment('Diff: 1 agent added.');
      assert.equal(first.code, 0, first.err);
      assert.match(first.out, /^Made the comment: http/);
      assert.equal(forge.comments.length, 121);
      assert.equal(forge.comments.at(-1)?.body, `${marker}\nDiff: 1 agent added.\n`);

      const second = await comment('Diff: 2 agents added.');
      assert.match(second.out, /^Updated the comment: http/);
      assert.equal(forge.comments.length, 121);
      assert.equal(forge.comments.at(-1)?.body, `${marker}\nDiff: 2 agents added.\n`);

      const before = forge.requests.length;
      assert.match((await comment('Diff: 2 agents added.')).out, /^The comment is up to date/);
      assert.ok(forge.requests.slice(before).every((request) => request.startsWith('GET ')));
    });

    test("others' comments stay as they are, whatever they begin with", async (t) => {
      const { forge, comment } = await scene(t, kind);
      const foreign = forge.add('ada', `${marker}\nmine`);
      forge.add(kind === 'github' ? 'github-actions[bot]' : 'fleet-bot', `Of another: ${marker}`);
      assert.equal((await comment('Diff: x.')).code, 0);
      assert.equal(foreign.body, `${marker}\nmine`);
      assert.equal(forge.comments.length, 3);
    });
  });

test('no difference makes no comment, and brings one that is there up to date', async (t) => {
  const { forge, comment } = await scene(t, 'github');
  assert.match(
    (await comment('### Fleet\n\nNo difference: 3 agents.')).out,
    /^No difference, and no comment/,
  );
  assert.equal(forge.comments.length, 0);
  await comment('Diff: 1 agent added.');
  await comment('### Fleet\n\nNo difference: 3 agents.');
  assert.match(forge.comments[0]?.body ?? '', /No difference/);
});

test('where the token may not write, or is missing, the summary has it', async (t) => {
  const { forge, comment, folder } = await scene(t, 'github');
  forge.readOnly = true;
  const summary = join(folder, 'summary.md');
  writeFileSync(summary, 'Before.\n');
  const refused = await comment('Diff: x.', { GITHUB_STEP_SUMMARY: summary });
  assert.equal(refused.code, 0, refused.err);
  assert.match(refused.out, /answered with 403 Resource not accessible\. The summary of this job has it/);
  assert.equal(readFileSync(summary, 'utf8'), `Before.\n${marker}\nDiff: x.\n`);
  const tokenless = await comment(' ::set-env name=A::b', { GITHUB_TOKEN: '' });
  assert.equal(tokenless.code, 0);
  assert.match(tokenless.out, /there is no token[^]*\n\|  ::set-env/);
  assert.equal(forge.comments.length, 0);
});

test('what passes is tried again, and what may have been done is not', async (t) => {
  const { forge, comment } = await scene(t, 'gitea');
  forge.failing = { times: 2, status: 503 };
  assert.equal((await comment('Diff: x.')).code, 0);
  assert.equal(forge.comments.length, 1);
  forge.failing = { times: 100, status: 500 };
  const down = await comment('Diff: y.');
  assert.equal(down.code, 1);
  assert.match(down.err, /^comment\.mjs: GET http.*\/user failed: 500 try later\n$/);
});

test('what is missing is said', async (t) => {
  const { comment, folder } = await scene(t, 'github');
  const cases: [Record<string, string>, RegExp][] = [
    [{ GITHUB_API_URL: '' }, /no forge is named: set FORGE_API/],
    [{ GITHUB_REPOSITORY: 'shop' }, /no repository is named: set FORGE_REPO/],
    [{ FORGE_PULL: '../../user' }, /no pull request is named: set FORGE_PULL/],
    [{ GITHUB_API_URL: 'http://127.0.0.1:1' }, /failed: /],
    [{ GITHUB_EVENT_PATH: join(folder, 'none') }, /none cannot be read/],
  ];
  for (const [env, expected] of cases) {
    const { code, err } = await comment('Diff: x.', env);
    assert.equal(code, 1);
    assert.match(err, expected);
  }
});
