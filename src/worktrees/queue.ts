/** One change at a time within a repository; repositories do not wait for each other. */
import type { Host } from '../host/host.ts';
import { commonDirOf } from '../observe/git-folders.ts';
import { asWorktreeError } from './error.ts';

const queues = new WeakMap<Host, Map<string, Promise<unknown>>>();

/**
 * Runs a task after all that were queued before it for the same repository, however that is spelt, and gives its result.
 * git's own locks would otherwise fail all but one of several `worktree add` in one repository.
 */
export async function perRepository<T>(host: Host, repository: string, task: () => Promise<T>): Promise<T> {
  const key = keyOf(host, repository);
  const queue = queues.get(host) ?? new Map<string, Promise<unknown>>();
  queues.set(host, queue);
  const before = queue.get(key);
  const mine = (async () => {
    // Whoever queued that one hears of its failure.
    await before?.catch(() => undefined);
    try {
      return await task();
    } catch (error) {
      throw asWorktreeError(error);
    }
  })();
  queue.set(key, mine);
  try {
    return await mine;
  } finally {
    if (queue.get(key) === mine) queue.delete(key);
  }
}

function keyOf(host: Host, repository: string): string {
  try {
    return commonDirOf(host.files, repository) ?? repository;
  } catch {
    return repository;
  }
}
