/** `mosaic fleet start|stop|restart`: agents now, without the file: an apply of these alone, with what is asked of it. */
import type { Fleet } from '../../model/fleet.ts';
import type { Plan, Verdict } from '../../model/plan.ts';
import { noteOfStopped, noteOfStoppedTwice, notDone, stillDown, wayBack } from '../../report/fleet-verbs.ts';
import { applyFleet } from '../apply.ts';
import { EXIT } from '../command-error.ts';
import type { CommandContext, FleetOptions } from '../context.ts';
import { requireFleet } from '../fleet-file.ts';
import { planExitCode } from '../plan-exit-code.ts';
import { planOptions, showPlan, type PlanCommandOptions } from '../plan.ts';
import { lookAndPlan, settingOf } from '../reconcile.ts';
import { LOCK_PATIENCE_MS } from '../turn.ts';

export type Verb = 'start' | 'stop' | 'restart';

export interface FleetVerbOptions extends FleetOptions {
  dryRun?: boolean;
  verbose?: boolean;
  /** End with the status table. */
  status?: boolean;
}

/** @param names none: all agents of this host */
export async function fleetVerbCommand(
  context: CommandContext,
  verb: Verb,
  names: readonly string[],
  options: FleetVerbOptions,
): Promise<number> {
  const { host, terminal } = context;
  const { fleet, warnings } = await requireFleet(context, { ...options, remember: options.dryRun !== true });
  for (const warning of warnings) terminal.err(`Note: ${warning.message}\n`);
  const agents = names.length > 0 ? [...new Set(names)] : fleet.agents.map(({ name }) => name);
  const asked: PlanCommandOptions = { agent: agents, ...askedOf(verb, agents, names.length > 0) };
  const planned = planOptions(fleet, asked);
  const kept = fleet.agents.filter((one) => isKeptDown(one, agents));
  const note = verb === 'stop' ? noteOfStoppedTwice : noteOfStopped;
  for (const agent of kept) terminal.err(note(agent.name, fleet.file));
  let plan: Plan | undefined;
  let code: number;
  if (options.dryRun === true) {
    ({ plan } = await lookAndPlan(host, fleet, settingOf(host, fleet), planned));
    await showPlan(context, plan, options.json === true ? 'json' : 'text');
    code = planExitCode(plan);
  } else {
    const first = (made: Plan): void => void (plan ??= made);
    code = await applyFleet(context, fleet, {
      ...options,
      ...asked,
      waitMs: LOCK_PATIENCE_MS,
      planned: first,
    });
  }
  const verdicts = plan?.verdicts.filter(({ agent }) => agents.includes(agent)) ?? [];
  const held = verdicts.filter((verdict) => isHeld(verb, verdict));
  for (const verdict of held) terminal.err(notDone(DONE[verb], verdict));
  if (code === EXIT.ok) terminal.err(outlook(verb, fleet, verdicts, options.dryRun === true));
  if (code !== EXIT.ok) return code;
  // Of all of them, the file's word is expected; of this one, something else was asked for.
  const isRefused = names.length > 0 && verb !== 'stop' && kept.length > 0;
  return isRefused || (held.length > 0 && (names.length > 0 || verb !== 'start')) ? EXIT.failed : code;
}

const DONE: Record<Verb, string> = { start: 'started', stop: 'stopped', restart: 'restarted' };

/** What is asked of it does not come of the plan. One that runs, and waits for a restart, is as started as it was asked to be. */
const isHeld = (verb: Verb, { change, status }: Verdict): boolean =>
  change === 'hold' && (verb !== 'start' || (status !== 'running' && status !== 'pending-restart'));

/** Who is down by hand from now on, and how that ends. */
function outlook(verb: Verb, fleet: Fleet, verdicts: readonly Verdict[], isDry: boolean): string {
  const down = verdicts.filter(({ wanted, change }) => wanted === 'suspended' && change !== 'hold');
  const names = down.map(({ agent }) => agent);
  if (names.length === 0) return '';
  if (verb === 'restart') return stillDown(names);
  if (isDry) return '';
  return wayBack(names.length === fleet.agents.length ? [] : names);
}

/**
 * A restart is also one of an agent that does not run, whatever keeps it down; but who names none means those that are not stopped
 * by hand.
 */
function askedOf(
  verb: Verb,
  agents: string[],
  areNamed: boolean,
): Pick<PlanCommandOptions, 'start' | 'suspend' | 'restart'> {
  switch (verb) {
    case 'start':
      return { start: agents };
    case 'stop':
      return { suspend: agents };
    case 'restart':
      return areNamed ? { restart: agents, start: agents } : { restart: agents };
  }
}

const isKeptDown = ({ name, state }: { name: string; state: string }, agents: readonly string[]): boolean =>
  state === 'stopped' && agents.includes(name);
