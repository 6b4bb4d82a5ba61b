/** A mission's folder, as git and the provider of its repository tell of it. Looks only. */
import { dirname, join } from 'node:path';
import type { Files, Host } from '../host/host.ts';
import type { DirtyState } from '../mission/dirty.ts';
import { known, unknown, type Source } from '../model/source.ts';
import { gitDirOf } from './git-folders.ts';
import { git, gitUnknown } from './git.ts';
import { operationIn } from './work.ts';

const LOOK_TIMEOUT_MS = 60_000;
/** A person waits for it. */
const PROVIDER_TIMEOUT_MS = 3_000;
const FILES_SHOWN = 20;

/** The top of the git repository or worktree around a folder; undefined where there is none. */
export function repositoryAround(files: Files, folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    try {
      if (files.stat(join(at, '.git')) !== undefined) return at;
    } catch {
      // What cannot be looked at is none that we could use.
    }
    if (dirname(at) === at) return undefined;
  }
}

/** What in the repository around a folder is committed, or pushed, nowhere. */
export async function observeDirty(host: Host, folder: string): Promise<Source<DirtyState>> {
  const top = repositoryAround(host.files, folder);
  if (top === undefined) return unknown('no git repository');
  const options = { timeoutMs: LOOK_TIMEOUT_MS };
  const [status, stashes, remotes, ahead] = await Promise.all([
    git(
      host,
      top,
      [
        'status',
        '--porcelain=v2',
        '-z',
        '--no-renames',
        '--untracked-files=normal',
        '--ignore-submodules=none',
      ],
      options,
    ),
    git(host, top, ['stash', 'list', '--format=%h'], options),
    git(host, top, ['for-each-ref', '--count=1', '--format=%(refname)', 'refs/remotes'], options),
    // Before the first commit there is no HEAD to count from.
    git(host, top, ['rev-list', '--count', 'HEAD', '--not', '--remotes', '--'], options),
  ]);
  if (status.code !== 0) return gitUnknown(top, status);
  const marks = statusMarks(status.stdout);
  const operation = operationIn(host.files, gitDirOf(host.files, top) ?? join(top, '.git'));
  const unpushed = remotes.code === 0 && remotes.stdout !== '' ? Number(ahead.stdout.trim() || 0) : undefined;
  return known({
    files: marks.slice(0, FILES_SHOWN),
    more: Math.max(0, marks.length - FILES_SHOWN),
    stashes: stashes.code === 0 ? stashes.stdout.split('\n').filter(Boolean).length : 0,
    ...(unpushed === undefined ? {} : { unpushed }),
    ...(operation === undefined ? {} : { operation }),
  });
}

/** `XY path` of each entry of `git status --porcelain=v2 -z --no-renames`, as `git status --short` would print it. */
export const statusMarks = (text: string): string[] =>
  text.split('\0').flatMap((entry) => {
    if (entry.startsWith('? ')) return [`?? ${entry.slice(2)}`];
    const [kind, marks = ''] = entry.split(' ', 2);
    if (kind !== '1' && kind !== 'u') return [];
    const path = entry
      .split(' ')
      .slice(kind === 'u' ? 10 : 8)
      .join(' ');
    return [`${marks.replaceAll('.', ' ')} ${path}`];
  });

/** The last commits, a line each; none where git does not tell. */
export async function recentCommits(host: Host, folder: string, count: number): Promise<string[]> {
  const top = repositoryAround(host.files, folder);
  if (top === undefined) return [];
  const result = await git(host, top, [
    'log',
    `--max-count=${count}`,
    '--format=%h %s',
    '--no-show-signature',
  ]);
  return result.code === 0 ? result.stdout.split('\n').filter(Boolean) : [];
}

/**
 * Open pull requests, a line each, as the command of the repository's provider tells: gh(1) or tea(1), whichever is there.
 * Undefined where none of them tells anything in time.
 */
export async function openPulls(host: Host, folder: string, count: number): Promise<string[] | undefined> {
  const top = repositoryAround(host.files, folder);
  if (top === undefined) return undefined;
  const remote = await git(host, top, ['remote']);
  if (remote.code !== 0 || remote.stdout.trim() === '') return undefined;
  const asked = { cwd: top, timeoutMs: PROVIDER_TIMEOUT_MS, env: { GH_PROMPT_DISABLED: '1', NO_COLOR: '1' } };
  const limit = ['--limit', String(count)];
  const template = '{{range .}}{{printf "#%v %s\\n" .number .title}}{{end}}';
  const gh = await host.exec(
    'gh',
    ['pr', 'list', ...limit, '--json', 'number,title', '--template', template],
    asked,
  );
  if (gh.code === 0) return gh.stdout.split('\n').filter(Boolean);
  if (gh.failure === 'timeout') return undefined;
  const fields = ['--fields', 'index,title', '--output', 'tsv', '--state', 'open'];
  const tea = await host.exec('tea', ['pulls', 'list', ...limit, ...fields], asked);
  if (tea.code !== 0) return undefined;
  const lines = tea.stdout.split('\n').filter((line) => /^"?\d/.test(line));
  return lines.map((line) => `#${line.replaceAll('"', '').replace('\t', ' ')}`);
}
