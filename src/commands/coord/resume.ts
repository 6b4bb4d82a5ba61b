/** `mosaic coord resume [TASK]`: after a crash. */
import { shellWord } from '../../base/shell.ts';
import { quoted } from '../../base/text.ts';
import { workplaceOf } from '../../coord/circumstances.ts';
import { endSession } from '../../coord/end.ts';
import { MissionError } from '../../coord/error.ts';
import { put } from '../../coord/write.ts';
import { sessionWords } from '../../mission/ending.ts';
import { momentOf, type Liveness } from '../../mission/liveness.ts';
import { lastSession, nextTask } from '../../mission/select.ts';
import type { EndedReason, SessionEntry } from '../../model/mission.ts';
import { observeDirty } from '../../observe/project.ts';
import { defined } from '../../report/defined.ts';
import { reportJson } from '../../report/mission-json.ts';
import { liveness, sessionSentence, viewOf, type MissionView } from '../../report/mission-parts.ts';
import { recoveryText, type Recovery } from '../../report/recovery.ts';
import { recoveryJson } from '../../report/recovery-json.ts';
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
import { requireOpen, runJson, startOf } from './run.ts';
import { runtimeOf } from './runtime.ts';
import { startSession } from './start.ts';
import { STATUS_EXIT } from './status.ts';
import { textsOf } from './texts.ts';

export interface CoordResumeOptions extends CoordOptions {
  cleanLock?: boolean;
  runtime?: string;
  file?: string;
}

export const coordResumeCommand = (
  context: CommandContext,
  taskId: string | undefined,
  options: CoordResumeOptions,
): Promise<number> =>
  inWords(async () => {
    const found = requireMission(context, options);
    const view = viewOf(found.seen, context.host.clock.now());
    const state = liveness(view);
    if (state.host !== undefined) return elsewhere(context, found, view, taskId, options);
    if (state.state === 'running' || state.state === 'stale')
      return said(context, found, view, options, EXIT.ok);
    if (state.state === 'none' && state.lost === undefined) {
      if (taskId !== undefined) return start(context, found, taskId, options);
      return said(
        context,
        found,
        view,
        options,
        lastSession(found.record) === undefined ? STATUS_EXIT.none : EXIT.ok,
      );
    }
    return recover(context, found, view, taskId, options);
  });

/** A lock of another machine is never cleared: its session may well be at work. */
function elsewhere(
  context: CommandContext,
  found: FoundMission,
  view: MissionView,
  taskId: string | undefined,
  options: CoordResumeOptions,
): number {
  if (taskId === undefined && options.cleanLock !== true) return said(context, found, view, options, EXIT.ok);
  throw new MissionError('conflict', sessionSentence(view).replace(/\.$/, ''), {
    fix: `End it there. If that machine is gone for good, remove ${found.seen.places.lock} by hand; nothing was touched.`,
  });
}

/** Nothing is to be recovered: tells how it stands. */
function said(
  { terminal }: CommandContext,
  { project, record, where }: FoundMission,
  view: MissionView,
  { json }: CoordResumeOptions,
  code: number,
): number {
  const state = liveness(view);
  const last = lastSession(record);
  const sentences = [sessionSentence(view)];
  if (state.state === 'none' && last !== undefined) sentences.push(`The last one, ${sessionWords(last)}.`);
  if (json === true) {
    const report = { format_version: 1, project, mission_id: record.mission_id, state: state.state };
    terminal.out(reportJson({ ...report, explanation: sentences.join(' ') }));
    return code;
  }
  if (state.state === 'none') sentences.push(`Go on: mosaic coord continue${where}`);
  terminal.out(sentences.map((sentence) => `${sentence}\n`).join(''));
  return code;
}

async function recover(
  context: CommandContext,
  found: FoundMission,
  view: MissionView,
  taskId: string | undefined,
  options: CoordResumeOptions,
): Promise<number> {
  const { host, terminal } = context;
  const { seen, record } = found;
  // A dead session is told of, and its lock cleared, also where the table cannot be read; only nothing can begin then.
  const readable = seen.tasks.known;
  const tasks = seen.tasks.known ? (seen.tasks.value ?? []) : [];
  if (taskId !== undefined) requireTasks(context, found);
  const state = liveness(view);
  // Found out before anything is changed: whether the next session can be started at all.
  if (taskId !== undefined) {
    requireOpen(found);
    requireTask(tasks, taskId, seen.places.tasks);
    if (state.state === 'unknown' && options.cleanLock !== true) throw unclear(found, state);
  }
  const next = taskId === undefined ? undefined : await startOf(context, found, taskId, [], options);
  const workplace = workplaceOf(host, seen);
  const dirty = await observeDirty(host, workplace);
  const clean = options.cleanLock === true || next !== undefined;
  const task = nextTask(record, tasks);
  const runtime = next?.runtime ?? runtimeOf(record, options.runtime);
  const texts = readable ? await textsOf(host, found, { kind: 'recover', runtime }) : undefined;
  const ended = clean ? await end(context, found, state) : undefined;
  if (clean && next === undefined && texts !== undefined) put(host.files, seen.places.capsule, texts.capsule);
  const session =
    ended ?? record.sessions.find(({ session_id }) => session_id === idOf(state)) ?? lastOpen(found);
  const recovery: Recovery = {
    view,
    workplace,
    dirty,
    inProgress: tasks.filter(({ status }) => status === 'in-progress'),
    advice: adviceOf(found, clean, task?.id, next !== undefined),
    ...(state.lock === undefined ? {} : { lock: state.lock }),
    ...(session === undefined ? {} : { session }),
    ...(clean ? { cleaned: cleanedOf(ended) } : {}),
  };
  if (next !== undefined) {
    if (options.json !== true) terminal.err(recoveryText(recovery, terminal));
    const again = requireMission(context, options);
    const run = await startSession(context, again, { ...next, kind: 'recover' });
    if (options.json === true) terminal.out(reportJson({ ...recoveryJson(recovery), run: runJson(run) }));
    return run.exitCode;
  }
  const prompt = texts?.prompt;
  if (options.json === true) {
    terminal.out(reportJson(defined({ ...recoveryJson(recovery), prompt })));
  } else {
    const told = prompt === undefined ? '' : `\n--- recovery prompt ---\n${prompt}`;
    terminal.out(`${recoveryText(recovery, terminal)}${told}`);
  }
  requireTasks(context, found);
  return state.state === 'unknown' && !clean ? EXIT.invalid : EXIT.ok;
}

/** Nothing is to be recovered, and the task is to be begun: as `coord run`. */
async function start(
  context: CommandContext,
  found: FoundMission,
  taskId: string,
  options: CoordResumeOptions,
): Promise<number> {
  requireOpen(found);
  requireTask(requireTasks(context, found), taskId, found.seen.places.tasks);
  const run = await startSession(context, found, await startOf(context, found, taskId, [], options));
  if (options.json === true) {
    const report = { format_version: 1, project: found.project, mission_id: found.record.mission_id };
    context.terminal.out(reportJson({ ...report, state: 'none', run: runJson(run) }));
  }
  return run.exitCode;
}

const unclear = ({ seen }: FoundMission, { why }: Liveness): MissionError =>
  new MissionError('invalid', `the lock ${seen.places.lock} cannot be read: ${why ?? ''}`, {
    fix: 'Make sure that no session runs, and add --clean-lock.',
  });

const idOf = ({ lock, lost }: Liveness): string | undefined => lock?.session_id ?? lost;

const lastOpen = ({ record }: FoundMission): SessionEntry | undefined => {
  const last = lastSession(record);
  return last !== undefined && (last.ended_at ?? '') === '' ? last : undefined;
};

/**
 * Marks the session crashed and clears the lock. When it died nobody saw: it is taken to be when it last changed something, and no
 * later than when the machine went down.
 */
async function end(
  { host }: CommandContext,
  { project, seen }: FoundMission,
  state: Liveness,
): Promise<SessionEntry | undefined> {
  const now = host.clock.now();
  const began = momentOf(state.lock?.started_at) ?? 0;
  const reboot = state.dead === 'reboot' ? (host.facts.bootedAt ?? now) : now;
  const at = Math.max(began, Math.min(now, reboot, seen.changedAt ?? now));
  const reason: EndedReason = state.dead === 'reboot' ? 'reboot' : 'crashed';
  const sessionId = idOf(state);
  return endSession(host, project, {
    reason,
    at,
    clearCorrupt: true,
    ...(sessionId === undefined ? {} : { sessionId }),
  });
}

const cleanedOf = (ended: SessionEntry | undefined): NonNullable<Recovery['cleaned']> =>
  ended === undefined ? {} : { session: ended.session_id, reason: ended.ended_reason ?? 'crashed' };

function adviceOf(
  { where, seen }: FoundMission,
  clean: boolean,
  task: string | undefined,
  starts: boolean,
): Recovery['advice'] {
  if (starts) return [];
  const run = task === undefined ? undefined : `mosaic coord run ${shellWord(task)}${where}`;
  if (clean)
    return run === undefined
      ? [
          {
            text: `Give the prompt below to the next session; no task of ${quoted(seen.places.tasks)} is open.`,
          },
        ]
      : [{ text: 'Give the prompt below to the next session, or start it here:', command: run }];
  return [
    {
      text: 'Look at what it left before anything else. Then mark it ended and clear its lock:',
      command: `mosaic coord resume --clean-lock${where}`,
    },
    ...(task === undefined
      ? []
      : [
          {
            text: 'Or do that and start the next session here:',
            command: `mosaic coord resume ${shellWord(task)}${where}`,
          },
        ]),
  ];
}
