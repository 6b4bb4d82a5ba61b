/** Folders with names that mean something elsewhere, and links where a folder of ours should be. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { forSupervisors, inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { dumper, givenTo, hostileNames, requireNothingRan } from './hostile.ts';

const idle = { idle: { command: ['sleep', 'infinity'] } };

forSupervisors('agents work in folders of any name', async (world) => {
  const folders = hostileNames.map((name) => world.path('places', name));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  world.writeFleet({
    agents: folders.map((folder, index) => ({
      name: `a${index}`,
      runtime: 'shell',
      command: dumper(world, `a${index}`),
      working_directory: folder,
    })),
  });
  await succeeds(world, ['apply']);
  for (const [index, folder] of folders.entries()) {
    const { cwd } = await givenTo(world, `a${index}`);
    assert.equal(cwd, folder);
  }
  await inSync(world);
  await succeeds(world, ['down']);
  requireNothingRan(world);
});

forSupervisors(
  'repositories, worktrees, templates and secrets have any name',
  async (world) => {
    const names = hostileNames.filter((_, index) => index % 3 === (world.supervisor === 'none' ? 0 : 1));
    const places = [];
    for (const [index, name] of names.entries()) {
      const repository = await world.makeRepository(name);
      const tree = world.path('trees', name);
      const envFile = world.path(`secrets ${name}`);
      writeFileSync(envFile, `SECRET='${index} $(touch canary)'\n`);
      places.push({ repository, tree, envFile });
    }
    const agents = places.map(({ repository, tree, envFile }, index) => ({
      name: `a${index}`,
      runtime: 'shell',
      command: dumper(world, `a${index}`),
      env_file: envFile,
      worktree: { repository, path: tree, branch: `agents/$(id);%n#{pid}&a${index}` },
    }));
    world.writeFleet({ agents });
    await succeeds(world, ['apply']);
    for (const [index, { tree, repository }] of places.entries()) {
      const { cwd, env } = await givenTo(world, `a${index}`);
      assert.equal(cwd, tree);
      assert.equal(env['SECRET'], `${index} $(touch canary)`);
      assert.equal(await world.git(tree, 'branch', '--show-current'), `agents/$(id);%n#{pid}&a${index}`);
      assert.equal(
        readFileSync(join(tree, 'README.md'), 'utf8'),
        readFileSync(join(repository, 'README.md'), 'utf8'),
      );
    }
    await inSync(world);
    await world.tmux('kill-session', '-t', '=a0');
    await succeeds(world, ['apply']);
    // A repository that no agent names any more is not looked at.
    const stopped = agents.map(({ name, worktree: { repository } }) => ({
      name: `stopped-${name}`,
      runtime: 'shell',
      state: 'stopped',
      worktree: { repository },
    }));
    world.writeFleet({ agents: [...agents.slice(0, 1), ...stopped] });
    await succeeds(world, ['apply', '--allow-mass-stop']);
    assert.deepEqual(
      places.map(({ tree }) => existsSync(tree)),
      places.map((_, index) => index === 0),
    );
    await succeeds(world, ['down']);
    requireNothingRan(world);
  },
  { timeout: 120_000 },
);

// Short enough for a socket's path (unix(7): 107 bytes).
for (const suffix of [
  ` "a' $HOME \\`,
  ' #(touch canary)',
  ' %n%h [x]*?',
  ' `touch canary`;~',
  ' üñ😀 #{pid}',
]) {
  forSupervisors(
    `home, configuration, state and sockets lie in folders that end with ${suffix}`,
    async (world) => {
      const repository = await world.makeRepository('app');
      world.writeFleet({
        tmux: { extra_config: join(world.home, 'extra.conf') },
        agents: [
          { name: 'one', runtime: 'shell', command: dumper(world, 'one'), working_directory: '~' },
          { name: 'two', runtime: 'shell', command: dumper(world, 'two'), worktree: { repository } },
        ],
      });
      writeFileSync(join(world.home, 'extra.conf'), 'set-option -g @extra sourced\n');
      await succeeds(world, ['apply']);
      assert.deepEqual(await world.sessions(), ['_holder', 'one', 'two']);
      assert.equal((await world.tmux('show-options', '-gv', '@extra')).stdout, 'sourced\n');
      const one = await givenTo(world, 'one');
      assert.equal(one.cwd, world.home);
      for (const name of ['HOME', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'TMUX_TMPDIR']) {
        assert.equal(one.env[name], world.env[name], name);
      }
      const two = await givenTo(world, 'two');
      assert.equal(two.cwd, join(world.env['XDG_STATE_HOME'] ?? '', 'mosaic/test/worktrees/two'));
      await inSync(world);
      await succeeds(world, ['apply', '--restart', 'one']);
      await inSync(world);
      if (world.supervisor === 'systemd') {
        // Stopped by itself, a unit ends exactly its session.
        await world.systemctl('stop', 'mosaic-agent@one.service');
        assert.deepEqual(await world.sessions(), ['_holder', 'two']);
      }
      await succeeds(world, ['down']);
      assert.deepEqual(await world.sessions(), []);
      requireNothingRan(world);
    },
    { suffix },
  );
}

/** Folders of ours, below the state and the configuration folder, that somebody replaced by a link. */
const linked = {
  state: ['XDG_STATE_HOME', 'mosaic/test'],
  locks: ['XDG_STATE_HOME', 'mosaic/test/locks'],
  crashes: ['XDG_STATE_HOME', 'mosaic/test/crashes'],
  'crashes of an agent': ['XDG_STATE_HOME', 'mosaic/test/crashes/one'],
  worktrees: ['XDG_STATE_HOME', 'mosaic/test/worktrees'],
  'worktree of an agent': ['XDG_STATE_HOME', 'mosaic/test/worktrees/two'],
  'rendered files': ['XDG_CONFIG_HOME', 'mosaic/fleet/test'],
  'rendered files of agents': ['XDG_CONFIG_HOME', 'mosaic/fleet/test/agents'],
} as const;

for (const [what, [base, path]] of Object.entries(linked)) {
  inWorld(
    `a link in place of the folder for ${what}: nothing is written where it leads`,
    'none',
    async (world) => {
      const outside = world.path('outside');
      mkdirSync(outside);
      writeFileSync(join(outside, 'kept'), 'kept\n');
      const link = join(world.env[base] ?? '', path);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(outside, link);
      const repository = await world.makeRepository('app');
      world.writeFleet({
        runtimes: idle,
        agents: [
          { name: 'one', runtime: 'idle', working_directory: '/', restart: { backoff: { initial: '0s' } } },
          { name: 'two', runtime: 'idle', worktree: { repository } },
        ],
      });
      const first = await world.mosaic(['apply']);
      // What needs the folder is refused and said, or the link gives way.
      if (first.code !== 0) assert.match(first.stdout + first.stderr, /symbolic link/);
      const { stdout } = await world.tmux('list-panes', '-t', '=one:', '-F', '#{pane_pid}');
      if (stdout !== '') {
        await world.run('kill', ['-KILL', stdout.trim()]);
        await world.until('it is dead', async () =>
          (await world.tmux('list-panes', '-t', '=one:', '-F', '#{pane_dead}')).stdout.startsWith('1'),
        );
        const second = await world.mosaic(['apply']);
        assert.match(second.stdout + second.stderr, /started one|symbolic link/);
      }
      await world.mosaic(['down', '--purge']);
      assert.deepEqual(readdirSync(outside), ['kept']);
      assert.equal(readFileSync(join(outside, 'kept'), 'utf8'), 'kept\n');
    },
  );
}

const linkedFiles = {
  state: ['XDG_STATE_HOME', 'mosaic/test/state.json'],
  'the event log': ['XDG_STATE_HOME', 'mosaic/test/events.jsonl'],
  'the apply lock': ['XDG_STATE_HOME', 'mosaic/test/apply.lock'],
  'a session lock': ['XDG_STATE_HOME', 'mosaic/test/locks/one.json'],
  'the tmux configuration': ['XDG_CONFIG_HOME', 'mosaic/fleet/test/tmux.conf'],
  "an agent's tmux file": ['XDG_CONFIG_HOME', 'mosaic/fleet/test/agents/one.tmux'],
} as const;

for (const [what, [base, path]] of Object.entries(linkedFiles)) {
  inWorld(`a link in place of ${what}: nothing is written where it leads`, 'none', async (world) => {
    const outside = world.path('outside.txt');
    const text = 'of another\n';
    writeFileSync(outside, text);
    const link = join(world.env[base] ?? '', path);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(outside, link);
    world.writeFleet({ runtimes: idle, agents: [{ name: 'one', runtime: 'idle', working_directory: '/' }] });
    const { code, stdout, stderr } = await world.mosaic(['apply']);
    assert.doesNotMatch(stderr, /mistake in mosaic/);
    if (code !== 0) assert.match(stdout + stderr, /symbolic link|not ours|cannot be used/);
    await world.mosaic(['down', '--purge']);
    assert.equal(readFileSync(outside, 'utf8'), text);
  });
}

async function succeeds(world: World, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await world.mosaic(args);
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

async function inSync(world: World): Promise<void> {
  const { code, stdout } = await world.mosaic(['plan', '--detailed-exitcode']);
  assert.equal(code, 0, stdout);
}
