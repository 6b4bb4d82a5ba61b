/** Index files of our own, so that the real one is never touched. */
import { join } from 'node:path';
import { quoted } from '../base/text.ts';
import type { Host } from '../host/host.ts';
import { gitFailed } from './error.ts';

let counter = 0;

/** Lends an index file of our own in the worktree's git directory; what killed runs left there goes too. */
export async function withIndex<T>(
  host: Host,
  gitDir: string,
  use: (index: string) => Promise<T>,
): Promise<T> {
  const { pid } = host.facts;
  for (const name of host.files.list(gitDir)) {
    const [, other] = /^mosaic-index\.(\d+)\./.exec(name) ?? [];
    if (other === undefined || Number(other) === pid || host.processes.startTime(Number(other)) !== undefined)
      continue;
    host.files.remove(join(gitDir, name));
  }
  const index = join(gitDir, `mosaic-index.${pid}.${counter++}`);
  try {
    return await use(index);
  } finally {
    host.files.remove(index);
    host.files.remove(`${index}.lock`);
  }
}

/** Copies the worktree's real index; false when it has none yet. */
export async function copyIndex(host: Host, gitDir: string, to: string): Promise<boolean> {
  const from = join(gitDir, 'index');
  if (host.files.stat(from) === undefined) return false;
  const result = await host.exec('cp', ['--', from, to]);
  if (result.code !== 0) throw gitFailed(`copy ${quoted(from)}`, result);
  return true;
}
