/** The tmux file that starts one agent. */
import type { Agent, Fleet } from '../model/fleet.ts';
import type { RenderContext } from './artefacts.ts';
import { unitNames } from './unit-names.ts';
import { definitionOf } from './definition.ts';
import { formatMark } from './mark.ts';
import { missionOfAgent } from './mission.ts';
import { scoped, sessionText } from './session.ts';

export function agentText(fleet: Fleet, agent: Agent, context: RenderContext): string {
  const secrets = agent.envFile === undefined ? {} : (context.secrets.get(agent.envFile) ?? {});
  const mission = missionOfAgent(fleet, agent);
  const { supervisor } = context;
  const definition = context.definitions.get(agent.name)?.hash ?? definitionOf(agent, secrets).hash;
  const conversation = context.conversations.get(agent.name);
  const { scope } = unitNames(fleet.systemd.unitPrefix);
  return sessionText({
    fleet: fleet.name,
    name: agent.name,
    environment: agent.env,
    secrets,
    own: {
      // The command finds the fleet by it, also from inside an agent.
      MOSAIC_FLEET: fleet.file,
      MOSAIC_FLEET_NAME: fleet.name,
      MOSAIC_AGENT: agent.name,
      ...mission?.environment,
    },
    workplace: context.workplaces.get(agent.name) ?? agent.workingDirectory,
    program: {
      command: agent.command,
      ...(mission?.substitutes === true ? { promptFile: mission.promptFile } : {}),
      ...(conversation === undefined ? {} : { conversation }),
    },
    scope: supervisor === 'systemd' ? scoped(scope(agent.name), agent.resources) : [],
    mark: formatMark(
      { fleet: fleet.name, agent: agent.name },
      { definition, supervisor, born: agent.name },
      '#{pane_id}',
      agent.kickstart !== undefined || mission?.types === true,
    ),
  });
}
