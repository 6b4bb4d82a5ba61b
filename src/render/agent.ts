/** The tmux file that starts one agent. */
import type { Agent, Fleet } from '../model/fleet.ts';
import type { RenderContext } from './artefacts.ts';
import { unitNames } from './unit-names.ts';
import { definitionOf } from './definition.ts';
import { header, notice } from './header.ts';
import { formatMark, MARK } from './mark.ts';
import { launched, OWN_PATH } from './launcher.ts';
import { missionOfAgent } from './mission.ts';
import { tmuxPlain, tmuxWord } from './quote.ts';
import { secretsLine } from './secrets.ts';

/**
 * One tmux command list, so that the first failure ends it: a session of this name that exists already is neither marked
 * nor touched. The program is started as an argument list: a shell that stands before it reads none of its words.
 */
export function agentText(fleet: Fleet, agent: Agent, context: RenderContext): string {
  const secrets = agent.envFile === undefined ? {} : (context.secrets.get(agent.envFile) ?? {});
  const mission = missionOfAgent(fleet, agent);
  const environment = {
    ...withOwnPath({ ...agent.env, ...secrets }),
    // The command finds the fleet by it, also from inside an agent.
    MOSAIC_FLEET: fleet.file,
    MOSAIC_FLEET_NAME: fleet.name,
    MOSAIC_AGENT: agent.name,
    ...mission?.environment,
  };
  const target = tmuxWord(`=${agent.name}:`);
  const workplace = context.workplaces.get(agent.name) ?? agent.workingDirectory;
  const definition = context.definitions.get(agent.name)?.hash ?? definitionOf(agent, secrets).hash;
  const scope = context.supervisor === 'systemd' ? scopeOf(fleet, agent) : [];
  const conversation = context.conversations.get(agent.name);
  const program = launched({
    command: agent.command,
    ownPath: OWN_PATH in environment,
    ...(mission?.substitutes === true ? { promptFile: mission.promptFile } : {}),
    ...(conversation === undefined ? {} : { conversation }),
    led: scope.length > 0,
  });
  const command = [...scope, ...program];
  const mark = formatMark(
    { fleet: fleet.name, agent: agent.name },
    { definition, supervisor: context.supervisor, born: agent.name },
    '#{pane_id}',
    agent.kickstart !== undefined || mission?.types === true,
  );
  const names = Object.keys(withOwnPath(secrets)).sort();
  const lines = [
    header(fleet.name),
    notice,
    ...(names.length === 0 ? [] : [secretsLine(names)]),
    `new-session -d -s ${tmuxWord(agent.name)} -x 200 -y 50 -c ${tmuxWord(tmuxPlain(workplace))} \\`,
    ...Object.entries(environment)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `  -e ${tmuxWord(`${name}=${value}`)} \\`),
    `  -- ${command.map(tmuxWord).join(' ')} ; \\`,
    `set-option -F -t ${target} ${MARK} ${tmuxWord(mark)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function withOwnPath(environment: Readonly<Record<string, string>>): Record<string, string> {
  const { PATH, ...others } = environment;
  return PATH === undefined ? others : { ...others, [OWN_PATH]: PATH };
}

/**
 * Waits, for five seconds at most, until systemd has forgotten the scope of the run before: it refuses a new one of that name while it
 * has the file of the old one, which may be some time after all that was in it has ended.
 */
const UNTIL_FORGOTTEN = [
  'mosaic_tries=0;',
  'while [ -e "$XDG_RUNTIME_DIR/systemd/transient/$1" ] && [ "$mosaic_tries" -lt 100 ];',
  'do mosaic_tries=$((mosaic_tries + 1)); sleep 0.05; done;',
  'shift; exec "$@"',
].join(' ');

/** Moves the program into a scope of its own, keeping its pid (systemd-run(1), --scope). */
function scopeOf(fleet: Fleet, agent: Agent): string[] {
  const { memoryMax, cpuWeight, tasksMax } = agent.resources;
  const { scope } = unitNames(fleet.systemd.unitPrefix);
  const properties = [
    'TimeoutStopSec=10s',
    ...(memoryMax === undefined ? [] : [`MemoryMax=${memoryMax}`]),
    ...(cpuWeight === undefined ? [] : [`CPUWeight=${cpuWeight}`]),
    ...(tasksMax === undefined ? [] : [`TasksMax=${tasksMax}`]),
  ];
  return [
    'sh',
    '-c',
    UNTIL_FORGOTTEN,
    'sh',
    scope(agent.name),
    'systemd-run',
    '--user',
    '--scope',
    '--collect',
    '--quiet',
    `--unit=${scope(agent.name)}`,
    ...properties.flatMap((property) => ['-p', property]),
    '--',
  ];
}
