/** `mosaic fleet start|stop|restart`: agents now, without the file: an apply of these alone, with what is asked of it. */
import { noteOfStopped, wayBack } from '../../report/fleet-verbs.ts';
import { applyFleet } from '../apply.ts';
import { LOCK_PATIENCE_MS } from '../apply-plan.ts';
import { EXIT } from '../command-error.ts';
import type { CommandContext, FleetOptions } from '../context.ts';
import { requireFleet } from '../fleet-file.ts';
import { planExitCode } from '../plan-exit-code.ts';
import { planOptions, showPlan, type PlanCommandOptions } from '../plan.ts';
import { lookAndPlan, settingOf } from '../reconcile.ts';

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
  const asked: PlanCommandOptions = { agent: agents, ...askedOf(verb, agents) };
  const planned = planOptions(fleet, asked);
  const kept = verb === 'stop' ? [] : fleet.agents.filter((one) => isKeptDown(one, agents));
  for (const agent of kept) terminal.err(noteOfStopped(agent.name, fleet.file));
  let code: number;
  if (options.dryRun === true) {
    const { plan } = await lookAndPlan(host, fleet, settingOf(host, fleet), planned);
    await showPlan(context, plan, options.json === true ? 'json' : 'text');
    code = planExitCode(plan);
  } else {
    code = await applyFleet(context, fleet, { ...options, ...asked, waitMs: LOCK_PATIENCE_MS });
    if (verb === 'stop' && code === EXIT.ok) terminal.err(wayBack(names));
  }
  // Of all of them, the file's word is expected; of this one, something else was asked for.
  return names.length > 0 && kept.length > 0 && code === EXIT.ok ? EXIT.failed : code;
}

/** A restart is also one of an agent that does not run, whatever keeps it down. */
function askedOf(verb: Verb, agents: string[]): Pick<PlanCommandOptions, 'start' | 'suspend' | 'restart'> {
  switch (verb) {
    case 'start':
      return { start: agents };
    case 'stop':
      return { suspend: agents };
    case 'restart':
      return { restart: agents, start: agents };
  }
}

const isKeptDown = ({ name, state }: { name: string; state: string }, agents: readonly string[]): boolean =>
  state === 'stopped' && agents.includes(name);
