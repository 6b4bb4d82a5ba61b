/** The parts of a plan that belong to no agent alone: files, units, the holder, worktrees of agents that are gone. */
import type { WorkSeen } from '../model/observation.ts';
import type { Action, Hold } from '../model/plan.ts';
import type { Source } from '../model/source.ts';
import type { Artefact } from '../render/artefacts.ts';
import { wakeHook } from '../render/hook.ts';
import { unitNames } from '../render/unit-names.ts';
import { withoutSecrets } from '../render/secrets.ts';
import { isRun, type Gathering } from './gather.ts';
import { sharedObstacle } from './obstacle.ts';
import { outOfReach } from './out-of-reach.ts';

/** Writes for every artefact that differs from what stands; agents in `skip` (conflicts) are left as they are. */
export function fileActions(
  g: Gathering,
  artefacts: readonly Artefact[],
  skip: ReadonlySet<string>,
  adopted: ReadonlySet<string>,
): Action[] {
  const actions: Action[] = [];
  for (const artefact of artefacts) {
    if (artefact.agent !== undefined && skip.has(artefact.agent)) continue;
    const there = g.observation.files.get(artefact.path);
    if (there?.kind === 'ours' && there.text === artefact.text) continue;
    if (there?.kind === 'foreign' && !adopted.has(artefact.agent ?? '')) continue;
    actions.push({
      kind: 'write-file',
      id: `write-file:${artefact.path}`,
      path: artefact.path,
      mode: artefact.mode,
      content: artefact.text,
      shown: {
        ...(there?.kind === 'ours' ? { before: withoutSecrets(there.text) } : {}),
        after: artefact.shown,
      },
      reason: there?.kind === 'ours' ? 'differs from what the fleet file says' : 'is not there',
      needs: [],
    });
  }
  return actions;
}

/** Removals of unit files of others that would stand before our template, under the names of agents that are taken over. */
export function foreignUnits(g: Gathering, adopted: readonly string[]): Action[] {
  return adopted.flatMap((agent): Action[] => {
    const path = `${g.places.units}/${unitNames(g.fleet.systemd.unitPrefix).agent(agent)}`;
    if (g.supervisor !== 'systemd' || g.observation.files.get(path)?.kind !== 'foreign') return [];
    return [
      {
        kind: 'remove-file',
        id: `remove-file:${path}`,
        path,
        shown: { before: '' },
        reason: `${agent} is taken over, and this would be started in its place`,
        needs: [],
      },
    ];
  });
}

/**
 * Removals of our files that no agent of the file needs any more, each after its agent is stopped.
 * @param down where the fleet is taken down, which ends all of them: what is to be done before, beside the holder's end
 */
export function orphanFiles(
  g: Gathering,
  artefacts: readonly Artefact[],
  down?: readonly string[],
): Action[] {
  const wanted = new Set(artefacts.map(({ path }) => path));
  const actions: Action[] = [];
  for (const [path, file] of g.observation.files) {
    if (file.kind !== 'ours' || wanted.has(path)) continue;
    const agent = agentFileOf(g, path);
    // Units stay where the fleet now runs without systemd: what they started may still live in them.
    if (
      down === undefined &&
      (agent === undefined || !g.fleet.reconcile.prune || outOfReach(g, agent) !== undefined)
    )
      continue;
    actions.push({
      kind: 'remove-file',
      id: `remove-file:${path}`,
      path,
      shown: { before: withoutSecrets(file.text) },
      reason: down !== undefined ? 'the fleet is taken down' : 'its agent is gone from the fleet file',
      needs: down !== undefined ? ['stop-holder', ...down] : [`stop-session:${agent}`],
    });
  }
  return actions;
}

/** The agent whose rendered file a path is. */
const agentFileOf = (g: Gathering, path: string): string | undefined =>
  path.startsWith(`${g.places.agentFiles}/`)
    ? path.slice(g.places.agentFiles.length + 1).replace(/\.tmux$/, '')
    : undefined;

/** A reload of its own for these units: what fails of one keeps back nothing else. */
export const reload = (id: `reload-units:${string}`, files: readonly Action[]): Action[] =>
  files.length === 0
    ? []
    : [{ kind: 'reload-units', id, reason: 'unit files change', needs: files.map((file) => file.id) }];

export function reloadAction(g: Gathering, files: readonly Action[]): Action[] {
  const units = files.filter(
    (action) =>
      (action.kind === 'write-file' || action.kind === 'remove-file') &&
      action.path.startsWith(`${g.places.units}/`),
  );
  if (units.length === 0 && !(g.state.reloadPending && g.supervisor === 'systemd')) return [];
  return [
    {
      kind: 'reload-units',
      id: 'reload-units',
      reason: units.length === 0 ? 'unit files were written before' : 'unit files change',
      needs: units.map(({ id }) => id),
    },
  ];
}

/** Starts what owns the tmux server, if any agent is to run and it is not there; never another's in its place. */
export function holderActions(g: Gathering, needed: boolean, needs: string[]): Action[] {
  if (!needed || sharedObstacle(g) !== undefined) return [];
  const { holderSession } = g.fleet.tmux;
  const session = g.tmux.sessions.some(({ name }) => name === holderSession);
  const unit = g.units?.units.get(unitNames(g.fleet.systemd.unitPrefix).holder);
  const unitActive = unit?.active === 'active';
  if (session && (g.supervisor === 'none' || unitActive)) return [];
  const server = g.tmux.server !== undefined;
  const how =
    g.supervisor === 'none' || (unitActive && server) ? 'session' : unitActive ? 'restart-unit' : 'unit';
  const reason = server
    ? session
      ? 'its unit is not started'
      : `the session ${holderSession} is not there`
    : 'no tmux server runs';
  return [{ kind: 'start-holder', id: 'start-holder', how, reason, needs }];
}

/** Why the holder cannot be started, where it is asked for by itself. */
export function holderObstacle(g: Gathering): Hold[] {
  const obstacle = sharedObstacle(g);
  if (obstacle === undefined) return [];
  const { reason, fix } = obstacle;
  return [{ subject: 'holder', reason, ...(fix === undefined ? {} : { fix }) }];
}

/** A server that lost our hook, or was started without it, gets it; one that is being started has it from its holder's file. */
export function hookActions(g: Gathering, holder: readonly Action[]): Action[] {
  if (g.tmux.server === undefined || holder.length > 0) return [];
  if (g.tmux.hooks?.includes(wakeHook(g.places.wake).id) === true) return [];
  return [
    {
      kind: 'set-hook',
      id: 'set-hook',
      reason: 'the tmux server does not say when a program ends',
      needs: [],
    },
  ];
}

/** A holder that runs is never restarted: what changed of it waits. */
export function holderHolds(g: Gathering, files: readonly Action[]): Hold[] {
  if (g.tmux.server === undefined) return [];
  const names = unitNames(g.fleet.systemd.unitPrefix);
  const waiting = new Set([`${g.places.units}/${names.holder}`, g.places.tmuxConf]);
  return files.flatMap((file) =>
    file.kind === 'write-file' && waiting.has(file.path) && file.shown.before !== undefined
      ? [
          {
            subject: 'holder',
            reason: `${file.path} takes effect when the tmux server next starts: the running one is left alone`,
          },
        ]
      : [],
  );
}

/** Worktrees of agents that are gone: removed when nothing would be lost, else kept and named. */
export function worktreeLeftovers(g: Gathering): { actions: Action[]; holds: Hold[] } {
  const actions: Action[] = [];
  const holds: Hold[] = [];
  const kept = new Set([
    ...g.fleet.agents.flatMap((agent) => [agent.name, agent.renamedFrom ?? agent.name]),
    ...g.fleet.elsewhere.map(({ name }) => name),
  ]);
  for (const [repository, trees] of g.observation.repositories) {
    if (!trees.known) continue;
    for (const tree of trees.value) {
      const owner = tree.owner ?? tree.unfinished;
      if (owner?.fleet !== g.fleet.name || kept.has(owner.agent) || !g.fleet.reconcile.prune) continue;
      const { agent } = owner;
      if (isRun(g, agent)) continue;
      if (outOfReach(g, agent) !== undefined) continue;
      // Without a whole folder there is nothing to look into; the removal saves what only the registration holds.
      const whole = tree.owner !== undefined && !tree.prunable;
      const lost = whole ? wouldBeLost(tree.work) : undefined;
      if (lost === undefined) {
        actions.push({
          kind: 'remove-worktree',
          id: `remove-worktree:${tree.path}`,
          agent,
          repository,
          path: tree.path,
          reason: 'clean, pushed, and its agent is gone',
          needs: [`stop-session:${agent}`],
        });
      } else {
        holds.push({
          subject: agent,
          reason: `its worktree ${tree.path} is kept: ${lost}`,
          fix: 'mosaic worktree gc saves what is in it under a git ref, then removes it.',
          ...(tree.work?.known === false ? { unknown: true } : {}),
        });
      }
    }
  }
  return { actions, holds };
}

function wouldBeLost(work: Source<WorkSeen> | undefined): string | undefined {
  if (work === undefined) return 'nobody looked what is in it';
  if (!work.known) return work.why;
  const { modified, untracked, unpushed } = work.value;
  const parts = [
    ...(modified > 0 ? [`${modified} modified`] : []),
    ...(untracked > 0 ? [`${untracked} untracked`] : []),
    ...(unpushed > 0 ? [`${unpushed} unpushed`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}
