/**
 * The table: the first rule that matches an agent's situation decides what is done with it. Every agent falls into exactly
 * one; the last rule of each part matches whatever is left.
 */
import type { Runtime } from '../model/fleet.ts';
import type { Ended } from '../model/state.ts';
import { sameDefinition } from '../render/definition.ts';
import { afterEnd } from './after-end.ts';
import { startable, steps, withRemarks, type Decision } from './decision.ts';
import { endedRun, limitOf } from './ending.ts';
import { firstText } from './kickstart.ts';
import {
  beginsAnew,
  hasWork,
  held,
  isBeforeGates,
  isHeld,
  isLetFinish,
  nextSession,
} from './mission-rules.ts';
import type { Situation } from './situation.ts';

interface Rule {
  name: string;
  when(s: Situation, runtime: Runtime | undefined): boolean;
  decide(s: Situation, runtime: Runtime | undefined): Decision;
}

export function decide(s: Situation, runtime: Runtime | undefined): Decision & { rule: string } {
  const rule = rules.find((candidate) => candidate.when(s, runtime));
  if (rule === undefined) throw new Error(`no rule matches the agent ${s.name}: ${JSON.stringify(s)}`);
  const decision = rule.decide(s, runtime);
  return { rule: rule.name, ...decision, reason: withRemarks(s, decision) };
}

const is = (...kinds: Situation['session']['kind'][]): ((s: Situation) => boolean) => {
  return (s) => kinds.includes(s.session.kind);
};
const live = is('live');
const hasSession = is('live', 'dead');
const wantedUp = (s: Situation): boolean => s.wanted === 'running';
const rules: Rule[] = [
  // --- it lives, but not where it belongs ---
  {
    name: 'out-of-reach',
    when: (s) => s.outOfReach !== undefined,
    decide: (s) => ({
      status: 'unknown',
      change: 'hold',
      reason: s.outOfReach?.reason ?? '',
      ...(s.outOfReach === undefined ? {} : { fix: s.outOfReach.fix }),
      ...steps(),
    }),
  },

  // --- something of another's is in the way ---
  {
    name: 'adopt-foreign',
    when: (s) => wantedUp(s) && s.asked.adopt && s.session.kind === 'foreign',
    decide: () => ({
      status: 'running',
      change: 'adopt',
      reason: 'takes over the session that is there',
      ...steps({ do: 'adopt-session' }),
    }),
  },
  {
    name: 'foreign-session',
    when: (s) => wantedUp(s) && s.session.kind === 'foreign',
    decide: (s) => ({
      status: 'conflict',
      change: 'conflict',
      reason: `a session named ${s.name} is there and is not ours`,
      fix: `mosaic apply --adopt ${s.name} takes it over; or rename it, or the agent.`,
      ...steps(),
    }),
  },
  {
    name: 'name-taken',
    when: (s) => wantedUp(s) && s.nameTaken,
    decide: (s) => ({
      status: 'conflict',
      change: 'conflict',
      reason: `its session was renamed by hand, and a session named ${s.name} is there that is not ours`,
      fix: 'Rename or end that one; or rename the agent.',
      ...steps(),
    }),
  },
  {
    name: 'foreign-file',
    when: (s) => wantedUp(s) && s.foreignFile !== undefined && !s.asked.adopt,
    decide: (s) => ({
      status: 'conflict',
      change: 'conflict',
      reason: s.foreignFile ?? '',
      fix: `mosaic apply --adopt ${s.name} replaces it; or move it away.`,
      ...steps(),
    }),
  },

  // --- not wanted ---
  {
    name: 'prune-off',
    when: (s) => s.wanted === 'gone' && !s.prune && (hasSession(s) || left(s)),
    decide: (s) => ({
      status: live(s) ? 'running' : 'stopped',
      change: 'hold',
      reason: 'gone from the fleet file, but reconcile.prune is off',
      fix: 'Set reconcile.prune: true, or end it by hand.',
      ...steps(),
    }),
  },
  {
    name: 'stop',
    when: (s) => !wantedUp(s) && hasSession(s),
    decide: (s) => ({
      status: s.wanted === 'suspended' ? 'suspended' : 'stopped',
      change: 'stop',
      reason: notWanted(s),
      ...wayUp(s),
      ...steps({ do: 'stop', because: 'stop' }, ...(s.wanted === 'gone' ? [{ do: 'forget' } as const] : [])),
    }),
  },
  {
    name: 'clear-remains',
    when: (s) => !wantedUp(s) && remains(s),
    decide: (s) => ({
      status: s.wanted === 'suspended' ? 'suspended' : 'stopped',
      change: 'record',
      reason: `${notWanted(s)}; clears what is left of it`,
      ...steps(
        { do: 'stop', because: 'remains' },
        ...(s.wanted === 'gone' ? [{ do: 'forget' } as const] : []),
      ),
    }),
  },
  {
    name: 'forget',
    when: (s) => s.wanted === 'gone' && (s.record.restarts > 0 || Object.keys(s.record).length > 1),
    decide: () => ({
      status: 'stopped',
      change: 'record',
      reason: 'gone from the fleet file; forgets its history',
      ...steps({ do: 'forget' }),
    }),
  },
  {
    name: 'stays-down',
    when: (s) => !wantedUp(s),
    decide: (s) => ({
      status: s.wanted === 'suspended' ? 'suspended' : 'stopped',
      change: 'none',
      reason: notWanted(s),
      ...wayUp(s),
      ...steps(),
    }),
  },

  // --- wanted, and live ---
  {
    name: 'gates-first',
    when: (s) => live(s) && s.asked.restart && isBeforeGates(s),
    decide: (s) => ({
      status: 'held',
      change: 'stop',
      reason: `restart asked for; the quality gates of mission ${s.mission?.wish.id} come first`,
      ...steps({ do: 'stop', because: 'stop' }),
    }),
  },
  {
    name: 'restart-asked',
    when: (s) => live(s) && s.asked.restart,
    decide: (s) =>
      startable(s, {
        status: 'running',
        change: 'restart',
        reason: 'restart asked for',
        ...steps({ do: 'stop', because: 'restart' }, ...beginsAnew(s), { do: 'start', restarts: 0 }),
      }),
  },
  {
    name: 'restart-changed',
    when: (s) =>
      live(s) &&
      changed(s) &&
      s.agent?.onChange === 'restart' &&
      s.otherBranch === undefined &&
      !isLetFinish(s),
    decide: (s) =>
      startable(s, {
        status: 'running',
        change: 'restart',
        reason: 'its definition changed (on_change: restart)',
        ...steps({ do: 'stop', because: 'restart' }, ...beginsAnew(s), { do: 'start', restarts: 0 }),
      }),
  },
  {
    name: 'adopt',
    when: (s) => live(s) && !bookkept(s),
    decide: (s) => ({
      status: changed(s) ? 'pending-restart' : 'running',
      change: 'adopt',
      reason: 'runs, but its lock or record is missing: writes it',
      ...steps({ do: 'write-lock', restarts: restartsOnceAdopted(s) }),
    }),
  },
  {
    name: 'secrets-unknown',
    when: (s) => live(s) && s.secretsTrouble !== undefined,
    decide: (s) => ({
      status: 'running',
      change: 'hold',
      reason: `runs, but ${s.secretsTrouble?.reason}`,
      ...(s.secretsTrouble?.fix === undefined ? {} : { fix: s.secretsTrouble.fix }),
      ...steps(),
    }),
  },
  {
    name: 'other-branch',
    when: (s) => live(s) && changed(s) && s.otherBranch !== undefined,
    decide: (s) => ({
      status: 'pending-restart',
      change: 'hold',
      reason: `pending restart: its worktree ${s.otherBranch?.path} is ${s.otherBranch?.is}, and should be ${s.otherBranch?.wished}`,
      fix: `Check that out there, or name another worktree.path; mosaic apply --restart ${s.name} restarts it in the worktree as it is.`,
      ...steps(),
    }),
  },
  {
    name: 'pending-restart',
    when: (s) => live(s) && changed(s),
    decide: (s) => ({
      status: 'pending-restart',
      change: 'hold',
      reason:
        s.agent?.onChange === 'restart'
          ? `pending restart: its definition changed; its session of mission ${s.mission?.wish.id} is let finish`
          : 'pending restart: its definition changed (on_change: hold)',
      fix: `mosaic apply --restart ${s.name} restarts it now.`,
      ...steps(),
    }),
  },
  {
    name: 'limited',
    when: (s, runtime) => live(s) && limitOf(s.screen, runtime) !== undefined,
    decide(s, runtime) {
      const limit = limitOf(s.screen, runtime);
      const until = limit?.until === undefined ? '' : ` until ${limit.until}`;
      return {
        status: 'limited',
        change: 'none',
        reason: `usage limit${until}: ${limit?.text ?? ''}`,
        ...steps(),
      };
    },
  },
  {
    name: 'kickstart-pending',
    when: (s) => live(s) && kickstartPending(s),
    decide: () => ({
      status: 'running',
      change: 'record',
      reason: 'kickstart pending: delivers it',
      ...steps({ do: 'kickstart' }),
    }),
  },
  {
    name: 'runs',
    when: live,
    decide: (s) => ({
      status: 'running',
      change: 'none',
      reason:
        s.agent?.resources !== undefined && !enforced(s) ? 'runs; its resource limits need systemd' : 'runs',
      ...steps(),
    }),
  },

  // --- wanted, and not live ---
  {
    name: 'mission-held',
    when: isHeld,
    decide: (s, runtime) => held(s, endedRun(s, runtime)),
  },
  {
    name: 'mission-next',
    when: hasWork,
    decide: (s, runtime) => nextSession(s, endedRun(s, runtime)),
  },
  {
    name: 'interrupted',
    when: (s) => s.record.stopping !== undefined,
    decide: (s) =>
      startable(s, {
        status: 'absent',
        change: 'start',
        reason: 'an interrupted stop or restart is finished',
        ...steps({ do: 'stop', because: 'remains' }, { do: 'start', restarts: 0 }),
      }),
  },
  {
    name: 'never-ran',
    when: (s, runtime) => endedRun(s, runtime) === undefined,
    decide: (s) =>
      startable(s, {
        status: 'absent',
        change: 'start',
        reason: 'no session',
        ...steps(...(left(s) ? [{ do: 'stop', because: 'remains' } as const] : []), {
          do: 'start',
          restarts: 0,
        }),
      }),
  },
  {
    name: 'ended',
    when: wantedUp,
    decide: (s, runtime) => afterEnd(s, endedRun(s, runtime) as Ended),
  },
];

/** Every rule, in the order in which they are tried. */
export const ruleNames: readonly string[] = rules.map(({ name }) => name);

function notWanted(s: Situation): string {
  switch (s.wanted) {
    case 'stopped':
      return 'state: stopped';
    case 'suspended':
      return 'suspended by an operator';
    default:
      return 'gone from the fleet file';
  }
}

const wayUp = (s: Situation): { fix?: string } =>
  s.wanted === 'suspended' ? { fix: `mosaic fleet start ${s.name} starts it again.` } : {};

function changed(s: Situation): boolean {
  if (s.session.kind !== 'live' || s.definition === undefined) return false;
  const { started } = s.session.session;
  return started !== undefined && !sameDefinition(started.definition, s.definition.hash);
}

/** Lock and record name exactly the session that runs. */
function bookkept(s: Situation): boolean {
  if (s.session.kind !== 'live') return true;
  const { lock, record, session } = s;
  const lockFits = lock?.kind === 'live' && lock.lock.pid === session.session.pane?.pid;
  return lockFits && record.run?.key === session.run && record.stopping === undefined;
}

/** A session without a record was started by an apply that was stopped before it could write one: charged as it would have. */
const restartsOnceAdopted = (s: Situation): number =>
  s.record.run === undefined && s.record.ended?.cause === 'crash' ? s.record.restarts + 1 : s.record.restarts;

const kickstartPending = (s: Situation): boolean =>
  s.session.kind === 'live' && s.session.session.kickstartPending && firstText(s) !== undefined;

function enforced(s: Situation): boolean {
  if (s.session.kind !== 'live' || s.session.session.started?.supervisor === 'systemd') return true;
  return Object.keys(s.agent?.resources ?? {}).length === 0;
}

/** Processes, a unit that counts as started: what a new start would run into. */
const left = (s: Situation): boolean => s.unitActive || s.scopeActive;

/** Anything to clear of an agent that has no session and is not wanted. */
const remains = (s: Situation): boolean =>
  left(s) || s.lock !== undefined || s.record.run !== undefined || s.record.stopping !== undefined;
