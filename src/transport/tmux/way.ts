/** The way to one running program, and what is seen of it. */
import type { Host } from '../../host/host.ts';
import { appearanceOf } from '../../message/appearance.ts';
import type { Runtime } from '../../model/fleet.ts';
import type { Appearance } from '../../model/messaging.ts';
import type { PaneLook } from '../../observe/pane-looks.ts';
import type { LookAt } from './sight.ts';
import type { Recipient } from './target.ts';

export interface Way {
  host: Host;
  socket: string;
  look: LookAt;
  /** What its screen is read by. */
  runtime: Runtime | undefined;
  recipient: Recipient;
}

export interface Seen {
  look: PaneLook;
  appearance: Appearance;
}

/** Undefined: that program is not there any more. Throws TransportError where tmux does not answer. */
export async function lookAtProgram({ look, runtime, recipient }: Way): Promise<Seen | undefined> {
  const seen = await look(recipient.pane.id);
  if (seen === undefined || seen.dead || seen.pid !== recipient.pane.pid) return undefined;
  return { look: seen, appearance: appearanceOf(runtime, seen) };
}

/** Looks again and again: what `tell` gives, `gone` when that program is not there any more, `late` when the time is up. */
export async function watch<T>(
  way: Way,
  { patienceMs, pollMs }: { patienceMs: number; pollMs: number },
  tell: (now: Seen) => T | undefined,
): Promise<T | 'gone' | 'late'> {
  const { clock } = way.host;
  const until = clock.now() + patienceMs;
  for (;;) {
    const now = await lookAtProgram(way);
    if (now === undefined) return 'gone';
    const told = tell(now);
    if (told !== undefined) return told;
    if (clock.now() >= until) return 'late';
    await clock.sleep(pollMs);
  }
}
