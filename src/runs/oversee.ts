/**
 * Sees to a run while its program lives: one loop that waits for its phase file, for answers, for the end of its program, for moments,
 * and for us to be stopped. What follows is decided in `formula/ends.ts`; here it is carried out.
 */
import {
  answered,
  atLook,
  atPhase,
  atTime,
  informed,
  nextMoment,
  stirred,
  type End,
  type Standing,
} from '../formula/ends.ts';
import { outcomeMessage, replyMessage } from '../formula/messages.ts';
import { unknownPhase } from '../formula/phase.ts';
import { HostError } from '../host/host.ts';
import type { Formula, FormulaPlaces, PhaseNote, RunPlaces } from '../model/formula.ts';
import { failureOf, lastLines } from './commands.ts';
import type { RunContext } from './context.ts';
import { createBell } from './oversee-bell.ts';
import { createCommands } from './oversee-commands.ts';
import { createEyes } from './oversee-eyes.ts';
import { createTeller, hasArrived } from './oversee-tell.ts';
import type { PhaseEvent, PhaseWatch } from './phase-file.ts';
import type { Report } from './progress.ts';
import { markTold, takeReplies, waitingReplies } from './replies.ts';
import type { RunLog } from './run-log.ts';
import type { Mask } from './secrets.ts';
import type { RunSession } from './session.ts';
import type { Sight } from './sight.ts';
import { tell } from './tell.ts';

export interface Oversight {
  context: RunContext;
  formula: Formula;
  places: { own: FormulaPlaces; run: RunPlaces };
  log: RunLog;
  session: RunSession;
  phases: PhaseWatch;
  standing: Standing;
  /** To be typed; absent: its program has it already. */
  prompt?: string;
  /** Its program takes what is typed. */
  takesInput: boolean;
  workplace: string;
  /** Of the formula's own commands. */
  environment: Readonly<Record<string, string>>;
  mask: Mask;
  report: Report;
  /** Its program has its prompt. */
  begun: () => void;
}

export interface Overseen {
  /** `crashed`: whether it is started again is the caller's to say. */
  end: End;
  standing: Standing;
  /** Resolves when nothing is typed any more, and no command runs; soon after its session has ended. */
  settled: () => Promise<void>;
}

/** Between two looks at the files, also where the system does not watch them. */
const POLL_MS = 500;
const INTERRUPTED: End = { reason: 'interrupted', detail: 'mosaic was told to stop' };

export async function oversee(wish: Oversight): Promise<Overseen> {
  const { context, formula, places, log, phases, takesInput, mask, report } = wish;
  const { host, signal } = context;
  const { clock, files } = host;
  const bell = createBell(host, [context.places.wake], signal);
  const stop = new AbortController();
  const teller = createTeller(host, {
    type: (text, options) => tell({ ...context, signal: stop.signal }, wish.session, text, options),
    mask,
    report,
    pauseMs: formula.lookEveryMs,
    ring: bell.ring,
  });
  const { workplace: cwd, environment } = wish;
  const commands = createCommands(host, formula.commands, { cwd, environment, mask }, bell.ring);
  const eyes = createEyes(context, wish.session, formula, bell.ring);
  const trouble = onceEach((message) => report({ type: 'trouble', message: mask(message) }));
  let { standing } = wish;

  const say = (what: 'outcome' | 'phases', text: string): void => {
    if (takesInput) teller.say({ what, text });
  };

  const act = (event: PhaseEvent, now: number): End | undefined => {
    if (event.kind === 'trouble') trouble(event.why);
    else if (event.kind === 'unknown') {
      const note: PhaseNote = { phase: mask(event.word), at: now, unknown: true };
      log.note(note);
      report({ type: 'phase', note });
      say('phases', unknownPhase(event.word));
      standing = stirred(standing, now);
    } else if (event.kind === 'reason') {
      const note = lastNote();
      if (note?.phase === event.phase) explain(note, mask(event.reason));
    } else {
      const { phase } = event;
      const reason = event.reason === undefined ? undefined : mask(event.reason);
      const note: PhaseNote = { phase, at: now, ...(reason === undefined ? {} : { detail: reason }) };
      log.note(note);
      report({ type: 'phase', note });
      const said = { phase, ...(reason === undefined ? {} : { reason }) };
      const result = atPhase(formula, standing, said, now);
      if ('end' in result) return result.end;
      ({ standing } = result);
      if (phase === 'escalate') commands.notify(reason ?? '');
      else if (commands.await(phase, Math.max(1, standing.deadline - now)))
        report({ type: 'command', state: 'begin', phase, detail: '' });
    }
    return undefined;
  };
  const lastNote = (): PhaseNote | undefined => log.record.phases.at(-1);
  const explain = (note: PhaseNote, detail: string): void => {
    log.change(() => {
      note.detail = detail;
    });
    report({ type: 'phase', note });
  };
  const addToQuestion = (what: string): void => {
    const note = log.record.phases.findLast(({ phase }) => phase === 'escalate');
    if (note === undefined) return;
    log.change(() => {
      note.detail = note.detail === undefined ? what : `${note.detail} (${what})`;
    });
  };

  /** When a text that is still being written is to be read again. */
  let readAgainAt = Number.POSITIVE_INFINITY;
  const read = (now: number, final: boolean): End | undefined => {
    const { events, againAt } = phases.take(now, final);
    readAgainAt = againAt ?? Number.POSITIVE_INFINITY;
    for (const event of events) {
      const end = act(event, now);
      if (end !== undefined) return end;
    }
    return undefined;
  };
  phases.listen(() => bell.ring());

  const takeAnswers = (now: number): void => {
    try {
      if (!takesInput || waitingReplies(files, places.own).length === 0) return;
      for (const reply of takeReplies(files, places.own, places.run)) {
        const escalated = standing.escalatedUntil !== undefined;
        report({ type: 'reply', text: mask(reply.text) });
        teller.say({ what: 'reply', text: replyMessage(reply.text, { escalated }), reply });
      }
      standing = stirred(standing, now);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      trouble(error.message);
    }
  };

  const takeWords = (now: number): End | undefined => {
    for (const { telling, delivered } of teller.turn(now)) {
      standing = informed(standing, now);
      if (delivered.result === 'absent') eyes.hurry();
      else if (telling.what === 'prompt') {
        if (!hasArrived(delivered))
          return {
            reason: 'not-started',
            detail: mask(`its prompt could not be typed: ${delivered.detail}`),
          };
        wish.begun();
      } else if (telling.reply !== undefined && hasArrived(delivered)) {
        standing = answered(standing, now);
        markQuietly(telling.reply);
      }
    }
    return undefined;
  };
  const takeLast = (): void => {
    for (const { telling, delivered } of teller.results()) {
      if (!hasArrived(delivered)) continue;
      if (telling.what === 'prompt') wish.begun();
      else if (telling.reply !== undefined) markQuietly(telling.reply);
    }
  };
  const markQuietly = (reply: Parameters<typeof markTold>[2][number]): void => {
    try {
      markTold(files, places.run, [reply]);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      trouble(error.message);
    }
  };

  const takeOutcomes = (now: number): void => {
    for (const { phase, end } of commands.turn()) {
      if (phase === 'escalate' && !end.ok) {
        const detail = failureOf(end);
        addToQuestion(`nobody was told: the command for that ${detail}`);
        report({ type: 'unheard', detail });
        continue;
      }
      report({ type: 'command', state: 'end', phase, detail: end.how });
      if (phase === 'escalate') continue;
      standing = stirred(standing, now);
      const note = log.record.phases.findLast((one) => one.phase === phase);
      if (note !== undefined) {
        log.change(() => {
          note.detail = [note.detail, `its command ${end.how}`].filter(Boolean).join('; ');
        });
      }
      say('outcome', outcomeMessage(phase, end.how, lastLines(end)));
    }
  };

  const judge = ({ sight, at }: { sight: Sight; at: number }, now: number): End | undefined => {
    if (sight.kind === 'unknown') trouble(`its session cannot be looked at: ${sight.why}`);
    // It may have said that it is done with its last breath.
    const last = sight.kind === 'gone' || sight.kind === 'ended' ? read(now, true) : undefined;
    if (last !== undefined) return last;
    const moment = { now, lookedAt: at, awaits: commands.awaits(), tells: teller.pending() };
    const result = atLook(formula, standing, sight, moment);
    ({ standing } = result);
    if (result.goesOn === true) {
      addToQuestion('answered at its terminal');
      report({ type: 'goes-on' });
    }
    return result.end;
  };

  const turn = (): End | undefined => {
    const now = clock.now();
    const said = read(now, false);
    if (said !== undefined) return said;
    if (signal.aborted) return INTERRUPTED;
    takeAnswers(now);
    const told = takeWords(now);
    if (told !== undefined) return told;
    takeOutcomes(now);
    const seen = eyes.take();
    const shown = seen === undefined ? undefined : judge(seen, now);
    if (shown !== undefined) return shown;
    const late = atTime(formula, standing, now);
    if (late === undefined) eyes.turn(now, nextMoment(formula, standing, commands.awaits()).look);
    return late;
  };

  if (wish.prompt !== undefined) teller.say({ what: 'prompt', text: wish.prompt });
  const settle = async ({ reason }: End): Promise<void> => {
    await Promise.all([teller.settled(), commands.close(), eyes.settled()]);
    // It has acted on what reached it, also where that shows only now. What a program got that crashed, nobody has acted on.
    if (reason !== 'crashed') takeLast();
  };
  try {
    for (;;) {
      const end = turn();
      if (end !== undefined) return { end, standing, settled: () => settle(end) };
      const now = clock.now();
      const moment = nextMoment(formula, standing, commands.awaits());
      const due = Math.min(readAgainAt, moment.end, teller.dueAt(), eyes.dueAt(moment.look));
      await bell.wait(Math.max(1, Math.min(POLL_MS, due - now)));
    }
  } finally {
    stop.abort();
    phases.listen(() => {});
    bell.close();
  }
}

/** Says each trouble when it is another than the last one. */
function onceEach(say: (message: string) => void): (message: string) => void {
  let last: string | undefined;
  return (message) => {
    if (message !== last) say(message);
    last = message;
  };
}
