/** Says something to a run's program: types it once, and sees that it is taken. */
import { withoutControls } from '../message/clean.ts';
import { isShell } from '../message/shell.ts';
import { takesPrompts } from '../render/mission.ts';
import { inTurn } from '../transport/tmux/send.ts';
import { lookTogether } from '../transport/tmux/sight.ts';
import type { Delivered } from '../transport/tmux/deliver.ts';
import { TransportError } from '../transport/transport.ts';
import type { RunContext } from './context.ts';
import type { RunSession } from './session.ts';

const RETRIES = 3;
/** How long a program may take until it takes its prompt. */
const READY_MS = 60_000;

/**
 * Types nothing into a shell, which would run it, nor into a program that nobody knows to take input. What became of it is told, never thrown.
 * @param options.first it is the prompt: what stands over a program that starts is waited for to go, for a minute
 */
export async function tell(
  context: RunContext,
  { name, runtime, command }: RunSession,
  text: string,
  { first = false }: { first?: boolean } = {},
): Promise<Delivered> {
  const { host, fleet, places, signal } = context;
  const addressee = { name, runtime, command: [...command] };
  if (isShell(addressee) || !takesPrompts(addressee, fleet.runtimes[runtime])) {
    return {
      result: 'failed',
      detail: `nobody knows that a program of the runtime ${runtime} takes input: nothing was typed`,
    };
  }
  const local = { host, fleet, places, look: lookTogether(host, fleet.tmux.socketName), signal };
  const typed = withoutControls(text).text.replace(/\n+$/, '');
  const wait = first ? { wait: 'idle' as const, waitMs: READY_MS } : { waitMs: READY_MS };
  try {
    const delivered = await inTurn(local, addressee, typed, { ...wait, retries: RETRIES, force: false });
    // What would help an agent that does not run is of no help here.
    return delivered.result === 'absent'
      ? { result: 'absent', detail: 'its program has ended; nothing was typed' }
      : delivered;
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return { result: 'failed', detail: error.message };
  }
}
