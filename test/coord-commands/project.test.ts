/** What git and a provider's command tell of a project. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coordCommands, missionAdvisory } from '../../src/coord/advisory.ts';
import { realHost } from '../../src/host/real.ts';
import { observeMission } from '../../src/observe/mission.ts';
import {
  observeDirty,
  openPulls,
  recentCommits,
  repositoryAround,
  statusMarks,
} from '../../src/observe/project.ts';
import { inProject, type Scene } from './scene.ts';

/** This process's host, as a program in the world would have it. */
function hostIn(scene: Scene, path?: string): ReturnType<typeof realHost> {
  const before = { ...process.env };
  Object.assign(
    process.env,
    scene.world.env,
    path === undefined ? {} : { PATH: `${path}:${before['PATH'] ?? ''}` },
  );
  try {
    return realHost();
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

inProject('dirty: changed, staged, deleted, conflicting and untracked files by name', async (scene) => {
  const host = hostIn(scene);
  const { world, project } = scene;
  const clean = await observeDirty(host, project);
  assert.deepEqual(clean, { known: true, value: { files: [], more: 0, stashes: 0, unpushed: 0 } });
  for (const name of ['a.txt', 'b c.txt', 'gone.txt']) scene.write(name, 'one\n');
  await world.git(project, 'add', '.');
  await world.git(project, 'commit', '--quiet', '--message', 'Files');
  await world.git(project, 'switch', '--quiet', '-c', 'other');
  scene.write('a.txt', 'theirs\n');
  await world.git(project, 'commit', '--quiet', '--all', '--message', 'Theirs');
  await world.git(project, 'switch', '--quiet', 'main');
  scene.write('a.txt', 'ours\n');
  await world.git(project, 'commit', '--quiet', '--all', '--message', 'Ours');
  await world.run('git', ['-C', project, 'merge', 'other']);
  scene.write('b c.txt', 'two\n');
  rmSync(scene.path('gone.txt'));
  mkdirSync(scene.path('new'));
  scene.write('new/ünder "quotes"\n.txt', '');
  const found = await observeDirty(host, scene.path('new'));
  assert.ok(found.known);
  assert.deepEqual(found.value, {
    files: [' M b c.txt', ' D gone.txt', 'UU a.txt', '?? new/'],
    more: 0,
    stashes: 0,
    unpushed: 2,
    operation: 'merge',
  });
});

inProject('dirty: before the first commit, without a remote, outside of any repository', async (scene) => {
  const host = hostIn(scene);
  const fresh = scene.world.path('fresh');
  mkdirSync(fresh);
  await scene.world.git(fresh, 'init', '--quiet');
  writeFileSync(join(fresh, 'x'), '');
  const found = await observeDirty(host, fresh);
  assert.deepEqual(found, { known: true, value: { files: ['?? x'], more: 0, stashes: 0 } });
  assert.deepEqual(await recentCommits(host, fresh, 3), []);
  const plain = scene.world.path('plain');
  mkdirSync(plain);
  assert.equal(repositoryAround(host.files, plain), undefined);
  assert.deepEqual(await observeDirty(host, plain), { known: false, why: 'no git repository' });
  // A worktree is a top of its own.
  const tree = scene.world.path('tree');
  await scene.world.git(scene.project, 'worktree', 'add', '--quiet', tree);
  assert.equal(repositoryAround(host.files, tree), tree);
  assert.ok((await observeDirty(host, tree)).known);
});

inProject('dirty: a file name may hold anything', async () => {
  const text =
    '1 .M N... 100644 100644 100644 aaa bbb a b\nc\0u UU N... 1 1 1 1 aaa bbb ccc d  e\0? f\0! ignored\0';
  assert.deepEqual(statusMarks(text), [' M a b\nc', 'UU d  e', '?? f']);
  return Promise.resolve();
});

inProject('pull requests: as gh or tea tell; without them, or when they hang, nothing', async (scene) => {
  const { project } = scene;
  const bin = scene.world.path('bin');
  mkdirSync(bin);
  const put = (name: string, body: string): string => scene.script(`bin/${name}`, body);
  assert.equal(await openPulls(hostIn(scene, bin), scene.world.folder, 5), undefined);
  put('gh', 'exit 1');
  put('tea', `[ "$PWD" = '${project}' ] && printf '"index"\\t"title"\\n"12"\\t"Screens"\\n'`);
  assert.deepEqual(await openPulls(hostIn(scene, bin), project, 5), ['#12 Screens']);
  put('gh', `printf '#7 Prices\\n#8 Carts\\n'`);
  assert.deepEqual(await openPulls(hostIn(scene, bin), project, 5), ['#7 Prices', '#8 Carts']);
  put('gh', 'exec sleep 60');
  assert.equal(await openPulls(hostIn(scene, bin), project, 5), undefined);
});

inProject('the advisory: of a real project, the newest scratchpad first', async (scene) => {
  const host = hostIn(scene);
  assert.deepEqual(await missionAdvisory(host, observeMission(host, scene.project)), []);
  await scene.init();
  scene.write('docs/scratchpads/notes.md', '# Newer\n');
  const lines = await missionAdvisory(host, observeMission(host, scene.project));
  assert.ok(lines.includes('working tree:  1 changed file'), lines.join('\n'));
  assert.ok(lines.includes(`scratchpad:    ${scene.path('docs/scratchpads/notes.md')}`), lines.join('\n'));
  assert.ok(
    lines.some((line) => /^commits: {7}[0-9a-f]+ A mission$/.test(line)),
    lines.join('\n'),
  );
  assert.equal(lines.at(-1), `to continue:   mosaic coord continue --project ${scene.project}`);
});

inProject("in an agent's worktree: the mission is the one that its session is of", async (scene) => {
  await scene.init();
  const { world, project } = scene;
  const tree = world.path('tree');
  await world.git(project, 'worktree', 'add', '--quiet', tree);
  scene.write('docs/TASKS.md', scene.read('docs/TASKS.md').replace('| T-1 | not-started', '| T-1 | done'));
  const projectIn = async (cwd: string, told?: string): Promise<unknown> => {
    const env = told === undefined ? {} : { MOSAIC_PROJECT: told };
    return (await scene.json(['mission'], 0, { cwd, env }))['project'];
  };
  assert.equal(await projectIn(tree, project), project);
  assert.equal(await projectIn(join(tree, 'docs'), project), project);
  assert.equal(await projectIn(scene.path('docs'), project), project);
  const { stdout } = await scene.coord(['mission'], 0, { cwd: tree, env: { MOSAIC_PROJECT: project } });
  assert.match(stdout, /1 of 3 tasks/);
  // Whoever copies a line of it may have no such variable.
  assert.match(stdout, new RegExp(`mosaic coord continue --project ${project}$`, 'm'));
  // Without it, and where it is of something else, the working directory tells.
  assert.equal(await projectIn(tree), tree);
  assert.equal(await projectIn(tree, ''), tree);
  assert.equal(await projectIn(tree, world.path('nowhere')), tree);
  assert.equal(await projectIn(tree, 'relative'), tree);
  const other = await world.makeRepository('other');
  const init = ['init', '--name', 'Other', '--milestones', 'One'];
  await scene.coord(init, 0, { cwd: other, env: { MOSAIC_PROJECT: project } });
  assert.equal(await projectIn(other, project), other);
  assert.equal(await projectIn(tree, other), tree);
});

inProject('in a folder of the project that is a repository of its own', async (scene) => {
  await scene.init();
  const { world, project } = scene;
  const inner = scene.path('vendor/lib');
  mkdirSync(inner, { recursive: true });
  await world.git(inner, 'init', '--quiet');
  const env = { MOSAIC_PROJECT: project };
  assert.equal((await scene.json(['mission'], 0, { cwd: inner, env }))['project'], project);
  assert.match((await scene.coord(['mission'], 65, { cwd: inner })).stderr, /no mission in .*vendor\/lib/);
  await scene.coord(['init', '--name', 'Lib', '--milestones', 'One', '--project', '.'], 0, { cwd: inner });
  assert.equal((await scene.json(['mission'], 0, { cwd: inner, env }))['project'], inner);
});

inProject('a line to copy names the project where the folder would lead to another', async (scene) => {
  const { project } = scene;
  const inner = scene.path('packages/cart');
  mkdirSync(inner, { recursive: true });
  const at = (cwd: string, of: string): string => {
    const host = hostIn(scene);
    return coordCommands({ ...host, facts: { ...host.facts, cwd } }, of).continue;
  };
  assert.equal(at(project, project), 'mosaic coord continue');
  assert.equal(at(inner, project), 'mosaic coord continue');
  assert.equal(at(inner, inner), `mosaic coord continue --project ${inner}`);
  assert.equal(at('/', project), `mosaic coord continue --project ${project}`);
  const plain = scene.world.path('plain');
  mkdirSync(plain);
  assert.equal(at(plain, plain), 'mosaic coord continue');
  return Promise.resolve();
});
