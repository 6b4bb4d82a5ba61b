/** `mosaic plan`, which is `mosaic apply --dry-run`: what would be done. Writes nothing but the file of --out. */
import { sha256 } from '../base/sha256.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Plan } from '../model/plan.ts';
import type { PlanOptions } from '../plan/plan.ts';
import { renderPlan } from '../report/render-plan.ts';
import { planExitCode } from './plan-exit-code.ts';
import { CommandError, EXIT } from './command-error.ts';
import type { CommandContext, FleetOptions } from './context.ts';
import { requireFleet } from './fleet-file.ts';
import { givenPath } from './given-path.ts';
import { lookAndPlan, settingOf } from './reconcile.ts';

export interface PlanCommandOptions extends FleetOptions {
  output?: 'text' | 'json' | 'markdown';
  detailedExitcode?: boolean;
  agent?: string[];
  restart?: string[];
  adopt?: string[];
  /** Of `mosaic fleet start` and `stop`; no option of the command line. */
  start?: string[];
  suspend?: string[];
  allowMassStop?: boolean;
  out?: string;
}

export async function planCommand(context: CommandContext, options: PlanCommandOptions): Promise<number> {
  const { host } = context;
  const { fleet, text, warnings } = await requireFleet(context, { ...options, asFound: true });
  for (const warning of warnings) context.terminal.err(`Note: ${warning.message}\n`);
  const { plan } = await lookAndPlan(host, fleet, settingOf(host, fleet), planOptions(fleet, options));
  await showPlan(context, plan, options.json === true ? 'json' : (options.output ?? 'text'));
  if (options.out !== undefined) await save(context, fleet, text, plan, { ...options, out: options.out });
  const code = planExitCode(plan);
  if (code !== EXIT.ok || options.detailedExitcode !== true) return code;
  return plan.actions.length > 0 ? EXIT.changes : EXIT.ok;
}

export async function showPlan(
  { terminal }: CommandContext,
  plan: Plan,
  output: 'text' | 'json' | 'markdown',
): Promise<void> {
  if (output === 'json') {
    const { planJsonText } = await import('../report/plan-json.ts');
    terminal.out(planJsonText(plan));
  } else if (output === 'markdown') {
    const { planMarkdown } = await import('../report/plan-markdown.ts');
    terminal.out(planMarkdown(plan));
  } else {
    await renderPlan(plan, terminal);
  }
}

/** Checks that named agents are in the file, and makes sets of them. Throws CommandError. */
export function planOptions(fleet: Fleet, options: PlanCommandOptions): PlanOptions {
  const known = new Set(fleet.agents.map(({ name }) => name));
  for (const name of [...(options.agent ?? []), ...(options.restart ?? []), ...(options.adopt ?? [])]) {
    if (known.has(name)) continue;
    const elsewhere = fleet.elsewhere.find((agent) => agent.name === name);
    const why =
      elsewhere === undefined ? 'is not in the fleet file' : `belongs to the host ${elsewhere.host}`;
    throw new CommandError(`the agent ${name} ${why}`, EXIT.usage, {
      fix: `It knows: ${[...known].join(', ') || 'none'}.`,
    });
  }
  const narrowed = options.agent;
  const outside = [...(options.restart ?? []), ...(options.adopt ?? [])].find(
    (name) => narrowed?.includes(name) === false,
  );
  if (outside !== undefined) {
    throw new CommandError(`${outside} is to be restarted or adopted, and is not among --agent`, EXIT.usage, {
      fix: `Add --agent ${outside}, or leave --agent out.`,
    });
  }
  return {
    ...(options.agent === undefined ? {} : { only: new Set(options.agent) }),
    restart: new Set(options.restart),
    adopt: new Set(options.adopt),
    start: new Set(options.start),
    suspend: new Set(options.suspend),
    allowMassStop: options.allowMassStop ?? false,
  };
}

async function save(
  { host, terminal, version }: CommandContext,
  fleet: Fleet,
  text: string,
  plan: Plan,
  options: PlanCommandOptions & { out: string },
): Promise<void> {
  if (plan.unobserved !== undefined || plan.refused !== undefined) {
    throw new CommandError('a plan that cannot be carried out is not saved', EXIT.failed);
  }
  const { savedPlanText } = await import('../report/saved-plan.ts');
  const path = givenPath(host, options.out);
  const saved = savedPlanText(plan, {
    savedAt: host.clock.now(),
    version,
    file: fleet.file,
    fileDigest: sha256(text),
    planDigest: planDigest(plan),
    options: {
      agents: options.agent ?? [],
      restart: options.restart ?? [],
      adopt: options.adopt ?? [],
      allow_mass_stop: options.allowMassStop ?? false,
    },
  });
  host.files.write(path, saved, { durable: true });
  terminal.err(`Saved. mosaic apply ${options.out} does exactly this.\n`);
}

/** Of all that would be done, secrets included; moments in time are not part of it. */
export const planDigest = (plan: Plan): string =>
  sha256(JSON.stringify(plan.actions, (key, value: unknown) => (key === 'at' ? undefined : value)));
