/** What is done with an agent that is wanted and whose run has ended. */
import type { AgentStatus } from '../model/plan.ts';
import type { Ended } from '../model/state.ts';
import { sameDefinition } from '../render/definition.ts';
import { startable, type Decision, type Step } from './decision.ts';
import { countedLimits, countedRestarts, endInWords, nextStart } from './ending.ts';
import { startAsked, type Situation } from './situation.ts';

export function afterEnd(s: Situation, ended: Ended): Decision {
  const wish = s.agent?.restart;
  if (wish === undefined) throw new Error(`${s.name} is wanted running and not in the fleet`);
  const fresh = s.record.ended?.run !== ended.run;
  const restarts = countedRestarts(s, ended);
  const how = endInWords(ended);
  const limits = countedLimits(s, ended);
  const record: Step[] = fresh ? [{ do: 'record', ended, restarts, limits }] : [];
  const again = (because: string, counted: number): Decision =>
    startable(
      s,
      {
        status: 'absent',
        change: s.session.kind === 'dead' ? 'restart' : 'start',
        reason: because,
        steps: [...record, { do: 'stop', because: 'remains' }, { do: 'start', restarts: counted }],
      },
      record,
    );
  const stay = (status: AgentStatus, reason: string, more: Partial<Decision> = {}): Decision => ({
    status,
    change: fresh ? 'record' : status === 'completed' ? 'none' : 'hold',
    reason,
    ...more,
    steps: record,
  });

  const asked = startAsked(s);
  if (asked !== undefined) return again(asked, 0);
  const redefined = s.definition !== undefined && !sameDefinition(ended.definition, s.definition.hash);
  const next = nextStart(ended, { restarts, limits }, wish, s.now);
  switch (next.kind) {
    case 'due':
      return again(`${how}: starts it again`, restarts + (next.charged ? 1 : 0));
    case 'later': {
      const budget = next.charged ? ` (restart ${restarts + 1} of ${wish.maxRestarts})` : '';
      const cause = ended.cause === 'limit' ? `${how} at a usage limit` : how;
      return stay('backoff', `${cause}: waits before it starts again${budget}`, { until: next.at });
    }
    case 'never':
      if (next.why === 'completed') {
        if (redefined && s.agent?.onChange === 'restart')
          return again('completed; its definition changed', 0);
        return stay('completed', 'completed (exit 0)');
      }
      if (redefined) return again(`${how}; its definition changed since`, 0);
      if (next.why === 'policy') {
        return stay('crashed', `${how}; restart.policy is never`, {
          fix: `mosaic apply --restart ${s.name} starts it again.`,
        });
      }
      return stay('blocked', `crash loop: ${how}, after ${restarts} restarts; stays down`, {
        fix: `Look at its crash records, then mosaic apply --restart ${s.name}.`,
      });
  }
}
