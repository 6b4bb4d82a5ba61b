/** `fleet init`: what it prints is valid and can be applied, and no file is ever written over. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { fillProfile, fleetNameOf } from '../../src/fleet/profile.ts';
import test from 'node:test';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

interface Roster {
  name: string;
  tmux: { socket_name: string };
  agents: { name: string; runtime?: string; worktree?: { repository: string; base?: string } }[];
}

async function init(world: World, args: readonly string[], code = 0, cwd = world.cwd) {
  const env = { PATH: `${world.path('bin')}:${world.env['PATH']}` };
  const result = await world.mosaic(['fleet', 'init', ...args], { cwd, env });
  assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
  return result;
}

function program(world: World, name: string): void {
  mkdirSync(world.path('bin'), { recursive: true });
  writeFileSync(world.path('bin', name), '#!/bin/sh\nexec sleep 1000\n');
  chmodSync(world.path('bin', name), 0o755);
}

for (const profile of ['minimal', 'software-factory']) {
  inWorld(
    `${profile}: validates as it is printed, and says what is missing and what comes next`,
    'none',
    async (world) => {
      const { stdout, stderr } = await init(world, ['--profile', profile]);
      const file = join(world.cwd, 'printed.yaml');
      writeFileSync(file, stdout);
      assert.equal((await world.mosaic(['validate', file])).code, 0);
      const roster = parse(stdout) as Roster;
      assert.equal(roster.name, 'work');
      assert.equal(roster.tmux.socket_name, 'mosaic-work');
      assert.doesNotMatch(stdout, /yaml-language-server/);
      const followed = await world.mosaic(['validate', file, '--followed']);
      const standsHere = profile === 'minimal';
      assert.equal(followed.code, standsHere ? 65 : 0, followed.stderr);
      if (standsHere) assert.match(followed.stderr, /agent coder0 works in "\.", beside the fleet file/);
      assert.equal(stderr.includes('mosaic validate --followed checks it'), standsHere);
      // Comments are what a new user reads.
      assert.ok(stdout.split('\n').filter((line) => /^ *#/.test(line)).length >= 8);
      assert.match(stderr, /^Only printed: --write puts it into .*\/fleet\.yaml\.$/m);
      if (profile === 'software-factory') {
        assert.match(stderr, /^Before it can start: replace ~\/src\/app in it/m);
        assert.match(stderr, /^Not installed here: claude \(npm install .*claude-code\)\.$/m);
      }
    },
  );
}

inWorld(
  'minimal, written: one agent that starts, with the first runtime that is installed',
  'none',
  async (world) => {
    const shell = parse((await init(world, [])).stdout) as Roster;
    assert.deepEqual(
      shell.agents.map(({ runtime }) => runtime),
      ['shell'],
    );
    program(world, 'codex');
    const { stderr } = await init(world, ['--write']);
    assert.match(
      stderr,
      /^Wrote .*fleet\.yaml: the fleet work, coder0\.\nNext: mosaic apply --dry-run shows/,
    );
    const text = readFileSync(world.fleetFile, 'utf8');
    assert.deepEqual(
      (parse(text) as Roster).agents.map(({ runtime }) => runtime),
      ['codex'],
    );
    assert.equal(statSync(world.fleetFile).mode & 0o777, 0o644);
    writeFileSync(world.fleetFile, `${text}supervisor: none\n`);
    const env = { PATH: `${world.path('bin')}:${world.env['PATH']}` };
    const applied = await world.mosaic(['apply'], { env });
    assert.equal(applied.code, 0, applied.stderr);
    const { stdout } = await world.run('tmux', [
      '-L',
      'mosaic-work',
      'list-sessions',
      '-F',
      '#{session_name}',
    ]);
    assert.deepEqual(stdout.trim().split('\n').sort(), ['_holder', 'coder0']);
    assert.equal((await world.mosaic(['down', '--purge'])).code, 0);
  },
);

inWorld(
  'software-factory in a repository: its own top and branch, and every worktree can be planned',
  'none',
  async (world) => {
    for (const name of ['claude', 'pi']) program(world, name);
    const repository = await world.makeRepository('app');
    await world.git(repository, 'branch', '-m', 'trunk');
    const folder = join(repository, 'ops');
    mkdirSync(folder);
    const { stderr } = await init(world, ['--profile', 'software-factory', '--write'], 0, folder);
    assert.doesNotMatch(stderr, /replace|Not installed/);
    const roster = parse(readFileSync(join(folder, 'fleet.yaml'), 'utf8')) as Roster;
    assert.equal(roster.name, 'ops');
    assert.equal(roster.agents.length, 13);
    const coder = roster.agents.find(({ name }) => name === 'coder0');
    assert.deepEqual([coder?.worktree?.repository, coder?.worktree?.base], ['..', 'trunk']);
    const env = { PATH: `${world.path('bin')}:${world.env['PATH']}`, XDG_RUNTIME_DIR: undefined };
    const plan = await world.mosaic(['plan'], { cwd: folder, env });
    assert.equal(plan.code, 0, `${plan.stdout}\n${plan.stderr}`);
    assert.match(plan.stdout, /^Plan: 13 to start/m);
  },
);

inWorld('what is there stays: a file, a link to one, a link to nowhere, a folder', 'none', async (world) => {
  const at = (name: string): string => join(world.cwd, name);
  writeFileSync(at('file'), 'mine\n');
  symlinkSync('file', at('link'));
  symlinkSync('nowhere', at('dangling'));
  mkdirSync(at('folder'));
  for (const name of ['file', 'link', 'dangling', 'folder']) {
    const { stderr } = await init(world, ['--write', '--file', name], 1);
    assert.match(stderr, new RegExp(`/${name} is there already, and stays as it is\n  fix: `));
  }
  assert.equal(readFileSync(at('file'), 'utf8'), 'mine\n');
  assert.equal(readlinkSync(at('dangling')), 'nowhere');
  assert.equal(lstatSync(at('nowhere'), { throwIfNoEntry: false }), undefined);
  assert.match(
    (await init(world, ['--write', '--file', 'no/such/folder.yaml'], 1)).stderr,
    /its folder is not there/,
  );
  await init(world, ['--profile', 'other'], 64);
});

void test('a fleet is named as its folder, as far as that makes a name', () => {
  for (const [folder, name] of [
    ['my.App', 'my-app'],
    ['--x--', 'x'],
    ['Ünï', 'n'],
    ['…', undefined],
    ['a'.repeat(31) + '-b', 'a'.repeat(31)],
  ] as const)
    assert.equal(fleetNameOf(folder), name, folder);
});

void test('an example that does not fit is a mistake that is told', () => {
  assert.throws(
    () => fillProfile('version: 1\n', { name: 'x', runtime: 'shell' }),
    /the example has no line/,
  );
});
