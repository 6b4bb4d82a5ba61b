import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { type CommandRecord, saveArtefacts } from './artefacts.ts';
import {
  type CommandOptions,
  type CommandResult,
  type Entrance,
  type Running,
  type RunOptions,
  runCommand,
  startCommand,
} from './command.ts';
import { atExit } from './exit.ts';
import { startManager, Unavailable, type UserManager } from './manager.ts';
import { killProcessesOf } from './processes.ts';
import { until } from './until.ts';

const folderPrefix = 'mosaic-test-';
const mosaicFile = fileURLToPath(new URL('../../dist/mosaic.js', import.meta.url));

/**
 * A machine of one's own for one test: a home, tmux sockets, perhaps a user manager, and nothing of the real ones. Every
 * folder lies under `folder`; what runs in it is ended, and it is removed, when the test is over.
 */
export interface World {
  readonly supervisor: 'none' | 'systemd';
  readonly folder: string;
  readonly home: string;
  /** Where commands run; holds the fleet file. */
  readonly cwd: string;
  readonly fleetFile: string;
  /** The fleet's `tmux -L` name. */
  readonly socket: string;
  readonly env: Readonly<Record<string, string>>;
  /** An absolute path below the world's folder. */
  path(...parts: string[]): string;
  /** Runs the built command to its end. */
  mosaic(args: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** Starts the built command and leaves it running. */
  start(args: readonly string[], options?: CommandOptions): Promise<Running>;
  /** Runs any program to its end. */
  run(file: string, args?: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** Starts any program and leaves it running. */
  spawn(file: string, args?: readonly string[], options?: CommandOptions): Promise<Running>;
  /** tmux on the fleet's socket. */
  tmux(...args: string[]): Promise<CommandResult>;
  /** tmux on the default socket, which no mosaic may ever touch. */
  foreignTmux(...args: string[]): Promise<CommandResult>;
  /** Names of the sessions on the fleet's socket, sorted; [] without a server. */
  sessions(): Promise<string[]>;
  /** `systemctl --user`; only with a user manager. */
  systemctl(...args: string[]): Promise<CommandResult>;
  /** Ends the user manager with everything that it has started, and starts it again: a reboot, but for the kernel. */
  restartManager(): Promise<void>;
  /** Runs git in a folder; resolves with what it printed, trimmed, and rejects when it fails. */
  git(folder: string, ...args: string[]): Promise<string>;
  /** A repository with one commit on `main`, pushed to a bare remote `origin`. Resolves with its working tree's path. */
  makeRepository(name: string): Promise<string>;
  /**
   * Writes the fleet file: text as it is, or an object to which version, name, transport, socket and supervisor are
   * added where they are missing. Gives the file's path.
   */
  writeFleet(fleet: string | Record<string, unknown>): string;
  until: typeof until;
}

/**
 * Makes a world and has `t` take it down again, whatever becomes of the test. When the test fails, what happened in the
 * world is kept under test-artefacts/.
 *
 * @throws {Unavailable} where tmux is missing, or a user manager is asked for and none can be started
 */
export async function createWorld(
  t: Pick<TestContext, 'name' | 'after' | 'diagnostic'>,
  options: WorldOptions,
): Promise<World> {
  const started = await openWorld(options);
  t.after(async () => {
    try {
      // Its types leave it out, but node:test has told this since 20.12.
      const { passed } = t as { passed?: boolean };
      if (passed !== true) t.diagnostic(`what happened is kept in ${await started.save(t.name)}`);
    } finally {
      await started.close();
    }
  });
  return started.world;
}

export interface WorldOptions {
  systemd: boolean;
  /** Added to the names of the folders that programs are led to: home, sockets, work. */
  suffix?: string;
  /** What the machine is called there; only with a user manager. */
  hostname?: string;
}

/** A world and what its owner does with it in the end. */
export interface OpenWorld {
  world: World;
  /** Keeps what happened under test-artefacts/NAME; resolves with that folder. */
  save: (name: string) => Promise<string>;
  /** Ends everything in the world and removes it. */
  close: () => Promise<void>;
}

/** As `createWorld`, without a test: for the bench. Whoever opens it closes it. */
export async function openWorld(options: WorldOptions): Promise<OpenWorld> {
  needTmux();
  const folder = join(realpathSync(tmpdir()), `${folderPrefix}${randomBytes(5).toString('hex')}`);
  mkdirSync(folder, { mode: 0o700 });
  const { suffix = '' } = options;
  const env = makeHome(folder, suffix);
  const managerLog = join(folder, 'manager.log');
  let manager: UserManager | undefined;
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const forget = atExit(() => {
    manager?.stopNow();
    killProcessesOf(folder);
    remove();
  });
  const close = async () => {
    await manager?.stop();
    await until(`nothing of ${folder} runs`, () => !killProcessesOf(folder));
    remove();
    forget();
  };
  try {
    if (options.systemd) manager = await tryManager(folder, env, managerLog, options.hostname);
    const records: CommandRecord[] = [];
    const world = buildWorld(folder, {
      ...(manager && { enter: manager.enter, restart: manager.restart }),
      env,
      cwd: join(folder, `work${suffix}`),
      record: (command, result) => records.push({ command, result }),
    });
    const save = async (name: string) =>
      saveArtefacts(name, [...records], await lookAround(world), {
        home: world.home,
        work: world.cwd,
        'manager.log': managerLog,
      });
    return { world, save, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What one test found out holds for all others of its process: a manager that cannot start takes seconds to say so. */
let noManager: Unavailable | undefined;

async function tryManager(
  folder: string,
  env: Record<string, string>,
  log: string,
  hostname?: string,
): Promise<UserManager> {
  if (noManager !== undefined) throw noManager;
  try {
    return await startManager(folder, env, log, hostname);
  } catch (error) {
    if (error instanceof Unavailable) noManager = error;
    throw error;
  }
}

function needTmux(): void {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  if (!folders.some((folder) => existsSync(join(folder, 'tmux'))))
    throw new Unavailable('tmux is not installed');
}

/** Makes the folders of a world; gives the environment that leads every program to them. */
function makeHome(folder: string, suffix: string): Record<string, string> {
  const home = join(folder, `home${suffix}`);
  const env = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_STATE_HOME: join(home, '.local/state'),
    XDG_DATA_HOME: join(home, '.local/share'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_RUNTIME_DIR: join(folder, 'run'),
    TMUX_TMPDIR: join(folder, `tmux${suffix}`),
    TMPDIR: join(folder, 'tmp'),
    SHELL: '/bin/sh',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
  };
  const folders = ['XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR', 'TMUX_TMPDIR', 'TMPDIR'] as const;
  for (const name of folders) mkdirSync(env[name], { recursive: true, mode: 0o700 });
  mkdirSync(join(folder, `work${suffix}`));
  writeFileSync(
    join(home, '.gitconfig'),
    '[user]\n\tname = Test\n\temail = test@example.org\n[init]\n\tdefaultBranch = main\n',
  );
  return env;
}

function buildWorld(folder: string, entrance: Entrance & { restart?: () => Promise<void> }): World {
  const supervisor = entrance.enter === undefined ? 'none' : 'systemd';
  const unique = basename(folder).slice(folderPrefix.length);
  const socket = `test-${unique}`;
  const fleetFile = join(entrance.cwd, 'fleet.yaml');
  const path = (...parts: string[]) => join(folder, ...parts);
  const run = (file: string, args: readonly string[] = [], options: RunOptions = {}) =>
    runCommand(entrance, [file, ...args], options);
  const spawn = (file: string, args: readonly string[] = [], options: CommandOptions = {}) =>
    startCommand(entrance, [file, ...args], options);
  const tmux = (...args: string[]) => run('tmux', ['-L', socket, ...args]);
  const git = async (at: string, ...args: string[]) =>
    must(await run('git', ['-C', at, ...args]), 'git', args);
  return {
    supervisor,
    folder,
    home: entrance.env['HOME'] ?? '',
    cwd: entrance.cwd,
    fleetFile,
    socket,
    env: entrance.env,
    path,
    mosaic: (args, options) => run(process.execPath, [builtCommand(), ...args], options),
    start: (args, options) => spawn(process.execPath, [builtCommand(), ...args], options),
    run,
    spawn,
    tmux,
    foreignTmux: (...args) => run('tmux', ['-L', 'default', ...args]),
    async sessions() {
      const { stdout } = await tmux('list-sessions', '-F', '#{session_name}');
      return stdout.split('\n').filter(Boolean).sort();
    },
    systemctl: (...args) => run('systemctl', ['--user', ...args]),
    async restartManager() {
      if (entrance.restart === undefined) throw new Error('this world has no user manager');
      await entrance.restart();
    },
    git,
    async makeRepository(name) {
      const remote = path('remotes', `${name}.git`);
      const tree = path('repositories', name);
      mkdirSync(tree, { recursive: true });
      mkdirSync(dirname(remote), { recursive: true });
      await git(folder, 'init', '--quiet', '--bare', remote);
      await git(folder, 'init', '--quiet', tree);
      writeFileSync(join(tree, 'README.md'), `# ${name}\n`);
      await git(tree, 'add', 'README.md');
      await git(tree, 'commit', '--quiet', '--message', 'First commit');
      await git(tree, 'remote', 'add', 'origin', remote);
      await git(tree, 'push', '--quiet', '--set-upstream', 'origin', 'main');
      return tree;
    },
    writeFleet(fleet) {
      const complete = () => {
        const { tmux = {}, ...rest } = fleet as { tmux?: object };
        const usual = { version: 1, name: 'test', transport: 'tmux', supervisor };
        return stringify({ ...usual, ...rest, tmux: { socket_name: socket, ...tmux } });
      };
      writeFileSync(fleetFile, typeof fleet === 'string' ? fleet : complete());
      return fleetFile;
    },
    until,
  };
}

function builtCommand(): string {
  if (!existsSync(mosaicFile)) throw new Error('dist/mosaic.js is missing: npm run build');
  return mosaicFile;
}

function must(result: CommandResult, file: string, args: readonly string[]): string {
  if (result.code === 0) return result.stdout.trim();
  throw new Error(`${file} ${args.join(' ')}: exit ${result.code}: ${result.stderr || result.stdout}`);
}

/** What a person would look at first: every pane's screen on every socket, and all units. */
async function lookAround(world: World): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  const sockets = join(world.env['TMUX_TMPDIR'] ?? '', `tmux-${process.getuid?.() ?? 0}`);
  for (const name of existsSync(sockets) ? readdirSync(sockets) : []) {
    const format = '#{pane_id} #{session_name} #{pane_pid} dead=#{pane_dead} #{pane_dead_status}';
    const { stdout } = await world.run('tmux', ['-L', name, 'list-panes', '-a', '-F', format]);
    const screens = [`${stdout}\n`];
    for (const line of stdout.split('\n').filter(Boolean)) {
      const [pane = ''] = line.split(' ');
      const screen = await world.run('tmux', ['-L', name, 'capture-pane', '-p', '-S', '-', '-t', pane]);
      screens.push(`---- ${line}\n${screen.stdout.trimEnd()}\n`);
    }
    texts[`tmux-${name}.txt`] = screens.join('');
  }
  if (world.supervisor === 'systemd') {
    texts['units.txt'] = (await world.systemctl('list-units', '--all', '--no-pager')).stdout;
  }
  return texts;
}

export { Unavailable };
