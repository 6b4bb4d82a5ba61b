/** One snapshot of the host, in a fixed number of subprocesses, whatever the number of agents. Writes nothing. */
import { parseEnvFile } from '../fleet/env-file.ts';
import type { Host } from '../host/host.ts';
import type { Fleet } from '../model/fleet.ts';
import { formulaOfSession } from '../model/formula.ts';
import type { Observation, TmuxSeen, WorktreeSeen } from '../model/observation.ts';
import type { Places } from '../model/places.ts';
import { known, unknown, type Source } from '../model/source.ts';
import type { FleetState } from '../model/state.ts';
import { observeFolders, observeLocks, observeRendered, observeState } from './files.ts';
import { observeFormulas } from './formulas.ts';
import { observeMission } from './mission.ts';
import { fewAtATime } from './pool.ts';
import { observeSilentServers } from './servers.ts';
import { captureScreens } from './pane-looks.ts';
import { observeTmux } from './tmux.ts';
import { observeUnits } from './units.ts';
import { inspectWork, observeRepositories } from './worktrees.ts';

/** Lines of scrollback beside a dead pane's screen: the notice of its death pushes the first ones off. */
const LAST_WORDS = 50;

export interface ObserveOptions {
  /** Beside those of the fleet file: repositories that worktrees of agents no longer in it belong to. */
  repositories?: readonly string[];
  /** Screens of dead panes that nobody has recorded yet (to tell why they ended), or of all. */
  screens?: 'dead' | 'all';
  /** Ask for units also where the fleet runs without systemd: it may have run with it before. */
  units?: boolean;
  /** Look into the worktrees of agents that are gone from the file (to tell whether they may go), or into all of ours. */
  work?: 'gone' | 'all';
  /** Also into those of formulas' runs, which an apply leaves alone. */
  formulas?: boolean;
}

export async function observe(
  host: Host,
  fleet: Fleet,
  places: Places,
  options: ObserveOptions = {},
): Promise<Observation> {
  const repositories = fleet.agents.flatMap((agent) => agent.worktree?.repository ?? []);
  // Asked first, so that they work while we read files.
  const asked = Promise.all([
    observeTmux(host, fleet.tmux.socketName).then((seen) => withExitStatus(host, fleet, seen)),
    fleet.supervisor === 'none' && options.units !== true
      ? known({ manager: 'absent' as const, why: 'supervisor: none', units: new Map() })
      : observeUnits(host, fleet.systemd.unitPrefix),
    observeRepositories(host, [...new Set([...repositories, ...(options.repositories ?? [])])]),
  ]);
  const state = observeState(host.files, places);
  const files = observeRendered(host.files, places, {
    name: fleet.name,
    unitPrefix: fleet.systemd.unitPrefix,
  });
  const locks = observeLocks(host, places);
  const [tmux, units, trees] = await asked;
  const silentServers =
    tmux.known && state.known ? await observeSilentServers(host, state.value, locks, tmux.value.server) : [];
  const availableMemory =
    fleet.reconcile.minAvailableMemory === undefined ? undefined : host.processes.availableMemory();
  await lookIntoWork(host, fleet, trees, options);
  return {
    now: host.clock.now(),
    bootId: host.facts.bootId,
    tmux,
    silentServers,
    units,
    files,
    locks,
    repositories: trees,
    folders: observeFolders(host.files, [
      ...fleet.agents.flatMap((agent) => (agent.worktree === undefined ? agent.workingDirectory : [])),
      ...fleet.missions.map(({ project }) => project),
    ]),
    secrets: readSecrets(host, fleet),
    state,
    missions: observeMissions(host, fleet),
    formulas: await observeFormulas(host, fleet, places, units),
    screens: await observeScreens(host, fleet, tmux, state, options.screens ?? 'dead'),
    ...(availableMemory === undefined ? {} : { availableMemory }),
  };
}

/** Of the missions whose agents belong to this host. */
function observeMissions(host: Host, { missions, elsewhere }: Fleet): Observation['missions'] {
  const away = new Set(elsewhere.map(({ name }) => name));
  const here = missions.filter(({ agent }) => !away.has(agent));
  return new Map(here.map(({ id, project }) => [id, observeMission(host, project)]));
}

/**
 * tmux sometimes misses the signal that tells of a child's end and shows a dead pane without a cause; sent to it once more, it
 * looks again. Only then is the server asked a second time.
 */
export async function withExitStatus(
  host: Host,
  fleet: Pick<Fleet, 'name' | 'tmux'>,
  seen: Source<TmuxSeen>,
): Promise<Source<TmuxSeen>> {
  if (!seen.known || seen.value.server === undefined) return seen;
  const unclear = seen.value.sessions.some(
    ({ owner, pane }) =>
      owner?.fleet === fleet.name &&
      pane?.dead === true &&
      pane.status === undefined &&
      pane.signal === undefined,
  );
  const { pid } = seen.value.server;
  const startTime = unclear ? host.processes.startTime(pid) : undefined;
  if (startTime === undefined || !host.processes.signal(pid, startTime, 'SIGCHLD')) return seen;
  return observeTmux(host, fleet.tmux.socketName);
}

async function observeScreens(
  host: Host,
  fleet: Fleet,
  tmux: Source<TmuxSeen>,
  state: Source<FleetState>,
  which: 'dead' | 'all',
): Promise<Map<string, string>> {
  if (!tmux.known || !state.known) return new Map();
  const { agents } = state.value;
  const panes = tmux.value.sessions.flatMap(({ owner, pane, name }) => {
    if (owner?.fleet !== fleet.name || pane === undefined) return [];
    const unrecorded = pane.dead && pane.status !== 0 && agents[name]?.run !== undefined;
    return which === 'all' || unrecorded ? [pane.id] : [];
  });
  return captureScreens(host, fleet.tmux.socketName, panes, which === 'dead' ? LAST_WORDS : 0);
}

function readSecrets(host: Host, fleet: Fleet): Map<string, Source<Record<string, string>>> {
  const files = new Set(fleet.agents.flatMap(({ envFile }) => envFile ?? []));
  return new Map([...files].map((path) => [path, readEnvFile(host, path)]));
}

function readEnvFile(host: Host, path: string): Source<Record<string, string>> {
  try {
    const text = host.files.read(path);
    if (text === undefined)
      return unknown(`${path} is not there`, 'Make it, readable by you alone (mode 0600).');
    const { values, problems } = parseEnvFile(text);
    const first = problems[0];
    if (first === undefined) return known(values);
    return unknown(`${path}:${first.range?.line ?? 1}: ${first.message}`, first.fix);
  } catch (error) {
    return unknown((error as Error).message);
  }
}

async function lookIntoWork(
  host: Host,
  fleet: Fleet,
  repositories: Map<string, Source<WorktreeSeen[]>>,
  { work = 'gone', formulas = false }: ObserveOptions,
): Promise<void> {
  const kept = new Set(fleet.agents.flatMap(({ name, renamedFrom }) => [name, renamedFrom ?? name]));
  const trees = [...repositories.values()].flatMap((source) => (source.known ? source.value : []));
  const asked = trees.filter(
    ({ owner, prunable }) =>
      owner?.fleet === fleet.name &&
      !prunable &&
      (work === 'all' ||
        (!kept.has(owner.agent) && (formulas || formulaOfSession(owner.agent) === undefined))),
  );
  await fewAtATime(asked, 4, async (tree) => {
    tree.work = await inspectWork(host, tree.path);
  });
}
