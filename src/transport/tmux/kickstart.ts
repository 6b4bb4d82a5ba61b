/** The first text of a program: typed once in the life of its session, however often mosaic is killed meanwhile. */
import { withoutControls } from '../../message/clean.ts';
import { KICKSTARTED } from '../../render/mark.ts';
import { deliver, type Delivered } from './deliver.ts';
import type { Recipient } from './target.ts';
import { markSession } from './typing.ts';
import type { Way } from './way.ts';

const RETRIES = 3;

/** As it is typed: a text from a file ends with a newline that is not meant. */
export const kickstartText = (text: string): string => withoutControls(text).text.replace(/\n+$/, '');

/**
 * The session bears from the very same tmux call that it was typed, and that Enter was pressed: who comes later finishes what is begun.
 * @param options.isTyped its session says that it was typed, and not that Enter was pressed
 */
export function giveKickstart(way: Way, text: string, { isTyped }: { isTyped: boolean }): Promise<Delivered> {
  const session = `'${way.recipient.target.session}:'`;
  const marks = {
    typed: `set-option -t ${session} ${KICKSTARTED} typed`,
    entered: `set-option -t ${session} ${KICKSTARTED} sent`,
  };
  return deliver(way, kickstartText(text), { retries: RETRIES, force: false, isTyped, marks });
}

/** A tmux command: it is to be given its kickstart again, by us or by the next reconcile. */
export const kickstartDue = ({ target }: Recipient): string =>
  `set-option -u -t '${target.session}:' ${KICKSTARTED}`;

/** Nobody gives it its kickstart any more. */
export const waiveKickstart = ({ host, socket, recipient }: Way): Promise<boolean> =>
  markSession(host, socket, recipient, `set-option -t '${recipient.target.session}:' ${KICKSTARTED} sent`);
