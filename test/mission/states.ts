/** Missions in few words, for the tests of how far they are. */
import * as fc from 'fast-check';
import type { Mission } from '../../src/model/fleet.ts';
import type { MissionFile, SessionEntry, Task } from '../../src/model/mission.ts';
import { taskOf } from '../plan/seen-mission.ts';
import { statuses } from './task-documents.ts';

export const NOW = Date.UTC(2026, 0, 2, 12);
export const ago = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();

/** Such as `T1 done M1`. */
export const tasks = (...lines: string[]): Task[] => lines.map(taskOf);

/** Such as `M1 in-progress`. */
export const milestones = (...lines: string[]): MissionFile['milestones'] =>
  lines.map((line) => {
    const [id = '', status] = line.split(' ');
    return { id, name: `Name of ${id}`, status: status as 'pending' };
  });

export const session = (number: number, fields: Partial<SessionEntry> = {}): SessionEntry => ({
  session_id: `sess-00${number}`,
  started_at: ago(60),
  ...fields,
});

export const wish = (fields: Partial<Mission> = {}): Mission => ({
  id: 'checkout-v2',
  name: 'Checkout v2',
  project: '/src',
  agent: 'a',
  milestones: [
    { id: 'M1', name: 'Name of M1' },
    { id: 'M2', name: 'Name of M2' },
  ],
  state: 'active',
  continue: 'auto',
  maxIdleSessions: 3,
  verify: true,
  deadlockAfterMs: 6 * 3_600_000,
  ...fields,
});

const milestone = fc.constantFrom('M1', 'M2', 'M3', 'M9', '');

export const anyTasks: fc.Arbitrary<Task[]> = fc
  .array(fc.record({ status: fc.constantFrom(...statuses), milestone }), { maxLength: 8 })
  .map((list) => list.map((one, index) => ({ ...taskOf(`T${index + 1} done M1`, index), ...one })));

export const anyMilestones: fc.Arbitrary<MissionFile['milestones']> = fc
  .uniqueArray(
    fc.record({
      id: fc.constantFrom('M1', 'M2', 'M3', 'M4'),
      status: fc.constantFrom('pending', 'in-progress', 'completed', 'blocked' as const),
    }),
    { selector: ({ id }) => id, maxLength: 4 },
  )
  .map((list) => list.map((one) => ({ ...one, name: `Name of ${one.id}` })));
