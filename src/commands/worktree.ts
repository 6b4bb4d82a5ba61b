/** `mosaic worktree list` and `mosaic worktree gc`. */
import { formulaOfSession } from '../model/formula.ts';
import type { Fleet } from '../model/fleet.ts';
import { observeState } from '../observe/files.ts';
import { observePanePaths } from '../observe/pane-paths.ts';
import { observeTmux } from '../observe/tmux.ts';
import { worktreesJsonText, worktreeSummary, worktreeTable, type WorktreeRow } from '../report/worktrees.ts';
import { worktreesOfRuns } from '../runs/worktrees-of-runs.ts';
import { planGc, runGc } from '../worktrees/gc.ts';
import { listWorktrees } from '../worktrees/list.ts';
import type { Survey, SurveyWish } from '../worktrees/survey.ts';
import { withApplyLock } from './apply-plan.ts';
import { EXIT } from './command-error.ts';
import type { CommandContext, FleetOptions } from './context.ts';
import { requireFleet } from './fleet-file.ts';
import { repositoriesOf, settingOf } from './reconcile.ts';

export async function worktreeListCommand(context: CommandContext, options: FleetOptions): Promise<number> {
  const { host } = context;
  const { fleet } = await requireFleet(context, options);
  const { rows, unknown } = await listWorktrees(host, {
    ...(await surveyWish(context, fleet)),
    now: host.clock.now(),
  });
  const shown = rows.map(({ usedBy, why, ...row }): WorktreeRow => {
    const inUse = usedBy === undefined ? {} : { inUse: usedBy };
    return Object.assign(row, inUse, why === undefined ? {} : { reason: why });
  });
  return show(context, fleet, shown, unknown, options, undefined);
}

export interface GcCommandOptions extends FleetOptions {
  olderThanMs?: number;
  dryRun?: boolean;
}

export async function worktreeGcCommand(context: CommandContext, options: GcCommandOptions): Promise<number> {
  const { host } = context;
  const { fleet } = await requireFleet(context, options);
  const { places } = settingOf(host, fleet);
  const collect = options.dryRun === true ? planGc : runGc;
  const run = async (): Promise<number> => {
    const runs = worktreesOfRuns(host, places);
    const { rows, unknown } = await collect(host, {
      ...(await surveyWish(context, fleet)),
      wanted: await needed(context, fleet),
      keptFor: (owner, path) => runs.keptFor(owner, path),
      olderThanMs: options.olderThanMs ?? 24 * 60 * 60 * 1000,
      now: host.clock.now(),
    });
    const shown = rows.map(({ failed, ...row }): WorktreeRow => ({
      ...row,
      state: failed === true ? 'failed' : row.action === 'kept' ? 'kept' : 'removed',
      modified: 0,
      untracked: 0,
      unpushed: 0,
    }));
    const code = show(context, fleet, shown, unknown, options, { dryRun: options.dryRun ?? false });
    return rows.some(({ failed }) => failed === true) ? EXIT.failed : code;
  };
  return options.dryRun === true ? run() : withApplyLock(context, places, run);
}

async function surveyWish({ host }: CommandContext, fleet: Fleet): Promise<SurveyWish> {
  const { places } = settingOf(host, fleet);
  return {
    fleet: fleet.name,
    repositories: [
      ...repositoriesOf(host, fleet, places, true),
      ...worktreesOfRuns(host, places).repositories,
    ],
    panes: await observePanePaths(host, fleet.tmux.socketName),
  };
}

/** Agents whose worktree stays: those wanted running, and those that have a session all the same. */
async function needed({ host }: CommandContext, fleet: Fleet): Promise<Set<string>> {
  const { places } = settingOf(host, fleet);
  const state = observeState(host.files, places);
  const suspended = (name: string): boolean =>
    state.known && state.value.agents[name]?.suspendedAt !== undefined;
  const tmux = await observeTmux(host, fleet.tmux.socketName);
  return new Set([
    ...fleet.agents.flatMap(({ name, state: wish, renamedFrom }) =>
      wish === 'running' && !suspended(name) ? [name, renamedFrom ?? name] : [],
    ),
    ...(tmux.known ? tmux.value.sessions.flatMap(({ owner }) => ownerOfOne(owner?.agent)) : []),
  ]);
}

/** A formula has a worktree for each of its runs: that its session lives says nothing of the others. */
const ownerOfOne = (name: string | undefined): string[] =>
  name === undefined || formulaOfSession(name) !== undefined ? [] : [name];

function show(
  { terminal }: CommandContext,
  fleet: Fleet,
  rows: WorktreeRow[],
  unknown: Survey['unknown'],
  options: FleetOptions,
  gc: { dryRun: boolean } | undefined,
): number {
  if (options.json === true) terminal.out(worktreesJsonText(fleet.name, rows));
  else {
    terminal.out(worktreeTable(rows, terminal));
    if (gc !== undefined && rows.length > 0) terminal.out(worktreeSummary(rows, gc));
  }
  for (const { repository, why, fix } of unknown) {
    terminal.err(`${repository}: ${why}${fix === undefined ? '' : `. ${fix}`}\n`);
  }
  return unknown.length > 0 ? EXIT.unavailable : EXIT.ok;
}
