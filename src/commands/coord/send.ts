/** Types a mission's prompt to an agent of the fleet that runs already. */
import { quoted } from '../../base/text.ts';
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
import type { AgentStatus } from '../../model/messaging.ts';
import { takesPrompts } from '../../render/mission.ts';
import type { Transport } from '../../transport/transport.ts';
import { openWay } from '../agent/way.ts';
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
  const transport = openWay(context, fleet);
  const { program } = (await transport.status([agent.name]))[0] ?? {};
  const isAtWork = seen.lock.kind === 'live' && seen.lock.lock.pid === program?.pid;
  if (!isAtWork) nextSession({ ...seen, record });
  const { pid, run } = await whenReady(context, transport, fleet, agent.name);
  const runtime = wish.runtime ?? agent.runtime;
  if (isAtWork) {
    const task = seen.tasks.known ? seen.tasks.value?.find(({ id }) => id === wish.task) : undefined;
    const { prompt, capsule } = await textsOf(host, found, {
      kind: 'continue',
      runtime,
      ...(task === undefined ? {} : { task }),
    });
    put(host.files, seen.places.capsule, capsule);
    await say(transport, agent.name, prompt);
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
    await say(transport, agent.name, begun.prompt);
  } catch (error) {
    await endSession(host, project, { sessionId, reason: 'unknown', at: host.clock.now() });
    throw error;
  }
  await joinSession(host, project, { sessionId, pid, run });
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

/** What is typed into a program that starts up, or asks something, would be lost or taken for an answer. */
async function whenReady(
  { host, signal }: CommandContext,
  transport: Transport,
  { name: fleet }: Fleet,
  agent: string,
): Promise<Process> {
  const until = host.clock.now() + PATIENCE_MS;
  for (;;) {
    const [status] = await transport.status([agent]);
    if (status?.presence !== 'live' || status.program === undefined)
      throw refused(notLive(fleet, agent, status?.presence), startIt(agent));
    const { activity, draft = '' } = status;
    if (draft !== '')
      throw refused(`somebody has left a draft in the editor of ${agent}; nothing was typed`, lookAt(agent));
    if (activity !== 'starting' && activity !== 'dialog') return status.program;
    if (signal.aborted) throw new CommandError('interrupted; nothing was typed', EXIT.interrupted);
    if (host.clock.now() >= until) {
      const why =
        activity === 'dialog'
          ? `the agent ${agent} asks something; nothing was typed`
          : `the agent ${agent} did not show that it takes input within ${PATIENCE_MS / 1000} s; nothing was typed`;
      throw refused(why, lookAt(agent));
    }
    await host.clock.sleep(POLL_MS, signal);
  }
}

interface Process {
  pid: number;
  run: string;
}

const notLive = (fleet: string, agent: string, presence: AgentStatus['presence'] | undefined): string =>
  presence === 'foreign'
    ? `the session ${agent} is not of the fleet ${fleet}: nothing is typed there`
    : presence === 'dead'
      ? `the agent ${agent} is dead`
      : `the agent ${agent} does not run`;

const startIt = (agent: string): string =>
  `Start it: mosaic apply --agent ${agent} (a foreign session: --adopt ${agent})`;
const lookAt = (agent: string): string => `Look at it: mosaic agent attach ${agent}`;

/** Throws CommandError where it was not typed; where nobody can tell whether it was taken, it may have been. */
async function say(transport: Transport, agent: string, text: string): Promise<void> {
  const { result, detail, fix } = await transport.send(agent, { text }, { retries: 3, force: false });
  if (result === 'sent' || result === 'queued' || result === 'unverified') return;
  throw refused(`${agent}: ${detail ?? result}`, fix);
}

const refused = (message: string, fix?: string): CommandError =>
  new CommandError(message, EXIT.failed, { fix });
