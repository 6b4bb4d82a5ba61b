/** Keeps an apply that runs inside an agent's session from ending itself half way. */
import type { Plan } from '../model/plan.ts';
import type { TmuxServer } from '../model/observation.ts';

/** The session that a program runs in, as tmux tells it in `$TMUX`: `SOCKET,SERVER PID,SESSION NUMBER` (tmux(1)). */
export interface OwnSession {
  serverPid: number;
  session: string;
}

export function ownSession(tmux: string | undefined): OwnSession | undefined {
  const [, serverPid, number] = /,(\d+),(\d+)$/.exec(tmux ?? '') ?? [];
  return serverPid === undefined ? undefined : { serverPid: Number(serverPid), session: `$${number}` };
}

/** The agent that would be stopped, or restarted, with the session that we run in. */
export function endsItself(plan: Plan, own: OwnSession | undefined): string | undefined {
  if (own === undefined) return undefined;
  const isOwn = (target: { session: string; server: TmuxServer } | undefined): boolean =>
    target?.session === own.session && target.server.pid === own.serverPid;
  for (const action of plan.actions) {
    if (action.kind === 'stop-session' && isOwn(action.target)) return action.agent;
  }
  return undefined;
}

/**
 * The plan without what would end that agent: a hold says so, and how it is done. That it is kept down, or no longer, is noted all the
 * same: that ends nothing, and who applies from elsewhere sees to it.
 */
export function spare(plan: Plan, agent: string): Plan {
  const own = plan.actions.filter((action) => 'agent' in action && action.agent === agent);
  const notes = own.filter(
    ({ kind, needs }) => (kind === 'suspend' || kind === 'resume') && needs.length === 0,
  );
  const dropped = new Set(own.filter((action) => !notes.includes(action)).map(({ id }) => id));
  const noted = notes.some(({ kind }) => kind === 'suspend');
  return {
    ...plan,
    actions: plan.actions.filter(({ id }) => !dropped.has(id)),
    verdicts: plan.verdicts.map((verdict) =>
      verdict.agent === agent
        ? {
            ...verdict,
            change: 'hold',
            reason: `${verdict.reason}; but this very command runs in its session, and would end with it`,
            fix: noted
              ? `The next apply from elsewhere stops it: a timer's, one from another terminal. mosaic fleet start ${agent} takes that back.`
              : 'Run it from elsewhere: another terminal, a timer, another agent.',
          }
        : verdict,
    ),
  };
}
