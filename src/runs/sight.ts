/** What a run's session is at: looked at, never judged where tmux does not answer. */
import { appearanceOf } from '../message/appearance.ts';
import { plainText } from '../message/escapes.ts';
import { screenRuntime } from '../message/shell.ts';
import type { ProcessSeen } from '../host/host.ts';
import { formulaPlaces } from '../model/formula.ts';
import type { Appearance } from '../model/messaging.ts';
import { withExitStatus } from '../observe/observe.ts';
import { lookAtPanes, withoutNotice, type PaneLook } from '../observe/pane-looks.ts';
import { observeTmux } from '../observe/tmux.ts';
import type { RunContext } from './context.ts';
import type { RunSession } from './session.ts';

export type Sight =
  /** tmux did not answer. */
  | { kind: 'unknown'; why: string }
  /** Its session, or its program's pane, is there no more. */
  | { kind: 'gone' }
  /** Neither status nor signal: nobody knows how. */
  | { kind: 'ended'; status?: number; signal?: number; screen: string }
  | LiveSight;

export interface LiveSight {
  kind: 'live';
  appearance: Appearance;
  /** The last output of its window, epoch ms. */
  activityAt: number;
  /** Processes below its program, or left by it at work, that started more than 15 s after it: what came with it is part of it. */
  busy: number;
  /** Clients that show it. */
  attached: number;
  /** Its visible screen, without colours. */
  screen: string;
}

const COMPANION_TICKS = 15 * 100;
/** Lines above a dead pane's screen: the notice of its death pushes the first ones off. */
const LAST_WORDS = 50;

/** One call of tmux while its program lives. Gives screens as they are: secret values are the caller's to replace. */
export async function lookAtRun(context: RunContext, session: RunSession): Promise<Sight> {
  const { host, fleet } = context;
  const { pane } = session;
  const looks = await lookAtPanes(host, fleet.tmux.socketName, [pane.id]);
  if (!looks.known) return { kind: 'unknown', why: looks.why };
  const look = looks.value.get(pane.id);
  if (look?.pid === pane.pid && !look.dead) return live(context, session, look);
  return ended(context, session);
}

function live({ host, fleet, places }: RunContext, session: RunSession, look: PaneLook): Sight {
  const { pane, runtime, command, formula, name } = session;
  const runs = `${formulaPlaces(places, formula).runs}/`;
  const isOfRun = (pid: number): boolean => {
    const { MOSAIC_AGENT: agent, MOSAIC_PHASE_FILE: phase = '' } = host.processes.environment(pid) ?? {};
    return agent === name && phase.startsWith(runs);
  };
  return {
    kind: 'live',
    appearance: appearanceOf(screenRuntime(fleet, { runtime, command: [...command] }), look),
    activityAt: look.activityAt,
    busy: latecomers(host.processes.list(), pane.pid, isOfRun),
    attached: look.attached,
    screen: plainText(look.text),
  };
}

/** How it ended; that a pane could not be shown does not say yet that it is gone. */
async function ended({ host, fleet }: RunContext, session: RunSession): Promise<Sight> {
  const { pane, target } = session;
  const { socketName } = fleet.tmux;
  const seen = await withExitStatus(host, fleet, await observeTmux(host, socketName));
  if (!seen.known) return { kind: 'unknown', why: seen.why };
  const { server, sessions } = seen.value;
  const isSame = server?.pid === target.server.pid && server.startTime === target.server.startTime;
  const there = isSame ? sessions.find(({ id }) => id === target.session) : undefined;
  const now = there?.pane;
  if (now?.id !== pane.id || now.pid !== pane.pid) return { kind: 'gone' };
  if (!now.dead) return { kind: 'unknown', why: 'tmux did not show its pane' };
  const looks = await lookAtPanes(host, socketName, [pane.id], LAST_WORDS);
  const text = looks.known ? looks.value.get(pane.id)?.text : undefined;
  return {
    kind: 'ended',
    ...(now.status === undefined ? {} : { status: now.status }),
    ...(now.signal === undefined ? {} : { signal: now.signal }),
    screen: withoutNotice(plainText(text ?? '').trimEnd()),
  };
}

/**
 * Processes that began later than what a program began with: those below it, and those that it left at work, which are below nobody of it.
 * @param isOfRun by the environment that a process was started with
 */
export function latecomers(
  processes: readonly ProcessSeen[],
  program: number,
  isOfRun: (pid: number) => boolean,
): number {
  const byPid = new Map(processes.map((one) => [one.pid, one]));
  const root = byPid.get(program);
  if (root === undefined) return 0;
  const isBelow = ({ parent }: ProcessSeen): boolean => {
    for (let above = byPid.get(parent), steps = 0; above !== undefined; above = byPid.get(above.parent)) {
      if (above.pid === program) return true;
      // A list that was read while processes came and went may lead in a circle.
      if (++steps > processes.length) return false;
    }
    return false;
  };
  return processes.filter(
    (one) => one.startTime - root.startTime > COMPANION_TICKS && (isBelow(one) || isOfRun(one.pid)),
  ).length;
}
