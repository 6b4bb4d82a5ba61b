/** A private world for one test: its own HOME, its own repositories, the real git. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Host } from '../../src/host/host.ts';
import { realHost } from '../../src/host/real.ts';
import { known } from '../../src/model/source.ts';
import { WorktreeError, type WorktreeErrorCode } from '../../src/worktrees/error.ts';

export interface World {
  host: Host;
  root: string;
  /** The main repository, with one commit on `main`. */
  repository: string;
  /** Where worktrees go; not made yet. */
  worktrees: string;
  path(agent: string): string;
  /** Runs git in a folder and gives its output, trimmed; throws when it fails. */
  git(folder: string, ...args: string[]): string;
  /** Makes another repository with one commit. */
  init(folder: string): string;
  write(path: string, text: string): void;
}

export const NOW = Date.parse('2026-01-02T03:04:05.678Z');
export const DAY = 86_400_000;
export const noPanes = known([]);

export function makeWorld(t: TestContext, name = 'app'): World {
  const root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'mosaic-worktrees-')));
  t.after(() => fs.rmSync(root, { recursive: true, force: true }));
  const home = join(root, 'home');
  fs.mkdirSync(home);
  // No name and no mail: nothing here may need them.
  fs.writeFileSync(
    join(home, '.gitconfig'),
    '[user]\n\tuseConfigOnly = true\n[init]\n\tdefaultBranch = main\n',
  );
  for (const key of Object.keys(process.env)) if (key.startsWith('GIT_')) delete process.env[key];
  Object.assign(process.env, {
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    GIT_CONFIG_NOSYSTEM: '1',
  });
  const worktrees = join(root, 'state', 'worktrees');
  const world: World = {
    host: realHost(),
    root,
    repository: '',
    worktrees,
    path: (agent) => join(worktrees, agent),
    git: (folder, ...args) =>
      execFileSync(
        'git',
        [
          '-C',
          folder,
          '-c',
          'user.name=T',
          '-c',
          'user.email=t@example.org',
          '-c',
          'safe.directory=*',
          ...args,
        ],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      ).trim(),
    init(folder) {
      fs.mkdirSync(folder, { recursive: true });
      world.git(folder, 'init', '--quiet');
      world.write(join(folder, 'README'), 'hello\n');
      world.write(join(folder, 'src/run.sh'), '#!/bin/sh\n');
      fs.chmodSync(join(folder, 'src/run.sh'), 0o755);
      world.write(join(folder, '.gitignore'), '*.log\n');
      world.git(folder, 'add', '--all');
      world.git(folder, 'commit', '--quiet', '-m', 'first');
      return folder;
    },
    write(path, text) {
      fs.mkdirSync(dirname(path), { recursive: true });
      fs.writeFileSync(path, text);
    },
  };
  world.repository = world.init(join(root, name));
  return world;
}

/** The WorktreeError that a call ends with. */
export async function failure(call: Promise<unknown>, code: WorktreeErrorCode): Promise<WorktreeError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof WorktreeError, String(error));
    assert.equal(error.code, code, error.message);
    return error;
  }
  throw new assert.AssertionError({ message: `expected ${code}, and it succeeded` });
}

/** The value of a source that must be known. */
export function valueOf<T>(source: { known: true; value: T } | { known: false; why: string } | undefined): T {
  assert.ok(source?.known === true, `unknown: ${source?.known === false ? source.why : 'not there'}`);
  return source.value;
}

/** Every file below a folder with its contents, but for git's own. */
export function contents(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of fs.readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    if (name === '.git' || name.startsWith('.git/') || entry.isDirectory()) continue;
    found[name] = entry.isSymbolicLink() ? `-> ${fs.readlinkSync(path)}` : fs.readFileSync(path, 'utf8');
  }
  return found;
}

/** Every ref of a repository. */
export const refs = (world: World, repository = world.repository): string[] =>
  world.git(repository, 'for-each-ref', '--format=%(refname)').split('\n');

/** What git is asked without changing anything. */
const READING =
  /^(status|ls-files|ls-tree|rev-list|rev-parse|merge-base|show-ref|check-ref-format|diff-files|list)$/;

/** Ends as a process does that is killed, right before its nth call that changes anything: from then on no call is made. */
export class Killed extends Error {}

export function killedAt(host: Host, nth: number): { host: Host; died: () => boolean } {
  let changes = 0;
  const begin = (changing: boolean): void => {
    if (changing) changes++;
    if (changes >= nth) throw new Killed();
  };
  const change =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      begin(true);
      return call(...args);
    };
  const { files } = host;
  return {
    died: () => changes >= nth,
    host: {
      ...host,
      exec: async (...args) => {
        begin(!args[1].some((word) => READING.test(word)));
        return host.exec(...args);
      },
      files: {
        ...files,
        write: change(files.write.bind(files)),
        mkdir: change(files.mkdir.bind(files)),
        remove: change(files.remove.bind(files)),
        removeEmptyFolder: change(files.removeEmptyFolder.bind(files)),
      },
    },
  };
}
