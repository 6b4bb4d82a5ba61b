/** Which project a `mosaic coord` command is about, and the mission in it. */
import { dirname, isAbsolute, join } from 'node:path';
import { shellLine } from '../../base/shell.ts';
import { suggest } from '../../base/suggest.ts';
import { listed, quoted } from '../../base/text.ts';
import { MissionError } from '../../coord/error.ts';
import type { Files, Host } from '../../host/host.ts';
import { parseTasks } from '../../mission/tasks.ts';
import { missionPlaces, type MissionFile, type MissionSeen, type Task } from '../../model/mission.ts';
import type { Problem } from '../../model/problem.ts';
import { commonDirOf } from '../../observe/git-folders.ts';
import { observeMission } from '../../observe/mission.ts';
import { repositoryAround } from '../../observe/project.ts';
import { PlacedError } from '../../record/located-json.ts';
import { parseMission } from '../../record/mission.ts';
import { formatProblems } from '../../report/problems.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { givenPath } from '../given-path.ts';

export interface CoordOptions {
  project?: string;
  json?: boolean;
}

/**
 * `--project`, else that of the session that this command runs in, where the working directory is of it; else the top of the git
 * repository around the working directory, else the folder upwards that has a mission, else the working directory. Throws
 * CommandError.
 */
export function projectOf(host: Host, { project }: CoordOptions): string {
  const folder = givenPath(host, project ?? '.');
  if (project !== undefined) {
    if (host.files.target(folder)?.kind === 'folder') return folder;
    throw new CommandError(`--project ${project}: there is no such folder`, EXIT.invalid);
  }
  return projectOfSession(host, folder) ?? projectAround(host.files, folder);
}

const projectAround = (files: Files, folder: string): string =>
  repositoryAround(files, folder) ?? missionAround(files, folder) ?? folder;

/** The agent of a mission may work in a worktree of its own, which has a copy of the files only as they were committed. */
function projectOfSession({ facts, files }: Host, folder: string): string | undefined {
  const project = facts.env['MOSAIC_PROJECT'] ?? '';
  if (!isAbsolute(project) || !hasMission(files, project)) return undefined;
  return isOf(files, folder, project) ? join(project) : undefined;
}

/** It is in the project, with no other mission between, or in a worktree of the same repository. */
function isOf(files: Files, folder: string, project: string): boolean {
  const [at, top] = [files.realpath(folder), files.realpath(project)];
  if (at === undefined || top === undefined) return false;
  const isBelow = at === top || at.startsWith(join(top, '/'));
  if (isBelow && missionAround(files, at) === top) return true;
  const [here, there] = [commonDirAround(files, at), commonDirAround(files, top)];
  return here !== undefined && here === there;
}

function commonDirAround(files: Files, folder: string): string | undefined {
  const repository = repositoryAround(files, folder);
  return repository === undefined ? undefined : commonDirOf(files, repository);
}

function missionAround(files: Files, folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (hasMission(files, at)) return at;
    if (dirname(at) === at) return undefined;
  }
}

const hasMission = (files: Files, folder: string): boolean =>
  files.stat(missionPlaces(folder).mission) !== undefined;

/** What a command line for a person to copy needs to be about the same project: in a shell of theirs, only the folder tells. */
export function whereOf({ facts, files }: Host, { project }: CoordOptions, folder: string): string {
  const isTold = project === undefined && projectAround(files, facts.cwd) === folder;
  return isTold ? '' : ` ${shellLine(['--project', folder])}`;
}

export interface FoundMission {
  project: string;
  seen: MissionSeen;
  record: MissionFile;
  /** ` --project DIR`, or nothing where the working directory alone tells. */
  where: string;
}

/** The mission of the project; throws CommandError where there is none, or where it cannot be read: then that is shown. */
export function requireMission(context: CommandContext, options: CoordOptions): FoundMission {
  const { host } = context;
  const project = projectOf(host, options);
  const seen = observeMission(host, project);
  if (!seen.record.known) {
    const { why, fix } = seen.record;
    showProblems(context, seen.places.mission, missionProblems);
    throw new CommandError(why, EXIT.invalid, { fix });
  }
  if (seen.record.value !== undefined)
    return { project, seen, record: seen.record.value, where: whereOf(host, options, project) };
  throw new CommandError(`there is no mission in ${project}`, EXIT.invalid, {
    fix: 'Make one: mosaic coord init --name NAME --milestones "FIRST, SECOND"; or name its folder with --project.',
  });
}

/** Its tasks; throws CommandError where the table cannot be used: each problem is shown. */
export function requireTasks(context: CommandContext, { seen }: FoundMission): Task[] {
  if (seen.tasks.known) return seen.tasks.value ?? [];
  showProblems(context, seen.places.tasks, (text) => parseTasks(text).problems);
  throw new CommandError(seen.tasks.why, EXIT.invalid, { fix: seen.tasks.fix });
}

function fixOf(near: string | undefined, open: readonly string[]): string {
  if (near !== undefined) return `Did you mean ${near}?`;
  if (open.length === 0) return 'No task is open there: write one into its table.';
  return `Name an open one: ${listed(open.slice(0, 5), 'or')}${open.length > 5 ? ' …' : ''}.`;
}

/** One task of the table by its id. Throws MissionError. */
export function requireTask(tasks: readonly Task[], id: string, path: string): Task {
  const task = tasks.find((one) => one.id === id);
  if (task === undefined) {
    const open = tasks
      .filter(({ status }) => status !== 'done' && status !== 'cancelled')
      .map((one) => one.id);
    const near = suggest(id, open);
    throw new MissionError('absent', `there is no task ${quoted(id)} in ${path}`, {
      fix: fixOf(near, open),
    });
  }
  if (task.status !== 'done' && task.status !== 'cancelled') return task;
  throw new MissionError('conflict', `the task ${id} is ${task.status} already`, {
    fix: `Set it to not-started in ${path} if it is to be done again.`,
  });
}

/** Shows what is wrong with a file, each with its line, and ends the command; does nothing where no place can be told. */
function showProblems(context: CommandContext, file: string, problemsOf: (text: string) => Problem[]): void {
  const { host, terminal } = context;
  let text: string | undefined;
  try {
    text = host.files.readExact(file);
  } catch {
    return;
  }
  const problems = text === undefined ? [] : problemsOf(text);
  if (text === undefined || problems.length === 0) return;
  terminal.err(formatProblems({ file, text, problems }, { color: terminal.color, cwd: host.facts.cwd }));
  throw new CommandError(`${file} is not valid`, EXIT.invalid, { shown: true });
}

function missionProblems(text: string): Problem[] {
  try {
    parseMission(text);
    return [];
  } catch (error) {
    if (!(error instanceof PlacedError)) return [];
    const { line, column } = error;
    const message = error.message.replace(/^line \d+, column \d+: /, '');
    const fix =
      error.fix ??
      'Mend it by hand, or bring it back from git: until it can be read, nothing is written to it.';
    return [{ message, fix, path: '', range: { line, column, length: 1 } }];
  }
}

/** A path as the reports name it: below the project without it. */
export const below = (project: string, path: string): string =>
  path.startsWith(join(project, '/')) ? path.slice(project.length + 1) : path;
