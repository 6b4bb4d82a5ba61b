/** Types a message into a running program, and watches that it is taken: once, whole, and into no question. */
import {
  isDraftOf,
  isShown,
  sightOf,
  takenAs,
  traceOf,
  type Sight,
  type Trace,
} from '../../message/evidence.ts';
import type { Delivery } from '../../model/messaging.ts';
import type { PaneLook } from '../../observe/pane-looks.ts';
import { markSession, pasteText, pressEnter } from './typing.ts';
import { lookAtProgram, watch, type Seen, type Way } from './way.ts';

export interface DeliverOptions {
  retries: number;
  /** Send along a draft that stands there. */
  force: boolean;
  /** It stands in the editor already: only Enter is missing. */
  isTyped?: boolean;
  /** tmux commands that are done together with the paste, and with the first Enter. */
  marks?: { typed: string; entered: string };
}

/** What became of it; in words, where that needs some. */
export type Delivered = Pick<Delivery, 'result' | 'detail' | 'fix' | 'inTheWay'>;

const POLL_MS = 100;
/** Between a paste and its Enter, at least. */
const PAUSE_MS = 200;
/** How long a program may take to show a paste, to take an Enter, and to show that it has taken a message. */
const PATIENCE_MS = { paste: 5_000, enter: 2_000, taken: 5_000 };
const BYTES_PER_MS = 20;

/** Types the text now. Throws TransportError where tmux does not answer. */
export async function deliver(way: Way, text: string, options: DeliverOptions): Promise<Delivered> {
  const { host, socket, recipient, runtime } = way;
  const trace = traceOf(text);
  const first = await sight(way, trace);
  if (first === undefined) return gone;
  const extraMs = Math.ceil(text.length / BYTES_PER_MS);
  const { draft = '', fresh } = first.appearance;
  if (options.isTyped === true && !(draft === '' && fresh === true)) {
    if (draft === '') return wasEntered(way, options);
    // What stands in the editor is no trace of a message that was taken.
    const before = { ...first, traces: { head: 0, tail: 0 } };
    if (first.appearance.activity !== 'dialog' && isDraftOf(trace, draft))
      return submit(way, { ...options, trace, first: before, extraMs });
  }
  const obstacle = obstacleOf(first, options, recipient.agent.name);
  if (obstacle !== undefined) return obstacle;
  if (runtime?.draft === undefined) return unwatched(way, text, first, options);
  const mark = options.marks === undefined ? {} : { first: [options.marks.typed] };
  if (!(await pasteText(host, socket, recipient, text, mark))) return gone;
  await untilShown(way, trace, draft, extraMs);
  return submit(way, { ...options, trace, first, extraMs });
}

/** It was typed by somebody who did not live to press Enter, and stands there no more: somebody else has. */
async function wasEntered({ host, socket, recipient }: Way, { marks }: DeliverOptions): Promise<Delivered> {
  if (marks !== undefined) await markSession(host, socket, recipient, marks.entered);
  return { result: 'unverified', detail: 'it was typed before, and has left the editor since' };
}

interface Watched extends Sight {
  look: PaneLook;
}

/** Undefined: that program is not there any more. */
async function sight(way: Way, trace: Trace): Promise<Watched | undefined> {
  const seen = await lookAtProgram(way);
  return seen === undefined ? undefined : watched(way, trace, seen);
}

const watched = ({ runtime }: Way, trace: Trace, { look, appearance }: Seen): Watched => ({
  ...sightOf(appearance, look.text, trace, runtime?.queued),
  look,
});

/** What keeps a message from being typed at this moment. */
export function obstacleOf(
  { appearance, look }: Seen,
  { force }: Pick<DeliverOptions, 'force'>,
  agent: string,
): Delivered | undefined {
  if (appearance.activity === 'dialog') {
    return {
      result: 'dialog',
      detail: 'it asks something, and Enter would answer that; nothing was typed',
      fix: `Answer it (mosaic agent attach ${agent}), or wait for it to go with --wait idle.`,
      ...(appearance.dialog === undefined ? {} : { inTheWay: appearance.dialog }),
    };
  }
  const { draft = '' } = appearance;
  if (draft !== '' && !force) {
    return {
      result: 'draft',
      detail: 'somebody has left a draft in its editor; nothing was typed',
      fix: `Look at it (mosaic agent attach ${agent}), or send it along with --force.`,
      inTheWay: draft.split('\n'),
    };
  }
  if (look.synchronized)
    return {
      result: 'failed',
      detail: 'what is typed to it goes to other panes too (synchronize-panes); nothing was typed',
    };
  if (look.inputOff)
    return { result: 'failed', detail: 'its pane takes no keys (select-pane -d); nothing was typed' };
  return undefined;
}

const watchFor = <T>(
  way: Way,
  trace: Trace,
  patienceMs: number,
  tell: (now: Watched) => T | undefined,
): Promise<T | 'gone' | 'late'> =>
  watch(way, { patienceMs, pollMs: POLL_MS }, (seen) => tell(watched(way, trace, seen)));

/** Waits until the whole paste stands in the editor, and no longer than a program may take: Enter comes after it in any case. */
async function untilShown(way: Way, trace: Trace, before: string, extraMs: number): Promise<void> {
  await way.host.clock.sleep(PAUSE_MS);
  let last: string | undefined;
  await watchFor(way, trace, PATIENCE_MS.paste + extraMs, ({ appearance: { draft } }) => {
    // A long one may come in pieces.
    const isWhole = draft !== undefined && draft !== before && draft === last && isDraftOf(trace, draft);
    last = draft;
    return isWhole ? true : undefined;
  });
}

interface Submission extends DeliverOptions {
  trace: Trace;
  first: Sight;
  extraMs: number;
}

/** Presses Enter until the draft is gone, and tells what became of it. */
async function submit(way: Way, wish: Submission): Promise<Delivered> {
  const { host, socket, recipient } = way;
  const { trace, first, extraMs } = wish;
  let before = first;
  const taken = (now: Watched): Delivered | undefined => {
    const { draft, activity } = now.appearance;
    if (activity === 'dialog') return isShown(before, now) ? { result: 'sent' } : undefined;
    const result = hasLeft(draft) ? takenAs(before, now) : undefined;
    return result === undefined ? undefined : { result };
  };
  // What a person types meanwhile is no business of ours.
  const hasLeft = (draft: string | undefined): boolean =>
    draft === '' || (draft !== undefined && !isDraftOf(trace, draft));
  for (let entered = 0; ; entered++) {
    // A question may have come up over the editor: Enter would answer it.
    const free = await watchFor(way, trace, PATIENCE_MS.taken, (now) =>
      now.appearance.activity === 'dialog' ? undefined : now,
    );
    if (free === 'gone') return entered === 0 ? lost : endedMeanwhile;
    if (free === 'late') return entered === 0 ? underDialog : notShown;
    const { draft } = free.appearance;
    if (entered > 0 && hasLeft(draft)) return waitForProof(way, trace, taken);
    if (draft !== '' && hasLeft(draft)) return mixed(draft ?? '');
    if (entered > wish.retries) return stillDraft(entered);
    // What it was doing until now shows what it does because of the message; of the text, the editor shows enough by now.
    if (entered === 0) before = { ...free, traces: first.traces };
    const mark = entered === 0 && wish.marks !== undefined ? [wish.marks.entered] : [];
    if (!(await pressEnter(host, socket, recipient, mark))) return entered === 0 ? lost : endedMeanwhile;
    const verdict = await watchFor(
      way,
      trace,
      PATIENCE_MS.enter + extraMs,
      (now) => taken(now) ?? (hasLeft(now.appearance.draft) ? ('left' as const) : undefined),
    );
    if (verdict === 'gone') return endedMeanwhile;
    if (verdict === 'left') return waitForProof(way, trace, taken);
    if (verdict !== 'late') return verdict;
  }
}

/** It has left the editor: the program has taken it, or forgotten it. */
async function waitForProof(
  way: Way,
  trace: Trace,
  taken: (now: Watched) => Delivered | undefined,
): Promise<Delivered> {
  const verdict = await watchFor(way, trace, PATIENCE_MS.taken, taken);
  if (verdict === 'gone') return endedMeanwhile;
  return verdict === 'late' ? notShown : verdict;
}

/** Of a program whose editor nobody can read: one paste, one Enter, and whatever else shows. */
async function unwatched(
  way: Way,
  text: string,
  first: Watched,
  { marks }: DeliverOptions,
): Promise<Delivered> {
  const { host, socket, recipient, runtime } = way;
  const mark = marks === undefined ? {} : { first: [marks.entered] };
  if (!(await pasteText(host, socket, recipient, text, { ...mark, enter: true }))) return gone;
  const unknown: Delivered = {
    result: 'unverified',
    detail: `the runtime ${recipient.agent.runtime} has no pattern that tells whether it was taken`,
    fix: 'Give it "draft" and "busy" patterns in the fleet file, or take it as sent with --no-verify.',
  };
  if (runtime?.busy === undefined && runtime?.busyTitle === undefined) return unknown;
  const verdict = await watchFor(way, traceOf(text), PATIENCE_MS.taken, (now) => {
    // What it shows of the text may be its editor.
    const result = takenAs({ ...first, traces: now.traces }, now);
    return result === undefined ? undefined : { result };
  });
  return typeof verdict === 'string' ? unknown : verdict;
}

const gone: Delivered = { result: 'absent', detail: 'its program has ended; nothing was typed' };
const lost: Delivered = {
  result: 'failed',
  detail: 'its program ended while the message stood in its editor: it is lost, and was not sent',
};
const endedMeanwhile: Delivered = {
  result: 'unverified',
  detail: 'its program ended just as the message was sent',
};
const notShown: Delivered = {
  result: 'unverified',
  detail: 'it has left the editor, and nothing shows that it was taken',
};
const underDialog: Delivered = {
  result: 'unverified',
  detail: 'a question came up over the editor after the message was typed: it stands there, and is not sent',
};
const mixed = (draft: string): Delivered => ({
  result: 'unverified',
  detail: 'somebody types into its editor: the message stands there with that, and is not sent',
  inTheWay: draft.split('\n'),
});
const stillDraft = (entered: number): Delivered => ({
  result: 'unverified',
  detail: `it still stands in the editor after ${entered === 1 ? 'Enter' : `${entered} times Enter`}`,
});
