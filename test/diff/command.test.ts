/** mosaic diff and validate as a reviewer runs them: on files, on revisions of a repository, on pipes. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diff as isDiff } from '../../src/generated/validators.js';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

interface Shown {
  same: boolean;
  new: boolean;
  agents: { agent: string; consequence: string; reason: string; fields: { field: string }[] }[];
  warnings: string[];
}

const fleet = (agents: string): string =>
  `version: 1\nname: shop\ndefaults: { runtime: claude }\nagents:\n${agents}`;

/** A repository whose first commit has no fleet file, and whose second has one with files beside it. */
async function repository(world: World) {
  const tree = await world.makeRepository('shop');
  const write = (path: string, text: string): void => writeFileSync(join(tree, path), text);
  const commit = async (message: string): Promise<string> => {
    await world.git(tree, 'add', '--all');
    await world.git(tree, 'commit', '--quiet', '--message', message);
    return world.git(tree, 'rev-parse', 'HEAD');
  };
  const empty = await world.git(tree, 'rev-parse', 'HEAD');
  mkdirSync(join(tree, 'ops/templates'), { recursive: true });
  write('ops/fleet.yaml', fleet('  - { name: a, kickstart_template: templates/a.md }\n  - { name: b }\n'));
  write('ops/templates/a.md', 'Begin.\n');
  const base = await commit('fleet');
  const run = (args: string[], options: { cwd?: string; input?: string } = {}) =>
    world.mosaic(['diff', ...args], { cwd: tree, ...options });
  const shown = async (args: string[], options: { cwd?: string; input?: string } = {}): Promise<Shown> => {
    const { stdout, stderr, code } = await run([...args, '--json'], options);
    assert.equal(code, 0, stderr);
    const data: unknown = JSON.parse(stdout);
    assert.ok(isDiff(data), JSON.stringify(isDiff.errors));
    return data as Shown;
  };
  return { tree, write, commit, empty, base, run, shown };
}

inWorld('files beside the fleet file are those of its own revision', 'none', async (world) => {
  const { tree, write, commit, empty, base, run, shown } = await repository(world);
  write('ops/templates/a.md', 'Begin slowly.\n');
  await commit('slower');
  const changed = await shown([`${base}:ops/fleet.yaml`, 'HEAD:ops/fleet.yaml']);
  assert.deepEqual(
    changed.agents.map(({ agent, fields }) => [agent, fields.map(({ field }) => field)]),
    [['a', ['kickstart']]],
  );
  const inside = join(tree, 'ops');
  assert.ok((await shown(['HEAD:./fleet.yaml', 'fleet.yaml'], { cwd: inside })).same);
  assert.ok((await shown(['HEAD:../ops/fleet.yaml', 'HEAD:ops/fleet.yaml'], { cwd: inside })).same);

  const first = await shown([`${empty}:ops/fleet.yaml`, 'HEAD:ops/fleet.yaml']);
  assert.ok(first.new);
  assert.deepEqual(
    first.agents.map(({ consequence }) => consequence),
    ['start', 'start'],
  );

  write('ops/fleet.yaml', fleet('  - { name: a, kickstart_template: templates/gone.md }\n  - { name: b }\n'));
  const trouble = await run(['HEAD:ops/fleet.yaml', 'ops/fleet.yaml', '--detailed-exitcode']);
  assert.equal(trouble.code, 2);
  assert.match(
    trouble.stdout,
    /would not start again: its kickstart_template templates\/gone\.md is not there/,
  );
});

inWorld('nothing outside of the repository is read for who wrote the fleet file', 'none', async (world) => {
  const { tree, write, shown } = await repository(world);
  writeFileSync(world.path('secret.md'), 'hush-hush\n');
  symlinkSync(world.path('secret.md'), join(tree, 'ops/templates/link.md'));
  for (const path of ['../../../secret.md', 'templates/link.md', '../.git/config', world.path('secret.md')]) {
    write('ops/fleet.yaml', fleet(`  - { name: a, kickstart_template: ${path} }\n  - { name: b }\n`));
    const text = JSON.stringify(await shown(['HEAD:ops/fleet.yaml', 'ops/fleet.yaml']));
    assert.doesNotMatch(text, /hush-hush|repositoryformatversion|"trouble|is not there/, path);
  }
});

inWorld('what cannot be compared is told with the way out', 'none', async (world) => {
  const { write, run, tree, base } = await repository(world);
  const file = 'ops/fleet.yaml';
  const cases: [string[], number, RegExp][] = [
    [['nowhere:ops/fleet.yaml', file], 65, /has no commit nowhere\n {2}fix: Fetch it first/],
    [['--', '-x:ops/fleet.yaml', file], 65, /has no commit -x/],
    [['nothing.yaml', file], 65, /nothing\.yaml is not there\n {2}fix: Name a file, or REV:PATH/],
    [[`HEAD:${file}`, 'HEAD:ops/gone.yaml'], 65, /there is no fleet file HEAD:ops\/gone\.yaml/],
    [[`HEAD:ops`, file], 65, /ops is no file in the commit/],
    [['-', '-'], 64, /standard input can be one of the two/],
    [[file], 64, /missing required argument 'head'/],
  ];
  for (const [args, code, expected] of cases) {
    const result = await run(args);
    assert.equal(result.code, code, `${args.join(' ')}: ${result.stderr}`);
    assert.match(result.stderr, expected);
    assert.equal(result.stdout, '');
  }
  const outside = await run([`HEAD:${file}`, join(tree, file)], { cwd: world.cwd });
  assert.equal(outside.code, 69);
  assert.match(outside.stderr, /is not in a git repository\n {2}fix: Run it in a clone of/);

  const gone = [`HEAD:${file}`, 'HEAD:ops/gone.yaml'];
  const comment = await run([...gone, '-o', 'markdown']);
  assert.equal(comment.code, 65);
  assert.match(
    comment.stdout,
    /^<!-- mosaic:diff:shop -->\n[^]*fleet file is gone: there is no `HEAD:ops\/gone\.yaml`/,
  );
  const told = await run([...gone, '--json']);
  assert.equal(told.code, 65);
  assert.ok(isDiff(JSON.parse(told.stdout)), JSON.stringify(isDiff.errors));
  assert.match(told.stdout, /"message": "the fleet file is gone"/);
  assert.equal((await run(['HEAD:a', 'HEAD:b', '-o', 'markdown'])).stdout, '');

  write(file, fleet('  - { name: a, runtime: claud }\n'));
  const text = await run([`${base}:${file}`, file]);
  assert.equal(text.code, 65);
  assert.match(text.stderr, /^ops\/fleet\.yaml:5:\d+: /m);
  const markdown = await run([`${base}:${file}`, file, '-o', 'markdown']);
  assert.equal(markdown.code, 65);
  assert.match(
    markdown.stdout,
    /^<!-- mosaic:diff:shop -->\n[^]*\*\*1 problem\*\* in `ops\/fleet\.yaml`, the head/,
  );
  const json = await run([file, `${base}:${file}`, '--json']);
  assert.equal(json.code, 65);
  assert.ok(isDiff(JSON.parse(json.stdout)), JSON.stringify(isDiff.errors));
});

inWorld('a pipe is a file like any other, and stands nowhere', 'none', async (world) => {
  const { shown, run } = await repository(world);
  const text = fleet('  - { name: a, kickstart_template: templates/a.md }\n');
  const { agents } = await shown(['HEAD:ops/fleet.yaml', '-'], { input: text });
  assert.deepEqual(
    agents.map(({ agent, consequence }) => [agent, consequence]),
    [
      ['a', 'none'],
      ['b', 'stop'],
    ],
  );
  const markdown = await run(['HEAD:ops/fleet.yaml', '-', '-o', 'markdown'], { input: text });
  assert.match(markdown.stdout, /\| `b` \| removed \| \*\*stop\*\* \|/);
});

inWorld('validate tells a workflow where each problem is', 'none', async (world) => {
  world.writeFleet(
    'version: 1\nagents:\n  - name: a\n    runtime: "100%,:x"\n  - name: b\n    runtime: claude\n    colour: red\n',
  );
  const { code, stdout, stderr } = await world.mosaic(['validate', 'fleet.yaml', '-o', 'github']);
  assert.equal(code, 65);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /^::error file=fleet\.yaml,line=4,col=14,endColumn=\d+::[^\n]*100%25,:x/);
  assert.match(lines[1] ?? '', /^::error file=fleet\.yaml,line=7,col=5,endColumn=11::.*"colour"/);
  assert.match(stderr, /2 problems in fleet\.yaml/);
  world.writeFleet({ agents: [{ name: 'a', runtime: 'shell' }] });
  const good = await world.mosaic(['validate', 'fleet.yaml', '-o', 'github']);
  assert.equal(good.code, 0);
  assert.match(good.stdout, /is valid: 1 agent, 0 missions\./);
  const both = await world.mosaic(['validate', 'fleet.yaml', '-f', 'other.yaml']);
  assert.equal(both.code, 64);
  assert.match(both.stderr, /two fleet files are named, fleet\.yaml and other\.yaml/);
});

inWorld('validate --followed: whether a host could follow it from here', 'none', async (world) => {
  const { tree, write, commit } = await repository(world);
  const validate = async (code: number, agent: string): Promise<string> => {
    write('ops/fleet.yaml', fleet(`  - { name: a, ${agent} }\n`));
    assert.equal((await world.mosaic(['validate', 'ops/fleet.yaml'], { cwd: tree })).code, 0);
    const result = await world.mosaic(['validate', 'ops/fleet.yaml', '--followed'], { cwd: tree });
    assert.equal(result.code, code, result.stderr);
    return result.stderr;
  };
  await validate(0, 'working_directory: ~/src, kickstart_template: templates/a.md, env_file: ~/secrets');
  assert.match(await validate(65, 'working_directory: .'), /agent a works in "\.", beside the fleet file/);
  const named = (path: string): string => `working_directory: /, kickstart_template: ${path}`;
  assert.match(
    await validate(65, named('gone.md')),
    /"ops\/gone\.md", which the fleet file names, is not there/,
  );
  assert.match(await validate(65, named('../../out.md')), /"\.\.\/\.\.\/out\.md" leaves the repository/);
  assert.match(await validate(65, named('templates')), /is no regular file/);
  write('ops/new.md', 'Begin.\n');
  assert.match(
    await validate(65, named('new.md')),
    /"ops\/new\.md", which the fleet file names, is not in git/,
  );
  await commit('new');
  await validate(0, named('new.md'));
  const github = await world.mosaic(['validate', 'ops/fleet.yaml', '--followed', '-o', 'github'], {
    cwd: tree,
  });
  assert.equal(github.stdout.includes('::error'), false);
});
