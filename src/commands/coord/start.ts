/** Starts a session in this terminal, and writes down how it ended. */
import { visible } from '../../base/visible.ts';
import { missionAdvisory } from '../../coord/advisory.ts';
import { beginSession } from '../../coord/begin.ts';
import { changeMission } from '../../coord/change.ts';
import { circumstancesOf, workplaceOf } from '../../coord/circumstances.ts';
import { endSession } from '../../coord/end.ts';
import { MissionError } from '../../coord/error.ts';
import { joinSession } from '../../coord/join.ts';
import { sessionTexts } from '../../coord/texts.ts';
import { HostError, type ForegroundResult } from '../../host/host.ts';
import { reasonOf } from '../../mission/ending.ts';
import { settled } from '../../mission/settle.ts';
import type { EndedReason, PromptKind } from '../../model/mission.ts';
import { observeMission } from '../../observe/mission.ts';
import { runEndText } from '../../report/coord.ts';
import { signalNumber } from '../../base/signals.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import type { FoundMission } from './project.ts';
import { withPrompt } from './runtime.ts';

export interface SessionStart {
  taskId: string;
  runtime: string;
  /** The program; `{prompt}` in it stands for the prompt. */
  command: readonly string[];
  kind: PromptKind;
  /** Our own standard output is for the report: what the program prints goes to standard error. */
  reports?: boolean;
}

export interface SessionRun {
  sessionId: string;
  taskId: string;
  runtime: string;
  reason: EndedReason;
  seconds: number;
  /** What this command ends with: the program's own code, 128 and the number of the signal that ended it. */
  exitCode: number;
  signal?: string;
}

/**
 * Begins the session, runs its program to its end, records that and says so. Throws MissionError and CommandError when it cannot be
 * begun, or its program not be run; once that has run, what cannot be written down is only told.
 */
export async function startSession(
  context: CommandContext,
  found: FoundMission,
  start: SessionStart,
): Promise<SessionRun> {
  const { host, terminal, signal } = context;
  const { project, seen } = found;
  for (const line of await missionAdvisory(host, seen)) terminal.err(`${line}\n`);
  const isInterrupted = (): boolean => signal.aborted;
  if (isInterrupted()) throw new CommandError('interrupted; nothing was begun', EXIT.interrupted);
  const circumstances = await circumstancesOf(host, seen, start.kind, workplaceOf(host, seen));
  const began = host.clock.now();
  const session = await beginSession(host, project, {
    runtime: start.runtime,
    taskId: start.taskId,
    launcher: true,
    now: began,
    texts: (input) => sessionTexts(circumstances, input),
  });
  const command = withPrompt(start.command, session.prompt);
  const troubles: string[] = [];
  const quietly = async (doing: string, task: () => Promise<unknown>): Promise<void> => {
    try {
      await task();
    } catch (error) {
      if (!(error instanceof MissionError || error instanceof HostError)) throw error;
      troubles.push(`${doing}: ${error.message}`);
    }
  };
  const ended = isInterrupted()
    ? { signal: 'SIGINT' }
    : await run(context, found, session.sessionId, command, start);
  const now = host.clock.now();
  const reason = reasonOfEnd(context, found, ended);
  await quietly('its end could not be written down', () =>
    endSession(host, project, { sessionId: session.sessionId, reason, at: now }),
  );
  await quietly('the milestones could not be brought up to date', () =>
    changeMission(host, project, (record, tasks) => settled(record, undefined, tasks, now)),
  );
  for (const trouble of troubles) terminal.err(`mosaic: ${visible(trouble)}\n`);
  if ('error' in ended) throw notRun(ended.error);
  if ('failure' in ended) throw new CommandError(ended.failure, EXIT.unavailable);
  const seconds = Math.max(0, Math.round((now - began) / 1000));
  const end = 'signal' in ended ? ended.signal : `exit ${ended.code}`;
  terminal.err(
    runEndText({ session: session.sessionId, reason, seconds, end }, [`mosaic coord mission${found.where}`]),
  );
  const exitCode = 'signal' in ended ? 128 + signalNumber(ended.signal) : ended.code;
  return {
    sessionId: session.sessionId,
    taskId: start.taskId,
    runtime: start.runtime,
    reason,
    seconds,
    // The program's own end goes before what we could not write down about it.
    exitCode: exitCode === 0 && troubles.length > 0 ? EXIT.failed : exitCode,
    ...('signal' in ended ? { signal: ended.signal } : {}),
  };
}

/** `error`: its process could not be written down, and it was not run. */
type Ended = ForegroundResult | { error: MissionError | HostError };

/** A program that nobody could tell of would be one too many as soon as the next session begins: it is not run. */
async function run(
  { host }: CommandContext,
  { project }: FoundMission,
  sessionId: string,
  [file = '', ...args]: readonly string[],
  { reports }: SessionStart,
): Promise<Ended> {
  try {
    return await host.foreground(file, args, {
      cwd: project,
      ...(reports === true ? { output: 'stderr' } : {}),
      onStart: (pid) => joinSession(host, project, { sessionId, pid }),
    });
  } catch (error) {
    if (error instanceof MissionError || error instanceof HostError) return { error };
    throw error;
  }
}

const notRun = (error: MissionError | HostError): CommandError =>
  new CommandError(
    `its process could not be written down, and the program was not run: ${error.message}`,
    EXIT.failed,
    {
      fix: error instanceof MissionError ? error.fix : undefined,
    },
  );

function reasonOfEnd({ host }: CommandContext, { project }: FoundMission, ended: Ended): EndedReason {
  if ('error' in ended) return 'killed';
  if ('failure' in ended) return 'crashed';
  const { tasks, handoff } = observeMission(host, project, { terminal: false });
  return reasonOf(ended, tasks.known ? (tasks.value ?? []) : undefined, handoff);
}
