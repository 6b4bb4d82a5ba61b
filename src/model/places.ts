/** Where a fleet's things live on a host. Pure: from the environment's words to absolute paths. */
import { join } from 'node:path';

export interface Places {
  /** The user's systemd unit files. */
  units: string;
  /** Rendered files of this fleet. */
  rendered: string;
  tmuxConf: string;
  holderFile: string;
  agentFiles: string;
  agentFile(agent: string): string;
  state: string;
  stateFile: string;
  events: string;
  /** What was in the event log before it grew too large. */
  eventsBefore: string;
  applyLock: string;
  /** A flag that the tmux server raises when an agent's program ends, for whatever waits to reconcile. */
  wake: string;
  /** Mirror, revisions and status of a followed repository. */
  gitops: string;
  /** Which repository is followed. */
  gitopsFile: string;
  locks: string;
  lock(agent: string): string;
  /** Whose turn it is to type to an agent. */
  typing: string;
  typingLock(agent: string): string;
  crashes: string;
  conversations: string;
  /** Notes which conversation the agent takes up when it is started again. */
  conversation(agent: string): string;
  worktrees: string;
  /** A folder for each formula that has run here (`model/formula.ts`). */
  formulas: string;
  /** Formulas that a timer runs on this host although no fleet file says so (`record/installed.ts`). */
  installedFormulas: string;
}

export function placesOf(
  fleet: string,
  facts: { home: string; env: Readonly<Record<string, string | undefined>> },
): Places {
  const config = absoluteOr(facts.env['XDG_CONFIG_HOME'], join(facts.home, '.config'));
  const state = join(
    absoluteOr(facts.env['XDG_STATE_HOME'], join(facts.home, '.local/state')),
    'mosaic',
    fleet,
  );
  const rendered = join(config, 'mosaic/fleet', fleet);
  const agentFiles = join(rendered, 'agents');
  const locks = join(state, 'locks');
  const conversations = join(state, 'conversations');
  return {
    units: join(config, 'systemd/user'),
    rendered,
    tmuxConf: join(rendered, 'tmux.conf'),
    holderFile: join(rendered, 'holder.tmux'),
    agentFiles,
    agentFile: (agent) => join(agentFiles, `${agent}.tmux`),
    state,
    stateFile: join(state, 'state.json'),
    events: join(state, 'events.jsonl'),
    eventsBefore: join(state, 'events.1.jsonl'),
    applyLock: join(state, 'apply.lock'),
    wake: join(state, 'wake'),
    gitops: join(state, 'gitops'),
    gitopsFile: join(rendered, 'gitops.json'),
    locks,
    lock: (agent) => join(locks, `${agent}.json`),
    typing: join(state, 'typing'),
    typingLock: (agent) => join(state, 'typing', `${agent}.lock`),
    crashes: join(state, 'crashes'),
    conversations,
    conversation: (agent) => join(conversations, agent),
    worktrees: join(state, 'worktrees'),
    formulas: join(state, 'formulas'),
    installedFormulas: join(state, 'formulas.json'),
  };
}

/** A relative or empty XDG variable counts as unset (XDG Base Directory Specification). */
export const absoluteOr = (value: string | undefined, otherwise: string): string =>
  value?.startsWith('/') === true ? value : otherwise;
