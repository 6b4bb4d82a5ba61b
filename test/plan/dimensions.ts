/** Everything that can be seen and wanted of one agent, in each kind by itself. */
import type { PlanOptions } from '../../src/plan/plan.ts';
import type { AgentSeen } from './seen-agent.ts';
import type { Seen } from './seen.ts';

export const NAME = 'agent';

export type Wish = 'gone' | Record<string, unknown>;

export interface Cell {
  wish: Wish;
  seen: AgentSeen;
  supervisor: 'none' | 'systemd';
  prune: boolean;
  host?: Omit<Seen, 'agents'>;
  options?: PlanOptions;
}

export const SESSIONS: AgentSeen[] = [
  {},
  { session: 'live' },
  { session: 'live', definition: 'other' },
  { session: 'live', definition: 'another version' },
  { session: 'live', named: 'another-name' },
  { session: 'live', kickstart: 'pending' },
  { session: 'exit 0' },
  { session: 'exit 3' },
  { session: 'exit 3', screen: 'limit reached' },
  { session: 'signal 9' },
  { session: 'dead' },
  { session: 'closed' },
  { session: 'foreign' },
  { session: 'foreign fleet' },
];

export const RECORDS: AgentSeen[] = [
  {},
  { record: 'run' },
  { record: 'other run' },
  { record: 'other server' },
  { record: 'other boot' },
  { record: 'stopping' },
  { record: 'restarting' },
  ...['exit', 'crash', 'limit', 'reboot', 'outage'].map((cause) => ({ record: `ended ${cause}` })),
  { record: 'ended earlier crash' },
  { record: 'ended crash', endedWith: 'other' },
];

export const LOCKS: AgentSeen[] = [
  {},
  { lock: 'live' },
  { lock: 'dead' },
  { lock: 'corrupt' },
  { lock: 'other' },
  { lock: 'other boot' },
];

/** Unit and scope; without a user manager there are none. */
export const UNITS: Pick<Cell, 'supervisor' | 'seen'>[] = [
  { supervisor: 'none', seen: {} },
  { supervisor: 'systemd', seen: {} },
  { supervisor: 'systemd', seen: { unit: 'active' } },
  { supervisor: 'systemd', seen: { unit: 'failed' } },
  { supervisor: 'systemd', seen: { scope: 'active' } },
  { supervisor: 'systemd', seen: { unit: 'active', scope: 'active' } },
];

/** Nothing of systemd, and all of it. */
export const EXTREMES = UNITS.filter((_, index) => index === 0 || index === UNITS.length - 1);

/** Unused, some of it used and not due yet, used up, and used up by a run that outlived the window. */
export const BUDGETS: AgentSeen[] = [
  {},
  { restarts: 2, created: '2m', died: '1s', ended: '1s' },
  { restarts: 3, created: '2m' },
  { restarts: 3, created: '2h' },
];

const restart = (policy: string): Record<string, unknown> => ({ restart: { policy, max_restarts: 3 } });
export const WISHES: { wish: Wish; prune: boolean }[] = [
  { wish: restart('on-crash'), prune: true },
  { wish: { ...restart('on-crash'), on_change: 'restart' }, prune: true },
  { wish: restart('always'), prune: true },
  { wish: restart('never'), prune: true },
  { wish: { state: 'stopped' }, prune: true },
  { wish: 'gone', prune: true },
  { wish: 'gone', prune: false },
];

export const WORKTREES: NonNullable<Seen['worktrees']>[string][] = [
  [],
  [{ path: '/trees/agent', owner: NAME, work: 'clean' }],
  [{ path: '/trees/agent', owner: NAME, work: 'modified' }],
  [{ path: '/trees/agent', owner: NAME, work: 'untracked' }],
  [{ path: '/trees/agent', owner: NAME, work: 'unpushed' }],
  [{ path: '/trees/agent', owner: NAME, work: 'unknown' }],
  [{ path: '/trees/agent', owner: NAME }],
  [{ path: '/trees/agent', owner: NAME, prunable: true }],
  [{ path: '/trees/agent' }],
  [{ path: '/trees/agent', owner: 'other' }],
  [{ path: '/trees/agent', owner: NAME, fleet: 'another', work: 'clean' }],
  'unknown',
];
