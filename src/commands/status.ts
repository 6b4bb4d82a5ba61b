/** `mosaic status`: every agent, as wanted and as seen. */
import { revisionOfFile } from '../gitops/layout.ts';
import type { Host, ProcessSeen } from '../host/host.ts';
import type { Fleet } from '../model/fleet.ts';
import { placesOf } from '../model/places.ts';
import type { Observation } from '../model/observation.ts';
import { ownWorktree } from '../plan/workplace.ts';
import {
  statusJsonText,
  statusReport,
  statusText,
  type StatusInput,
  type StatusReport,
} from '../report/status.ts';
import { planExitCode } from './plan-exit-code.ts';
import { EXIT } from './command-error.ts';
import type { CommandContext, FleetOptions } from './context.ts';
import { requireFleet } from './fleet-file.ts';
import { lookAndPlan, settingOf } from './reconcile.ts';

export interface StatusCommandOptions extends FleetOptions {
  watch?: boolean;
  intervalMs?: number;
}

export async function statusCommand(context: CommandContext, options: StatusCommandOptions): Promise<number> {
  const { host, terminal, signal } = context;
  const once = async (): Promise<{ code: number; text: string }> => {
    const { fleet } = await requireFleet(context, options);
    const { report, code } = await lookAtStatus(host, fleet);
    const text =
      options.json === true
        ? statusJsonText(report)
        : `${statusText(report, terminal, host.clock.now())}${await moreText(host, fleet)}`;
    return { code, text };
  };
  if (options.watch !== true) {
    const { code, text } = await once();
    terminal.out(text);
    return code;
  }
  while (!signal.aborted) {
    const { text } = await once();
    // On a terminal each look replaces the last one; elsewhere they follow each other.
    terminal.out(terminal.interactive ? `\u001b[H\u001b[2J${text}` : text);
    await host.clock.sleep(options.intervalMs ?? 2_000, signal);
  }
  return EXIT.ok;
}

export async function showStatus({ host, terminal }: CommandContext, fleet: Fleet): Promise<void> {
  const { report } = await lookAtStatus(host, fleet);
  terminal.out(`${statusText(report, terminal, host.clock.now())}${await moreText(host, fleet)}`);
}

/** Lines on what is no agent: runs of formulas, and the repository that the fleet file is of. */
async function moreText(host: Host, fleet: Fleet): Promise<string> {
  return `${await formulaText(host, fleet)}${await followText(host, fleet)}`;
}

/** On the runs of formulas that last; most fleets have none, and load nothing of them. */
async function formulaText(host: Host, fleet: Fleet): Promise<string> {
  if (host.files.stat(placesOf(fleet.name, host.facts).formulas) === undefined) return '';
  const { runningText } = await import('./formula/running.ts');
  return runningText(host, fleet);
}

/** A line on the repository that the fleet file is of, or nothing. */
async function followText(host: Host, fleet: Fleet): Promise<string> {
  const places = placesOf(fleet.name, host.facts);
  if (revisionOfFile(host.files, places, fleet.file) === undefined) return '';
  const { followLineOf } = await import('./gitops/status.ts');
  return followLineOf(host, fleet.name);
}

async function lookAtStatus(host: Host, fleet: Fleet): Promise<{ report: StatusReport; code: number }> {
  const { plan, observation } = await lookAndPlan(host, fleet, settingOf(host, fleet), {
    screens: 'all',
    work: 'all',
  });
  const report = statusReport({
    plan,
    fleet,
    observation,
    memoryByPid: memoryByPid(host.processes.list()),
    work: workByAgent(fleet, observation),
  });
  const code = planExitCode(plan);
  return { report, code: code === EXIT.unavailable ? code : EXIT.ok };
}

/** Resident memory of each process with all that descend from it. */
function memoryByPid(processes: readonly ProcessSeen[]): Map<number, number> {
  const total = new Map(processes.map(({ pid, memory }) => [pid, memory]));
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  for (const { pid, memory } of processes) {
    const seen = new Set([pid]);
    for (let up = parents.get(pid); up !== undefined && !seen.has(up); up = parents.get(up)) {
      seen.add(up);
      if (total.has(up)) total.set(up, (total.get(up) ?? 0) + memory);
    }
  }
  return total;
}

function workByAgent(fleet: Fleet, observation: Observation): StatusInput['work'] {
  return new Map(
    fleet.agents.flatMap((agent) => {
      const tree = ownWorktree(fleet.name, agent, observation);
      if (tree?.work?.known !== true) return [];
      const { modified, untracked, unpushed } = tree.work.value;
      const branch = tree.branch === undefined ? {} : { branch: tree.branch };
      return [[agent.name, { ...branch, dirty: modified + untracked > 0, unpushed }] as const];
    }),
  );
}
