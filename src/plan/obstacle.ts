/** What would keep an agent from starting: looked at before anything of it is stopped or started. */
import type { Agent } from '../model/fleet.ts';
import { unitNames } from '../render/unit-names.ts';
import type { Gathering } from './gather.ts';
import { tenantOf, type Obstacle } from './situation.ts';
import { inTheWayOf, ownWorktree, workplaceOf } from './workplace.ts';

export function obstacleOf(g: Gathering, agent: Agent): Obstacle | undefined {
  return (
    sharedObstacle(g) ??
    secretsObstacle(g, agent) ??
    kickstartObstacle(agent) ??
    workplaceObstacle(g, agent) ??
    unitObstacle(g, agent) ??
    memoryObstacle(g)
  );
}

/** Of every agent: the holder's name or a unit file that all need is taken. */
export function sharedObstacle(g: Gathering): Obstacle | undefined {
  const { holderSession } = g.fleet.tmux;
  const holder = g.sessions.byName.get(holderSession);
  if (holder !== undefined && holder.owner?.fleet !== g.fleet.name) {
    return {
      kind: 'conflict',
      reason: `the holder's session ${holderSession} is there and is not ours`,
      fix: 'Rename it, or choose another tmux.holder_session or tmux.socket_name.',
    };
  }
  const names = unitNames(g.fleet.systemd.unitPrefix);
  const shared = [
    ...(g.supervisor === 'systemd'
      ? [names.holder, names.template, names.wake].map((unit) => `${g.places.units}/${unit}`)
      : []),
    g.places.tmuxConf,
    g.places.holderFile,
  ];
  for (const path of shared) {
    const file = g.observation.files.get(path);
    if (file?.kind === 'foreign') {
      return {
        kind: 'conflict',
        reason: `${path} is there and is not ours: ${file.why}`,
        fix: 'Move it away, or choose another systemd.unit_prefix or fleet name.',
      };
    }
  }
  return undefined;
}

/** Of an agent whose definition cannot be told, and whose file cannot be written, without its secrets. */
export function secretsObstacle(g: Gathering, agent: Agent): Obstacle | undefined {
  if (agent.envFile === undefined) return undefined;
  const secrets = g.observation.secrets.get(agent.envFile);
  if (secrets?.known === true) return undefined;
  return {
    kind: 'conflict',
    reason: `its env_file cannot be used: ${secrets?.why ?? agent.envFile}`,
    ...(secrets?.fix === undefined ? {} : { fix: secrets.fix }),
  };
}

function kickstartObstacle({ kickstartTrouble }: Agent): Obstacle | undefined {
  if (kickstartTrouble === undefined) return undefined;
  return { kind: 'conflict', reason: `its kickstart_template cannot be used: ${kickstartTrouble}` };
}

function workplaceObstacle(g: Gathering, agent: Agent): Obstacle | undefined {
  const path = workplaceOf(g.fleet.name, agent, g.observation, g.places);
  const seen = g.observation.folders.get(path);
  if (agent.worktree === undefined) {
    if (seen === 'folder') return undefined;
    return {
      kind: 'conflict',
      reason: `its working directory ${path} is ${folderInWords[seen ?? 'absent']}`,
      fix: 'Make the folder, or mend working_directory.',
    };
  }
  const repository = g.observation.repositories.get(agent.worktree.repository);
  if (repository?.known !== true) {
    return {
      kind: 'unknown',
      reason: `its repository could not be looked at: ${repository?.why ?? agent.worktree.repository}`,
      ...(repository?.fix === undefined ? {} : { fix: repository.fix }),
    };
  }
  if (ownWorktree(g.fleet.name, agent, g.observation)?.path === path) return undefined;
  const inTheWay = inTheWayOf(g, agent.worktree, path).filter((tree) => !g.leaving.has(tree.path));
  const there = inTheWay.find((tree) => tree.path === path);
  // One that an interrupted apply began for this very agent is finished by the next.
  const begun = there?.unfinished;
  if (begun?.fleet === g.fleet.name && begun.agent === agent.name) return undefined;
  if (there !== undefined && !there.prunable && there.owner === undefined) {
    return {
      kind: 'conflict',
      reason: `${path} is a worktree that mosaic did not make`,
      fix: 'Choose another worktree.path, or use it as working_directory instead.',
    };
  }
  if (there?.owner !== undefined) {
    return {
      kind: 'conflict',
      reason: `${path} is the worktree of ${there.owner.fleet}/${there.owner.agent}`,
    };
  }
  const elsewhere = inTheWay.find((tree) => tree.path !== path);
  if (elsewhere === undefined) return undefined;
  const of = elsewhere.owner === undefined ? '' : `, the worktree of ${elsewhere.owner.agent}`;
  return {
    kind: 'conflict',
    reason: `its branch ${agent.worktree.branch} is checked out in ${elsewhere.path}${of}`,
    fix: 'Check out another branch there, remove that worktree, or choose another worktree.branch.',
  };
}

/** An agent that was renamed lives on in the unit of its first name, which cannot be started a second time. */
function unitObstacle(g: Gathering, { name, renamedFrom }: Agent): Obstacle | undefined {
  if (g.supervisor !== 'systemd') return undefined;
  const tenant = tenantOf(g.tmux.sessions, g.fleet.name, name, [name, renamedFrom]);
  if (tenant === undefined) return undefined;
  return {
    kind: 'hold',
    reason: `its unit name is still used by ${tenant}, which was renamed from it`,
    fix: `mosaic apply --restart ${tenant} frees it.`,
  };
}

const folderInWords = {
  folder: 'there',
  absent: 'not there',
  'not-a-folder': 'not a folder',
  unreadable: 'not readable',
};

function memoryObstacle(g: Gathering): Obstacle | undefined {
  const least = g.fleet.reconcile.minAvailableMemory;
  const { availableMemory } = g.observation;
  if (least === undefined || availableMemory === undefined || availableMemory >= least) return undefined;
  const mib = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;
  return {
    kind: 'hold',
    reason: `only ${mib(availableMemory)} of memory is available (reconcile.min_available_memory: ${mib(least)})`,
  };
}
