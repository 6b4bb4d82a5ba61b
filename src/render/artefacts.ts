/** What a fleet looks like on disk: every file that mosaic would have there, with its exact bytes. */
import type { Agent, Fleet, Supervisor } from '../model/fleet.ts';
import type { Places } from '../model/places.ts';
import type { Definition } from '../model/state.ts';
import { agentText } from './agent.ts';
import type { Conversation } from './conversation.ts';
import { fleetOf, header, notice } from './header.ts';
import { holderMark, MARK } from './mark.ts';
import { globLiteral, tmuxWord, unitArgument, unitWord } from './quote.ts';
import { wakeHook } from './hook.ts';
import { environmentLines, fillTemplate } from './template.ts';
import { withoutSecrets } from './secrets.ts';
import { unitNames } from './unit-names.ts';

export interface Artefact {
  kind: 'unit' | 'tmux-conf' | 'holder' | 'agent';
  /** Set for an agent's file. */
  agent?: string;
  path: string;
  mode: number;
  text: string;
  /** As it may be shown: secret values replaced. */
  shown: string;
}

/** What rendering needs to know of the host. */
export interface RenderContext {
  places: Places;
  supervisor: Supervisor;
  /** Texts of units/, by file name. */
  templates: Templates;
  /** Absolute paths for the units. */
  programs: { tmux: string; systemctl: string; touch: string };
  /** PATH that agents get under systemd, written as it stands in the holder's unit (already quoted), if it stands there. */
  path: string;
  tmuxTmpdir?: string;
  /** Secret values by env_file. */
  secrets: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** What each agent runs as, by name. */
  definitions: ReadonlyMap<string, Definition>;
  /** Where each agent works, by name. */
  workplaces: ReadonlyMap<string, string>;
  /** Of those agents that take theirs up, by name. */
  conversations: ReadonlyMap<string, Conversation>;
}

export interface Templates {
  holder: string;
  agent: string;
  wake: string;
}

export function renderFleet(fleet: Fleet, context: RenderContext): Artefact[] {
  const shared = [tmuxConf(fleet, context), holder(fleet, context)];
  const units = context.supervisor === 'systemd' ? unitFiles(fleet, context) : [];
  return [...units, ...shared, ...fleet.agents.map((agent) => renderAgent(fleet, agent, context))];
}

export function renderAgent(fleet: Fleet, agent: Agent, context: RenderContext): Artefact {
  const text = agentText(fleet, agent, context);
  return {
    kind: 'agent',
    agent: agent.name,
    path: context.places.agentFile(agent.name),
    mode: 0o600,
    text,
    shown: withoutSecrets(text),
  };
}

function plainArtefact(kind: Artefact['kind'], path: string, mode: number, text: string): Artefact {
  return { kind, path, mode, text, shown: text };
}

function tmuxConf(fleet: Fleet, context: RenderContext): Artefact {
  const lines = [
    header(fleet.name),
    notice,
    '# Read once, when the tmux server starts.',
    'set-option -s escape-time 20',
    'set-option -s set-clipboard off',
    'set-option -g base-index 0',
    'set-option -g history-limit 20000',
    'set-option -g destroy-unattached off',
    'set-option -g detach-on-destroy on',
    '# What a program printed last, and how it ended, stays to be looked at.',
    'set-option -g remain-on-exit on',
    'set-option -g allow-rename off',
    'set-option -g automatic-rename off',
    "set-option -g update-environment ''",
  ];
  const extra = fleet.tmux.extraConfig;
  if (extra !== undefined) lines.push(`source-file -q ${tmuxWord(globLiteral(extra))}`);
  return plainArtefact('tmux-conf', context.places.tmuxConf, 0o600, `${lines.join('\n')}\n`);
}

/**
 * What the holder's session runs, beside keeping the server alive: each second it has the server look which of its programs have
 * ended. Tmux 3.3a misses some, since libutempter takes its SIGCHLD while it writes utmp, and then neither shows how they ended nor
 * runs our hook. By builtins of bash alone, so that nothing is started for it; without bash it only holds.
 */
const LOOK_AGAIN =
  'exec {pipe}<> <(:); while read -rt 1 -u "$pipe"; [ $? -gt 128 ]; do kill -CHLD "$PPID"; done; exec tail -f /dev/null';
const HOLD = 'command -v bash >/dev/null && exec bash -c "$0"; exec tail -f /dev/null';

function holder(fleet: Fleet, context: RenderContext): Artefact {
  const name = fleet.tmux.holderSession;
  const target = tmuxWord(`=${name}:`);
  const program = ['sh', '-c', HOLD, LOOK_AGAIN].map(tmuxWord).join(' ');
  const text = `${header(fleet.name)}
${notice}
if-shell -F -t ${target} '#{session_id}' {} {
  new-session -d -s ${tmuxWord(name)} -n holder -c / -- ${program} ; \\
  set-option -t ${target} ${MARK} ${tmuxWord(holderMark(fleet.name, name))} ; \\
  set-option -g remain-on-exit on
}
${wakeHook(context.places.wake).set}
`;
  return plainArtefact('holder', context.places.holderFile, 0o600, text);
}

function unitFiles(fleet: Fleet, context: RenderContext): Artefact[] {
  const { places, programs, templates, tmuxTmpdir } = context;
  const values: Record<string, string> = {
    HEADER: `${header(fleet.name)}\n${notice}`,
    FLEET: fleet.name,
    PREFIX: fleet.systemd.unitPrefix,
    SOCKET: fleet.tmux.socketName,
    HOLDER: fleet.tmux.holderSession,
    ENVIRONMENT: environmentLines(
      context.path,
      tmuxTmpdir === undefined ? [] : [['TMUX_TMPDIR', tmuxTmpdir]],
    ),
    // A program itself is no argument: a dollar stays one there.
    TMUX: unitWord(programs.tmux),
    SYSTEMCTL: unitWord(programs.systemctl),
    TOUCH: unitWord(programs.touch),
    WAKE: unitArgument(places.wake),
    TMUX_CONF: unitArgument(places.tmuxConf),
    HOLDER_FILE: unitArgument(globLiteral(places.holderFile)),
    AGENT_FILE: unitArgument(`${globLiteral(places.agentFiles)}/\0`).replace('\0', '%i.tmux'),
  };
  const fill = (template: string): string => fillTemplate(template, values);
  const names = unitNames(fleet.systemd.unitPrefix);
  return [
    plainArtefact('unit', `${places.units}/${names.holder}`, 0o644, fill(templates.holder)),
    plainArtefact('unit', `${places.units}/${names.template}`, 0o644, fill(templates.agent)),
    plainArtefact('unit', `${places.units}/${names.wake}`, 0o644, fill(templates.wake)),
  ];
}

/**
 * The PATH for the holder's unit: the one that stands there, so that who runs mosaic next, from another shell or a timer,
 * changes nothing; else the given one.
 */
export function stickyPath(holderUnit: string | undefined, path: string): string {
  const standing = /^Environment=("PATH=(?:[^"\\]|\\.)*")$/m.exec(holderUnit ?? '');
  return standing?.[1] ?? unitWord(`PATH=${path}`);
}

/** Whether a text on disk is ours to overwrite. */
export const isOurs = (fleet: string, text: string): boolean => fleetOf(text) === fleet;
