/** All worktrees of a fleet, with what is in them and who uses them. Looks only. */
import { dirname, join } from 'node:path';
import type { Files, Host } from '../host/host.ts';
import type { Source } from '../model/source.ts';
import { commonDirOf, gitDirOf } from '../observe/git-folders.ts';
import { fewAtATime } from '../observe/pool.ts';
import { lookAtWork, type WorkFound } from '../observe/work.ts';
import { readRepository, type Registration } from '../observe/worktrees.ts';
import { seeUsers, type PanePaths } from './in-use.ts';

const AT_ONCE = 4;

export interface SurveyWish {
  fleet: string;
  /** In any spelling, and more than once if need be. */
  repositories: readonly string[];
  panes: PanePaths;
}

export interface Surveyed {
  agent: string;
  repository: string;
  registration: Registration;
  /** Absent where there is no whole worktree to look into. */
  work?: Source<WorkFound>;
  usedBy?: string;
  /** The last sign of life in it, milliseconds since the epoch. */
  activityAt: number;
}

export interface Survey {
  worktrees: Surveyed[];
  /** Repositories that could not be asked: what they hold is not known, and nothing of it is touched. */
  unknown: { repository: string; why: string; fix?: string }[];
}

export async function survey(host: Host, wish: SurveyWish): Promise<Survey> {
  const repositories = distinct(host.files, wish.repositories);
  const reads = await fewAtATime(repositories, AT_ONCE, async (repository) => ({
    repository,
    read: await readRepository(host, repository),
  }));
  const ours = reads.flatMap(({ repository, read }) =>
    read.known ? read.value.flatMap((registration) => ownedBy(wish.fleet, repository, registration)) : [],
  );
  const usedBy = seeUsers(host, wish.panes);
  const worktrees = await fewAtATime(ours, AT_ONCE, async ({ agent, repository, registration }) => {
    const { seen } = registration;
    const work = seen.owner === undefined || seen.prunable ? undefined : await lookAtWork(host, seen.path);
    const user = usedBy(seen.path);
    return {
      agent,
      repository,
      registration,
      ...(work === undefined ? {} : { work }),
      ...(user === undefined ? {} : { usedBy: user }),
      activityAt: lastActivity(host.files, registration, work?.known === true ? work.value.paths : []),
    };
  });
  return {
    worktrees: worktrees.sort(
      (a, b) => compare(a.agent, b.agent) || compare(a.registration.seen.path, b.registration.seen.path),
    ),
    unknown: reads.flatMap(({ repository, read }) => (read.known ? [] : unaskable(repository, read))),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const unaskable = (
  repository: string,
  { why, fix }: { why: string; fix?: string },
): Survey['unknown'][number] => (fix === undefined ? { repository, why } : { repository, why, fix });

function ownedBy(
  fleet: string,
  repository: string,
  registration: Registration,
): { agent: string; repository: string; registration: Registration }[] {
  const owner = registration.seen.owner ?? registration.seen.unfinished;
  return owner?.fleet === fleet ? [{ agent: owner.agent, repository, registration }] : [];
}

/** The first spelling of each repository. */
function distinct(files: Files, repositories: readonly string[]): string[] {
  const found = new Map<string, string>();
  for (const repository of repositories) {
    const key = commonDirOrNone(files, repository) ?? repository;
    if (!found.has(key)) found.set(key, repository);
  }
  return [...found.values()];
}

function commonDirOrNone(files: Files, repository: string): string | undefined {
  try {
    return commonDirOf(files, repository);
  } catch {
    return undefined;
  }
}

/** The newest of its making, of what git wrote for it, and of the files that are new in it. */
export function lastActivity(files: Files, registration: Registration, paths: readonly string[]): number {
  const { gitDir = '', mark, seen } = registration;
  const places = [
    ...['HEAD', 'index', 'logs/HEAD', 'gitdir'].map((name) => join(gitDir, name)),
    seen.path,
    ...paths.map((path) => join(seen.path, path)),
  ];
  return Math.max(mark?.createdAt ?? 0, ...places.map((place) => modifiedAt(files, place)));
}

function modifiedAt(files: Files, path: string): number {
  try {
    return files.stat(path)?.modifiedAt ?? 0;
  } catch {
    return 0;
  }
}

/**
 * The repositories of the worktrees that stand in a folder, such as those of agents that are gone from the file. What is no
 * worktree there is passed over.
 */
export function repositoriesIn(files: Files, folder: string): string[] {
  const found = new Set<string>();
  for (const name of listOrNone(files, folder)) {
    const gitDir = gitDirOf(files, join(folder, name));
    // …/.git/worktrees/NAME, or …/repository.git/worktrees/NAME.
    const common = gitDir === undefined ? undefined : dirname(dirname(gitDir));
    if (common !== undefined && commonDirOrNone(files, common) !== undefined) found.add(common);
  }
  return [...found];
}

function listOrNone(files: Files, folder: string): string[] {
  try {
    return files.list(folder);
  } catch {
    return [];
  }
}
