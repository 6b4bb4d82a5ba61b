/** Types a mission's prompt to an agent of the fleet that runs already. */
import { quoted } from '../../base/text.ts';
import { asOperationError } from '../../apply/errors.ts';
import { paste } from '../../apply/paste.ts';
import { beginSession } from '../../coord/begin.ts';
import { circumstancesOf, workplaceOf } from '../../coord/circumstances.ts';
import { endSession } from '../../coord/end.ts';
import { MissionError } from '../../coord/error.ts';
import { joinSession } from '../../coord/join.ts';
import { nextSession } from '../../coord/next-session.ts';
import { put } from '../../coord/write.ts';
import { sessionTexts } from '../../coord/texts.ts';
import { promptKind } from '../../mission/turn.ts';
import type { Agent, Fleet } from '../../model/fleet.ts';
import type { PaneSeen, SessionSeen, TmuxServer } from '../../model/observation.ts';
import { runKey } from '../../model/state.ts';
import { captureScreens, observeTmux } from '../../observe/tmux.ts';
import { takesPrompts } from '../../render/mission.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { requireFleet } from '../fleet-file.ts';
import type { FoundMission } from './project.ts';
import { textsOf } from './texts.ts';

const PATIENCE_MS = 30_000;
const POLL_MS = 250;

export interface SendWish {
  agent: string;
  task?: string;
  runtime?: string;
  file?: string;
}

export interface Sent {
  agent: string;
  prompt: string;
  /** Absent: it works on the mission already, and no session was begun. */
  session?: string;
}

interface Recipient {
  agent: Agent;
  fleet: Fleet;
  session: SessionSeen;
  pane: PaneSeen;
  server: TmuxServer;
}

/**
 * Types the prompt to the agent, and begins a session of it where it has none. Throws CommandError or MissionError, with nothing
 * typed, where the agent does not run, is not ours, is not ready or takes no prompts, and where another session is at work.
 */
export async function sendTo(context: CommandContext, found: FoundMission, wish: SendWish): Promise<Sent> {
  const { host } = context;
  const { seen, record, project } = found;
  const { fleet } = await requireFleet(context, wish.file === undefined ? {} : { file: wish.file });
  const agent = fleet.agents.find(({ name }) => name === wish.agent);
  if (agent === undefined) throw refused(`there is no agent ${quoted(wish.agent)} in ${fleet.file}`);
  requireTyping(found, fleet, agent);
  const recipient = await recipientOf(context, fleet, agent);
  const isAtWork = seen.lock.kind === 'live' && seen.lock.lock.pid === recipient.pane.pid;
  if (!isAtWork) nextSession({ ...seen, record });
  await untilReady(context, recipient);
  const runtime = wish.runtime ?? agent.runtime;
  if (isAtWork) {
    const task = seen.tasks.known ? seen.tasks.value?.find(({ id }) => id === wish.task) : undefined;
    const { prompt, capsule } = await textsOf(host, found, {
      kind: 'continue',
      runtime,
      ...(task === undefined ? {} : { task }),
    });
    put(host.files, seen.places.capsule, capsule);
    await type(context, recipient, prompt);
    return { agent: agent.name, prompt };
  }
  const circumstances = await circumstancesOf(host, seen, promptKind(record), workplaceOf(host, seen));
  const begun = await beginSession(host, project, {
    runtime,
    agent: agent.name,
    ...(wish.task === undefined ? {} : { taskId: wish.task }),
    launcher: true,
    now: host.clock.now(),
    texts: (input) => sessionTexts(circumstances, input),
  });
  const { sessionId } = begun;
  try {
    await type(context, recipient, begun.prompt);
  } catch (error) {
    await endSession(host, project, { sessionId, reason: 'unknown', at: host.clock.now() });
    throw error;
  }
  const run = runKey(recipient.server, recipient.session.id);
  await joinSession(host, project, { sessionId, pid: recipient.pane.pid, run });
  return { agent: agent.name, prompt: begun.prompt, session: sessionId };
}

/** A shell would run the lines of a prompt as commands; without `ready`, they might go anywhere. */
function requireTyping({ where }: FoundMission, { runtimes }: Fleet, agent: Agent): void {
  if (takesPrompts(agent, runtimes[agent.runtime])) return;
  const why =
    agent.runtime === 'shell'
      ? `the agent ${agent.name} is of the runtime shell, which would run a prompt that is typed to it`
      : `the runtime ${agent.runtime} of the agent ${agent.name} has no ready pattern, so that nobody knows when it takes input`;
  throw new MissionError('conflict', `${why}; nothing was typed`, {
    fix: `Give it a runtime with a ready pattern, or paste the prompt yourself: mosaic coord continue${where}`,
  });
}

async function recipientOf({ host }: CommandContext, fleet: Fleet, agent: Agent): Promise<Recipient> {
  const seen = await observeTmux(host, fleet.tmux.socketName);
  if (!seen.known) throw new CommandError(seen.why, EXIT.unavailable, { fix: seen.fix });
  const { server, sessions } = seen.value;
  const named = sessions.find(({ name }) => name === agent.name);
  const apply = `Start it: mosaic apply --agent ${agent.name}`;
  if (named === undefined || server === undefined)
    throw refused(`the agent ${agent.name} does not run`, apply);
  if (named.owner?.fleet !== fleet.name)
    throw refused(
      `the session ${agent.name} is not of the fleet ${fleet.name}: nothing is typed there`,
      `Take it over: mosaic apply --adopt ${agent.name}`,
    );
  if (named.pane === undefined || named.pane.dead) throw refused(`the agent ${agent.name} is dead`, apply);
  return { agent, fleet, session: named, pane: named.pane, server };
}

/** What is typed into a program that starts up, or asks something, would be lost or taken for an answer. */
async function untilReady(
  { host, signal }: CommandContext,
  { agent, fleet, pane }: Recipient,
): Promise<void> {
  const ready = new RegExp(fleet.runtimes[agent.runtime]?.ready ?? '', 'm');
  const until = host.clock.now() + PATIENCE_MS;
  for (;;) {
    const screens = await captureScreens(host, fleet.tmux.socketName, [pane.id]);
    if (ready.test(screens.get(pane.id) ?? '')) return;
    if (signal.aborted) throw new CommandError('interrupted; nothing was typed', EXIT.interrupted);
    if (host.clock.now() >= until)
      throw refused(
        `the agent ${agent.name} did not show that it takes input within ${PATIENCE_MS / 1000} s; nothing was typed`,
        `Look at it: tmux -L ${fleet.tmux.socketName} attach -t ${agent.name}`,
      );
    await host.clock.sleep(POLL_MS, signal);
  }
}

const TYPED = 'mosaic-typed';

async function type({ host }: CommandContext, recipient: Recipient, text: string): Promise<void> {
  const { agent, fleet, session, pane, server } = recipient;
  const owner = session.owner === undefined ? {} : { owner: session.owner };
  let printed: string;
  try {
    printed = await paste(host, fleet.tmux.socketName, {
      agent: agent.name,
      text,
      target: { session: session.id, server, ...owner },
      pane: pane.id,
      first: [`display-message -p ${TYPED}`],
    });
  } catch (error) {
    const failure = asOperationError(error);
    if (failure === undefined) throw error;
    throw refused(failure.message);
  }
  if (!printed.includes(TYPED))
    throw refused(`the session of ${agent.name} ended meanwhile; nothing was typed`);
}

const refused = (message: string, fix?: string): CommandError =>
  new CommandError(message, EXIT.failed, { fix });
