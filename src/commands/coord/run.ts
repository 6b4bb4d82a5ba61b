/** `mosaic coord run TASK`: a session on a task, in this terminal. */
import { shellLine } from '../../base/shell.ts';
import { MissionError } from '../../coord/error.ts';
import { nextSession } from '../../coord/next-session.ts';
import { put } from '../../coord/write.ts';
import { promptKind } from '../../mission/turn.ts';
import { reportJson } from '../../report/mission-json.ts';
import { defined } from '../../report/defined.ts';
import { EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { inWords } from './in-words.ts';
import {
  requireMission,
  requireTask,
  requireTasks,
  type CoordOptions,
  type FoundMission,
} from './project.ts';
import { programOf, runtimeOf, withPrompt } from './runtime.ts';
import { startSession, type SessionRun, type SessionStart } from './start.ts';
import { textsOf } from './texts.ts';

export interface CoordRunOptions extends CoordOptions {
  runtime?: string;
  mode?: 'interactive' | 'print-only';
  file?: string;
}

export const coordRunCommand = (
  context: CommandContext,
  taskId: string,
  command: readonly string[],
  options: CoordRunOptions,
): Promise<number> =>
  inWords(async () => {
    const found = requireMission(context, options);
    requireOpen(found);
    requireTask(requireTasks(context, found), taskId, found.seen.places.tasks);
    const start = await startOf(context, found, taskId, command, options);
    if (options.mode === 'print-only') return printOnly(context, found, start, options);
    const run = await startSession(context, found, start);
    if (options.json === true)
      context.terminal.out(reportJson({ format_version: 1, project: found.project, ...runJson(run) }));
    return run.exitCode;
  });

/** Throws MissionError where the mission is over: nothing of it is begun any more. */
export function requireOpen({ record, seen }: FoundMission): void {
  if (record.status !== 'completed' && record.status !== 'failed') return;
  throw new MissionError('conflict', `the mission ${record.mission_id} is ${record.status}`, {
    fix: `Set its status to active in ${seen.places.mission} to take it up again.`,
  });
}

export async function startOf(
  context: CommandContext,
  { record }: FoundMission,
  taskId: string,
  command: readonly string[],
  options: Pick<CoordRunOptions, 'runtime' | 'file' | 'json'>,
): Promise<SessionStart> {
  const runtime = runtimeOf(record, options.runtime);
  const { file } = options;
  const program = await programOf(context, { runtime, command, ...(file === undefined ? {} : { file }) });
  return { taskId, runtime, command: program, kind: promptKind(record), reports: options.json === true };
}

/** Only the capsule is written: the command line is for the person to run, and no session of ours. */
async function printOnly(
  { host, terminal }: CommandContext,
  found: FoundMission,
  start: SessionStart,
  { json }: CoordRunOptions,
): Promise<number> {
  const { seen, record, project } = found;
  nextSession({ ...seen, record });
  const tasks = seen.tasks.known ? (seen.tasks.value ?? []) : [];
  const task = requireTask(tasks, start.taskId, seen.places.tasks);
  const { runtime, kind } = start;
  const { prompt, capsule } = await textsOf(host, found, { runtime, kind, task });
  put(host.files, seen.places.capsule, capsule);
  const command = withPrompt(start.command, prompt);
  if (json === true) {
    const report = { format_version: 1, project, task_id: start.taskId, runtime };
    terminal.out(reportJson({ ...report, mode: 'print-only', command, capsule: seen.places.capsule }));
    return EXIT.ok;
  }
  const there = host.facts.cwd === project ? '' : `${shellLine(['cd', project])} && `;
  terminal.out(`${there}${shellLine(command)}\n`);
  return EXIT.ok;
}

export const runJson = (run: SessionRun) =>
  defined({
    mode: 'interactive',
    session_id: run.sessionId,
    task_id: run.taskId,
    runtime: run.runtime,
    ended_reason: run.reason,
    duration_seconds: run.seconds,
    exit_code: run.exitCode,
    signal: run.signal,
  });
