/** `mosaic coord verify`: runs the quality gates over the milestones whose tasks are all closed. */
import { listed } from '../../base/text.ts';
import { changeMission } from '../../coord/change.ts';
import { MissionError } from '../../coord/error.ts';
import { runGates, type GatesResult } from '../../coord/gates.ts';
import { currentMilestone, progressOf, tasksOf } from '../../mission/select.ts';
import { hasGates, settled, unverified } from '../../mission/settle.ts';
import type { MissionFile, Task } from '../../model/mission.ts';
import { defined } from '../../report/defined.ts';
import { gatesBegin, gatesEnd } from '../../report/gates.ts';
import { reportJson } from '../../report/mission-json.ts';
import { EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { inWords } from './in-words.ts';
import { requireMission, requireTasks, type CoordOptions } from './project.ts';
import { requireOpen } from './run.ts';

export const coordVerifyCommand = (context: CommandContext, options: CoordOptions): Promise<number> =>
  inWords(async () => {
    const { host, terminal, signal } = context;
    const found = requireMission(context, options);
    requireOpen(found);
    const tasks = requireTasks(context, found);
    const { project, record } = found;
    const now = host.clock.now();
    // As it is by its tasks: a milestone whose tasks are all closed may still stand as pending.
    const current = settled(record, undefined, tasks, now);
    const milestones = unverified(current, tasks).map(({ id }) => id);
    const completed = completedBy(record, current);
    if (milestones.length === 0 && completed.length === 0 && current.status !== 'completed')
      throw nothingFinished(current, tasks);
    if (current !== record)
      await changeMission(host, project, (before, list) => settled(before, undefined, list, now));
    if (milestones.length === 0 || !hasGates(record)) {
      if (options.json === true)
        terminal.out(verifyJson(project, record, completed, { result: 'passed', completed }));
      else terminal.out(withoutRun(record, completed));
      return EXIT.ok;
    }
    const command = record.quality_gates ?? '';
    const what = { mission: record.mission_id, milestones, command };
    terminal.err(gatesBegin(what, terminal.color));
    const workplace = workplaceOf(host, project, record);
    const result = await runGates(host, project, { milestones, command, workplace, signal });
    terminal.err(gatesEnd(what, result, host.clock.now() - now, terminal.color));
    if (result.result === 'interrupted') return EXIT.interrupted;
    if (options.json === true) terminal.out(verifyJson(project, record, milestones, result));
    return result.result === 'passed' ? EXIT.ok : EXIT.failed;
  });

/** Where the gates ran last: the worktree of the mission's agent, as the fleet file had it and while it is there. */
function workplaceOf(
  { files }: CommandContext['host'],
  project: string,
  { milestones }: MissionFile,
): string {
  const last = milestones.findLast(({ gates }) => gates !== undefined)?.gates?.workplace;
  return last !== undefined && files.target(last)?.kind === 'folder' ? last : project;
}

const completedBy = (before: MissionFile, after: MissionFile): string[] =>
  after.milestones
    .filter(
      ({ id, status }) =>
        status === 'completed' && before.milestones.find((one) => one.id === id)?.status !== 'completed',
    )
    .map(({ id }) => id);

/** Why no gates were run, and what was completed all the same. */
function withoutRun(record: MissionFile, completed: readonly string[]): string {
  if (completed.length === 0) return 'All milestones are completed, and now the mission is.\n';
  const why = !hasGates(record)
    ? 'No quality gates are set'
    : record.policy?.verify === false
      ? 'The quality gates are not run (verify: false)'
      : 'The quality gates have passed before';
  return `${why}: ${listed(completed)} completed.\n`;
}

function nothingFinished(record: MissionFile, tasks: readonly Task[]): MissionError {
  const milestone = currentMilestone(record);
  if (milestone === undefined) return new MissionError('conflict', 'no milestone is open');
  const { done, total } = progressOf(tasksOf(tasks, milestone.id));
  const far = total === 0 ? 'has no tasks yet' : `has ${done} of ${total} tasks done`;
  return new MissionError('conflict', `no milestone is finished: ${milestone.id} ${far}`, {
    fix: 'The gates are run when all tasks of one are done or cancelled.',
  });
}

const verifyJson = (
  project: string,
  { mission_id }: MissionFile,
  milestones: readonly string[],
  result: GatesResult,
): string =>
  reportJson(
    defined({
      format_version: 1 as const,
      project,
      mission_id,
      milestones,
      result: result.result,
      completed: result.result === 'passed' ? result.completed : undefined,
      exit_code: result.result === 'failed' ? result.exitCode : undefined,
      remediation: result.result === 'failed' ? result.remediation : undefined,
      log: result.result === 'failed' ? result.log : undefined,
    }),
  );
