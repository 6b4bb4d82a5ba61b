/** What is set for the whole fleet in two fleet files, and what a difference comes to. */
import type { FieldChange, SettingDiff } from '../model/diff.ts';
import type { Fleet, Runtime } from '../model/fleet.ts';
import type { Side } from './compare-agents.ts';
import { changesOf, fleetFields, hostFields, runtimeFields, type Fields } from './compare-fields.ts';

/** In the order of the fleet file: the fleet's own, its runtimes, its hosts. */
export function compareSettings(before: Side, after: Side): SettingDiff[] {
  const [base, head] = [before.fleet, after.fleet];
  return [
    ...changesOf(fleetFields(base), fleetFields(head)).map((change) =>
      Object.assign(change, { reason: comesTo(change, base) }),
    ),
    ...extraConfig(before, after),
    ...runtimes(base, head),
    ...hosts(base, head),
  ];
}

function extraConfig({ extraConfig: before }: Side, { extraConfig: after }: Side): SettingDiff[] {
  if (before === undefined || after === undefined || before === after) return [];
  return [{ field: 'tmux.extra_config (its text)', before, after, reason: readAtStart }];
}

const readAtStart = 'read when the tmux server next starts';

function comesTo({ field, after }: FieldChange, { name }: Fleet): string {
  switch (field) {
    case 'name':
      return `another fleet: what runs as ${name} is left as it is; take it down first (mosaic down, with the old file)`;
    case 'tmux.socket_name':
      return 'where agents run on the old socket, apply does nothing until they are taken down (mosaic down, with the old file)';
    case 'tmux.holder_session':
      return 'the new holder session is started, the old one ended';
    case 'tmux.extra_config':
      return readAtStart;
    case 'supervisor':
      return 'for what is started from then on';
    case 'systemd.unit_prefix':
      return 'units are written under the new names; those under the old ones stay (mosaic down, with the old file, removes them)';
    case 'reconcile.prune':
      return after === true
        ? 'agents that are gone from the file are stopped'
        : 'agents that are gone from the file keep running';
    default:
      return 'from the next apply on';
  }
}

function runtimes(base: Fleet, head: Fleet): SettingDiff[] {
  return changed(base.runtimes, head.runtimes, runtimeFields).flatMap(({ name, changes }) => {
    const users = head.agents.filter(({ runtime }) => runtime === name);
    return changes.map(({ field, ...sides }) => {
      const affected = field === 'command' ? users.filter(usesCommandOf(head.runtimes[name])) : users;
      return {
        field: `runtimes.${name}.${field}`,
        ...sides,
        reason:
          affected.length === 0
            ? 'no agent uses it'
            : (runtimeReasons[field] ?? 'from the next look at a screen on'),
        agents: affected.map(({ name: agent }) => agent),
      };
    });
  });
}

const usesCommandOf =
  (runtime: Runtime | undefined) =>
  ({ command }: { command: string[] }): boolean =>
    JSON.stringify(runtime?.command) === JSON.stringify(command);

const runtimeReasons: Record<string, string> = {
  command: 'what it comes to stands with each agent',
  resume: 'at the next start of its agents',
  reset_command: 'when one of its agents is next reset',
  new_command: 'when one of its agents is next reset',
  unattended: 'for mosaic yolo alone',
  install: 'a hint for people',
};

const hosts = (base: Fleet, head: Fleet): SettingDiff[] =>
  changed(base.hosts, head.hosts, hostFields).flatMap(({ name, changes }) =>
    changes.map(({ field, ...sides }) => ({
      field: `hosts.${name}.${field}`,
      ...sides,
      reason: 'how its agents are reached from elsewhere; none is restarted for it',
    })),
  );

/** By name, what is in one of two maps alone, or in both and not the same. */
function changed<T>(
  base: Record<string, T>,
  head: Record<string, T>,
  fieldsOf: (value: T) => Fields,
): { name: string; changes: FieldChange[] }[] {
  const fields = (map: Record<string, T>, name: string): Fields => {
    const value = Object.hasOwn(map, name) ? map[name] : undefined;
    return value === undefined ? {} : fieldsOf(value);
  };
  return [...new Set([...Object.keys(head), ...Object.keys(base)])].map((name) => ({
    name,
    changes: changesOf(fields(base, name), fields(head, name)),
  }));
}
