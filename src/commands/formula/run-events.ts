/** What of a run goes into the fleet's event log. */
import { formatDuration } from '../../base/duration.ts';
import { formulaSession, type Formula, type RunRecord } from '../../model/formula.ts';
import type { RunProgress } from '../../runs/progress.ts';
import type { EventLog } from '../event-log.ts';

export function logRun(log: EventLog, { name }: Pick<Formula, 'name'>, progress: RunProgress): void {
  const agent = formulaSession(name);
  switch (progress.type) {
    case 'skipped':
      return log.note({ event: 'formula-skipped', agent, result: 'skipped', message: progress.why });
    case 'begin':
      return log.note({
        event: 'formula-start',
        agent,
        message: `run ${progress.run.id} begins`,
        path: progress.run.folder,
      });
    case 'phase': {
      const { phase, detail, unknown } = progress.note;
      const what = unknown === true ? `unknown phase ${phase}` : phase;
      return log.note({ event: 'formula-phase', agent, message: withDetail(what, detail) });
    }
    case 'crash': {
      const { detail, retry, of } = progress;
      const message = `${detail}; it is started again (${retry} of ${of})`;
      return log.note({ event: 'crash', agent, message });
    }
    case 'leftover':
    case 'end':
      return log.note({ event: 'formula-end', agent, ...endOf(progress.run) });
    case 'unheard': {
      const message = `nobody was told of its question: the command for that ${progress.detail}`;
      return log.note({ event: 'formula-phase', agent, message });
    }
    case 'goes-on': {
      const message = 'it works again: its question was answered at its terminal';
      return log.note({ event: 'formula-phase', agent, message });
    }
    case 'command':
    case 'told':
    case 'reply':
    case 'trouble':
    case 'ending':
      return undefined;
  }
}

function endOf(run: RunRecord): { message: string; result: 'done' | 'failed'; path: string } {
  const { id, reason = 'interrupted', detail, startedAt, endedAt, exitCode, retries } = run;
  const { phases, worktree, folder } = run;
  const seconds = Math.round(((endedAt ?? startedAt) - startedAt) / 1000) * 1000;
  const said = phases.map(({ phase }) => phase).join(', ');
  const isKept = worktree?.end === 'kept';
  const parts = [
    withDetail(`run ${id} ended: ${reason}`, detail),
    `after ${formatDuration(seconds)}`,
    ...(retries === 0 ? [] : [`started again after ${retries === 1 ? 'a crash' : `${retries} crashes`}`]),
    ...(said === '' ? [] : [`phases: ${said}`]),
    ...(isKept ? ['its worktree is kept'] : []),
    ...(worktree?.rescued === undefined ? [] : [`its work is saved as ${worktree.rescued}`]),
  ];
  return {
    message: parts.join('; '),
    result: exitCode === 0 ? 'done' : 'failed',
    path: isKept ? worktree.path : folder,
  };
}

const withDetail = (what: string, detail: string | undefined): string =>
  detail === undefined || detail === '' ? what : `${what}: ${detail}`;
