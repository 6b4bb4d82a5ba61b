/** Every step of examples/ci, run with the built package in a scratch repository, against a forge on loopback. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { startForge, type Forge, type ForgeKind } from './forge.ts';
import { read, runActions, runWoodpecker, type Job, type StepResult } from './runner.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const fleet = (...agents: string[]): string =>
  `version: 1\nname: shop\ndefaults: { runtime: claude, working_directory: ~/src }\nagents:\n${agents.map((agent) => `  - ${agent}\n`).join('')}`;

/** A pull request: a branch of a repository whose main branch has gone on since. */
async function pullRequest(world: World) {
  const tree = await world.makeRepository('shop');
  const commit = async (branch: string, text: string): Promise<void> => {
    writeFileSync(join(tree, 'fleet.yaml'), text);
    await world.git(tree, 'add', '--all');
    await world.git(tree, 'commit', '--quiet', '--message', 'A change');
    await world.git(tree, 'push', '--quiet', 'origin', branch);
  };
  await commit('main', fleet('{ name: a }', '{ name: b }', '{ name: c }'));
  await world.git(tree, 'checkout', '--quiet', '-b', 'change');
  await commit('change', fleet('{ name: a, env: { MODE: fast } }', '{ name: b }', '{ name: c }'));
  await world.git(tree, 'checkout', '--quiet', 'main');
  await commit('main', fleet('{ name: a }', '{ name: b }', '{ name: c, class: meanwhile }'));
  await world.git(tree, 'checkout', '--quiet', 'change');
  const remove = async (): Promise<void> => {
    // A removal of what main has changed meanwhile would conflict.
    await world.git(tree, 'merge', '--quiet', '--strategy', 'ours', '-m', 'Merge', 'main');
    await world.git(tree, 'rm', '--quiet', 'fleet.yaml');
    await world.git(tree, 'commit', '--quiet', '--message', 'No fleet');
    await world.git(tree, 'push', '--quiet', 'origin', 'change');
  };
  return { commit: (...agents: string[]) => commit('change', fleet(...agents)), remove };
}

/** As a runner checks it out: its head, or with `merged` what merging it would give. */
async function checkOut(world: World, folder: string, merged: boolean): Promise<string> {
  const checkout = world.path('runner', folder, 'shop');
  mkdirSync(join(checkout, '..'), { recursive: true });
  await world.git(world.folder, 'clone', '--quiet', world.path('remotes/shop.git'), checkout);
  await world.git(checkout, 'checkout', '--quiet', '--detach', 'origin/change');
  if (!merged) return checkout;
  await world.git(checkout, 'checkout', '--quiet', '--detach', 'origin/main');
  const merge = [
    'merge',
    '--quiet',
    '--no-ff',
    '--strategy-option',
    'theirs',
    '-m',
    'Merge',
    'origin/change',
  ];
  await world.git(checkout, ...merge);
  return checkout;
}

/** Packs what was built, as a release would. */
async function pack(world: World): Promise<string> {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', world.folder];
  const { code, stdout, stderr } = await world.run('npm', args, { cwd: root });
  assert.equal(code, 0, stderr);
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  return world.path(filename);
}

interface Setup {
  file: string;
  forge: Forge;
  /** Runs the workflow on what the pull request is now. */
  run: () => Promise<StepResult[]>;
  summary: string;
}

async function setUp(world: World, t: TestContext, file: string, kind: ForgeKind): Promise<Setup> {
  const forge = await startForge(t, kind);
  const npm = world.path('npm');
  const summary = world.path('summary.md');
  const event = world.path('event.json');
  writeFileSync(event, JSON.stringify({ pull_request: { number: 7 } }));
  const temp = world.path('runner-temp');
  mkdirSync(temp);
  const isWoodpecker = file === 'woodpecker.yml';
  const runner = {
    NPM_CONFIG_OFFLINE: 'true',
    NPM_CONFIG_AUDIT: 'false',
    NPM_CONFIG_FUND: 'false',
    COMMENT_RETRY_MS: '1',
  };
  const actions = {
    NPM_CONFIG_PREFIX: npm,
    PATH: `${npm}/bin:${world.env['PATH']}`,
    RUNNER_TEMP: temp,
    GITHUB_API_URL: forge.api,
    GITHUB_REPOSITORY: 'owner/shop',
    GITHUB_BASE_REF: 'main',
    GITHUB_EVENT_PATH: event,
    GITHUB_STEP_SUMMARY: summary,
  };
  const woodpecker = {
    CI_FORGE_URL: forge.origin,
    CI_FORGE_TYPE: kind === 'enterprise' ? 'github' : kind,
    CI_REPO: 'owner/shop',
    CI_COMMIT_PULL_REQUEST: '7',
    CI_COMMIT_TARGET_BRANCH: 'main',
  };
  const packed = await pack(world);
  let runs = 0;
  return {
    file,
    forge,
    summary,
    async run() {
      const job: Job = {
        world,
        checkout: await checkOut(world, `${(runs += 1)}`, kind === 'github'),
        env: { ...runner, ...(isWoodpecker ? woodpecker : actions) },
        context: {
          'vars.MOSAIC_PACKAGE': packed,
          'github.token': forge.token,
          'github.event.pull_request.number': '7',
        },
        secrets: { forge_token: forge.token },
        override: { MOSAIC_PACKAGE: packed },
      };
      return isWoodpecker ? runWoodpecker(file, job) : runActions(file, job);
    },
  };
}

const cases: [string, ForgeKind][] = [
  ['github.yml', 'github'],
  ['forgejo.yml', 'forgejo'],
  ['forgejo.yml', 'gitea'],
  ['woodpecker.yml', 'gitea'],
  ['woodpecker.yml', 'enterprise'],
];

for (const [file, kind] of cases)
  inWorld(
    `${file} on ${kind}: one comment that follows the pull request`,
    'none',
    async (world, t) => {
      const pull = await pullRequest(world);
      const { forge, run } = await setUp(world, t, file, kind);
      assertPassed(await run());
      const [comment] = forge.comments;
      assert.match(comment?.body ?? '', /^<!-- mosaic:diff:shop -->\n/);
      assert.match(comment?.body ?? '', /\| `a` \| `env\.MODE`: _none_ → `fast` \| hold: pending restart/);
      // What main has become since is not the pull request's doing.
      assert.doesNotMatch(comment?.body ?? '', /meanwhile|`c`/);

      await pull.commit('{ name: a }', '{ name: b }', '{ name: c }', '{ name: d }');
      assertPassed(await run());
      assert.equal(forge.comments.length, 1);
      assert.match(forge.comments[0]?.body ?? '', /\| `d` \| added \| start \|/);

      await pull.commit('{ name: a }', '{ name: b, runtime: claud }');
      const results = await run();
      const last = results.at(-1);
      assert.ok(last !== undefined);
      assert.equal(last.name.toLowerCase(), 'validate');
      assert.equal(last.code, 65, `${last.stdout}${last.stderr}`);
      if (file !== 'woodpecker.yml') assert.match(last.stdout, /^::error file=fleet\.yaml,line=6,/m);
      assert.equal(forge.comments.length, 1);
      assert.match(forge.comments[0]?.body ?? '', /The fleet file is not valid/);

      await pull.remove();
      assert.equal((await run()).at(-1)?.name.toLowerCase(), 'validate');
      assert.equal(forge.comments.length, 1);
      assert.match(forge.comments[0]?.body ?? '', /The fleet file is gone/);
    },
    { timeout: 120_000 },
  );

for (const [file, kind] of cases.slice(0, 3))
  inWorld(
    `${file} on ${kind}: of a fork, the summary has it`,
    'none',
    async (world, t) => {
      await pullRequest(world);
      const { forge, run, summary } = await setUp(world, t, file, kind);
      forge.readOnly = true;
      assertPassed(await run());
      assert.deepEqual(forge.comments, []);
      assert.match(readFileSync(summary, 'utf8'), /\| `a` \| `env\.MODE`/);
    },
    { timeout: 120_000 },
  );

function assertPassed(results: readonly StepResult[]): void {
  for (const { name, code, stdout, stderr } of results) assert.equal(code, 0, `${name}: ${stdout}${stderr}`);
  assert.equal(results.at(-1)?.name.toLowerCase(), 'validate', 'every step was run');
}

test('the token is given to one step alone, and asks for as little as there is', () => {
  const { permissions, jobs } = read('github.yml') as {
    permissions: object;
    jobs: { review: { permissions: object; steps: { env?: Record<string, string> }[] } };
  };
  assert.deepEqual(permissions, {});
  assert.deepEqual(jobs.review.permissions, { contents: 'read', 'pull-requests': 'write' });
  assert.equal(jobs.review.steps.filter(({ env }) => JSON.stringify(env ?? {}).includes('token')).length, 1);
});

test('every file of the examples is told of in their page', () => {
  const page = readFileSync(join(root, 'examples/ci/README.md'), 'utf8');
  for (const file of ['github.yml', 'forgejo.yml', 'woodpecker.yml', 'comment.mjs']) {
    assert.ok(existsSync(join(root, 'examples/ci', file)));
    assert.ok(page.includes(file), file);
  }
});
