/** Observations in few words: what a planner test says of a host, turned into what `observe` would have seen. */
import { join } from 'node:path';
import type { Agent, Fleet } from '../../src/model/fleet.ts';
import type { FileSeen, Observation, SessionSeen, WorktreeSeen } from '../../src/model/observation.ts';
import { known, unknown } from '../../src/model/source.ts';
import { workplaceOf } from '../../src/plan/workplace.ts';
import { renderFleet, stickyPath } from '../../src/render/artefacts.ts';
import { conversationsOf } from '../../src/render/conversation.ts';
import { wakeHook } from '../../src/render/hook.ts';
import { unitNames } from '../../src/render/unit-names.ts';
import { header } from '../../src/render/header.ts';
import { age, agentSeen, BOOT, NOW, OTHER_SERVER, SERVER, type AgentSeen } from './seen-agent.ts';
import { formulaFiles, formulasSeen, formulaUnitsSeen, type SeenFormulas } from './seen-formula.ts';
import { missionsSeen, type MissionWords } from './seen-mission.ts';
import { placesFor, settingFor } from './setting.ts';

export { placesFor, settingFor } from './setting.ts';

export interface Seen extends SeenFormulas {
  /** By agent; `up` for one that runs as the file says and is fully accounted for. */
  agents?: Record<string, AgentSeen | 'up'>;
  /** No tmux server runs, or it could not be asked. It runs where any session does. */
  tmux?: 'no server' | 'unknown';
  /** The process of the server of `record: other server` lives; or one of its pid does. */
  silent?: 'certain' | 'uncertain';
  holder?: 'absent' | 'foreign';
  holderUnit?: 'inactive';
  /** Of the tmux server. */
  hook?: 'absent' | 'other';
  /** Whether a user manager answers; `answers` where the fleet says systemd. */
  manager?: 'answers' | 'absent' | 'unknown';
  state?: 'unknown';
  reloadPending?: boolean;
  /** How long ago the last outage was. */
  outage?: string;
  /** By short name (an agent's, or as in `fileNames`): what differs from what the fleet file asks for. */
  files?: Record<string, 'absent' | 'changed' | 'foreign' | 'ours'>;
  /** By repository. */
  worktrees?: Record<string, 'unknown' | TreeSeen[]>;
  /** By path; folders are there unless told. */
  folders?: Record<string, 'absent' | 'not-a-folder' | 'unreadable'>;
  secrets?: Record<string, 'unknown' | Record<string, string>>;
  memory?: number;
  /** By id. */
  missions?: Record<string, MissionWords>;
}

export interface TreeSeen {
  path: string;
  branch?: string;
  /** Whose mark it bears. */
  owner?: string;
  fleet?: string;
  work?: 'clean' | 'modified' | 'untracked' | 'unpushed' | 'unknown';
  prunable?: boolean;
}

/** The short names of files: `holder.service`, `wake.service`, `agent@.service`, `agent@NAME.service`, `tmux.conf`, `holder.tmux`, or an agent's. */
export function fileOf(fleet: Fleet, name: string): string {
  const places = placesFor(fleet);
  const names = unitNames(fleet.systemd.unitPrefix);
  if (name === 'tmux.conf') return places.tmuxConf;
  if (name === 'holder.tmux') return places.holderFile;
  if (name === 'holder.service') return join(places.units, names.holder);
  if (name === 'wake.service') return join(places.units, names.wake);
  if (name.startsWith('agent@')) return join(places.units, `${fleet.systemd.unitPrefix}-${name}`);
  return places.agentFile(name);
}

/** @param files taken as they are, where a caller knows them already; they are the costly part */
export function observationOf(fleet: Fleet, seen: Seen, files?: Observation['files']): Observation {
  const supervisor = supervisorOf(fleet, seen);
  const agents = Object.entries(seen.agents ?? {}).map(([name, words], index) =>
    agentSeen(fleet, name, words === 'up' ? up(supervisor) : words, {
      index,
      supervisor,
      secrets: secretsOf(fleet, name, seen),
    }),
  );
  const holder = holderSession(fleet, seen);
  const noServer = seen.tmux === 'no server';
  const sessions: SessionSeen[] = noServer
    ? []
    : [...holder, ...agents.flatMap(({ session }) => session ?? [])];
  for (const { moved } of agents) {
    if (moved !== undefined) sessions.find(({ name }) => name === moved.to)?.panes.push(moved.pane);
  }
  const units = new Map(agents.flatMap((agent) => agent.units));
  if (supervisor === 'systemd') {
    const active = seen.holderUnit === 'inactive' || noServer ? 'inactive' : 'active';
    units.set(unitNames(fleet.systemd.unitPrefix).holder, { active, sub: 'exited' });
    for (const unit of formulaUnitsSeen(fleet, seen)) units.set(unit, { active: 'active', sub: 'waiting' });
  }
  const rest: Omit<Observation, 'files'> = {
    now: NOW,
    bootId: BOOT,
    tmux:
      seen.tmux === 'unknown'
        ? unknown('tmux did not answer')
        : known({ ...(noServer ? {} : { server: SERVER, ...hooksOf(fleet, seen) }), sessions }),
    silentServers:
      seen.silent === undefined ? [] : [{ server: OTHER_SERVER, certain: seen.silent === 'certain' }],
    units:
      seen.manager === 'unknown'
        ? unknown('the user manager did not answer')
        : known(
            supervisor === 'systemd'
              ? { manager: 'answers', units }
              : { manager: 'absent', why: 'no user manager runs', units: new Map() },
          ),
    missions: missionsSeen(fleet, seen.missions, Object.keys(seen.agents ?? {})),
    formulas: formulasSeen(fleet, seen),
    locks: new Map(agents.flatMap(({ name, lock }) => (lock === undefined ? [] : [[name, lock]]))),
    repositories: repositoriesOf(fleet, seen),
    folders: new Map(
      [
        ...fleet.agents.map(({ workingDirectory }) => workingDirectory),
        ...fleet.missions.map(({ project }) => project),
      ].map((path) => [path, seen.folders?.[path] ?? 'folder']),
    ),
    secrets: new Map(
      Object.entries(seen.secrets ?? {}).map(([path, values]) => [
        path,
        values === 'unknown' ? unknown(`${path} is not there`) : known(values),
      ]),
    ),
    state:
      seen.state === 'unknown'
        ? unknown('state.json cannot be used')
        : known({
            agents: Object.fromEntries(
              agents.flatMap(({ name, record }) => (record === undefined ? [] : [[name, record]])),
            ),
            reloadPending: seen.reloadPending ?? false,
            ...(seen.outage === undefined ? {} : { outageAt: age(seen.outage, '') }),
          }),
    screens: new Map(agents.flatMap(({ screen }) => (screen === undefined ? [] : [screen]))),
    ...(seen.memory === undefined ? {} : { availableMemory: seen.memory }),
  };
  return { ...rest, files: files ?? filesOf(fleet, rest, supervisor, seen) };
}

function hooksOf(fleet: Fleet, { hook }: Seen): { hooks: string[] } {
  if (hook === 'absent') return { hooks: [] };
  return { hooks: [hook === 'other' ? 'mosaic-000000000000' : wakeHook(placesFor(fleet).wake).id] };
}

const supervisorOf = (fleet: Fleet, seen: Seen): 'systemd' | 'none' =>
  fleet.supervisor === 'none'
    ? 'none'
    : (seen.manager ?? (fleet.supervisor === 'systemd' ? 'answers' : 'absent')) === 'absent'
      ? 'none'
      : 'systemd';

const up = (supervisor: 'systemd' | 'none'): AgentSeen => ({
  session: 'live',
  record: 'run',
  lock: 'live',
  ...(supervisor === 'systemd' ? { unit: 'active', scope: 'active' } : {}),
});

function secretsOf(fleet: Fleet, name: string, seen: Seen): Record<string, string> {
  const path = fleet.agents.find((agent) => agent.name === name)?.envFile;
  const values = path === undefined ? undefined : seen.secrets?.[path];
  return values === undefined || values === 'unknown' ? {} : values;
}

function holderSession(fleet: Fleet, { holder }: Seen): SessionSeen[] {
  if (holder === 'absent') return [];
  const name = fleet.tmux.holderSession;
  const times = { createdAt: NOW, activityAt: NOW };
  const common = { id: '$0', name, ...times, attached: 0, kickstartPending: false, panes: [] };
  return [holder === 'foreign' ? common : { ...common, owner: { fleet: fleet.name, agent: name } }];
}

function repositoriesOf(fleet: Fleet, seen: Seen): Observation['repositories'] {
  const entries = Object.entries(seen.worktrees ?? {}).map(([repository, trees]) => {
    if (trees === 'unknown') return [repository, unknown('git did not answer in time')] as const;
    return [repository, known(trees.map((tree) => treeOf(fleet, tree)))] as const;
  });
  const named = fleet.agents.flatMap(({ worktree }) => worktree?.repository ?? []);
  return new Map([...named.map((path) => [path, known<WorktreeSeen[]>([])] as const), ...entries]);
}

function treeOf(fleet: Fleet, tree: TreeSeen): WorktreeSeen {
  const count = (kind: TreeSeen['work']): number => (tree.work === kind ? 1 : 0);
  return {
    path: tree.path,
    ...(tree.branch === undefined ? {} : { branch: tree.branch }),
    prunable: tree.prunable ?? false,
    locked: false,
    ...(tree.owner === undefined ? {} : { owner: { fleet: tree.fleet ?? fleet.name, agent: tree.owner } }),
    ...(tree.work === undefined
      ? {}
      : {
          work:
            tree.work === 'unknown'
              ? unknown('git failed')
              : known({
                  modified: count('modified'),
                  untracked: count('untracked'),
                  unpushed: count('unpushed'),
                }),
        }),
  };
}

/** Everything that the fleet wants stands there as it should, but for what is told. */
function filesOf(
  fleet: Fleet,
  rest: Omit<Observation, 'files'>,
  supervisor: 'systemd' | 'none',
  seen: Seen,
): Map<string, FileSeen> {
  const setting = settingFor(fleet);
  const secrets = [...rest.secrets].flatMap(([path, source]) =>
    source.known ? [[path, source.value] as const] : [],
  );
  const workplaces = new Map(
    fleet.agents.map((agent: Agent) => [agent.name, workplaceOf(fleet.name, agent, rest, setting.places)]),
  );
  const artefacts = renderFleet(fleet, {
    ...setting,
    supervisor,
    path: stickyPath(undefined, setting.path),
    secrets: new Map(secrets),
    workplaces,
    definitions: new Map(),
    conversations: conversationsOf(fleet, setting.places, workplaces),
  });
  const files = new Map<string, FileSeen>(artefacts.map(({ path, text }) => [path, { kind: 'ours', text }]));
  if (supervisor === 'systemd') for (const [path, file] of formulaFiles(fleet, seen)) files.set(path, file);
  for (const [name, what] of Object.entries(seen.files ?? {})) {
    const path = fileOf(fleet, name);
    if (what === 'absent') files.delete(path);
    else if (what === 'foreign') files.set(path, { kind: 'foreign', why: 'it was not made by mosaic' });
    else files.set(path, { kind: 'ours', text: `${header(fleet.name)}\n# ${what}\n` });
  }
  return files;
}
