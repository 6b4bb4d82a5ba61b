/** An apply as it goes: one line that is redrawn on a terminal, a line for each thing that matters elsewhere. */
import { defined } from './defined.ts';
import type { ApplyEvent, Outcome } from '../model/outcome.ts';
import type { Action, Plan } from '../model/plan.ts';
import type { Ended } from '../model/state.ts';
import { applySummary } from './apply-summary.ts';
import { elapsed } from './format.ts';
import { phraseOf } from './outcomes.ts';
import { paint } from './style.ts';
import type { Terminal } from './terminal.ts';
import { cut } from './text.ts';
import { visible } from '../base/visible.ts';

export interface ProgressOptions {
  plan: Plan;
  /** Milliseconds on a clock that does not jump, or any. */
  now: () => number;
  /** Also a line for every file and lock. */
  verbose?: boolean;
  /** Leave out the closing summary: the caller prints another form of it. */
  quiet?: boolean;
  /** Agents that something was asked for, and only now. */
  asked?: ReadonlySet<string>;
}

export interface Progress {
  /** Takes one event; on a terminal it may redraw the live line. */
  event(event: ApplyEvent): void;
  /** Redraws the live line for its clock's sake; to be called now and then, may be called at any time. */
  tick(): void;
  /** Takes the live line away; to be called when no `end` is to come. */
  close(): void;
}

const redrawMs = 80;

/** Progress goes to standard error, the summary to standard output. */
export function createProgress(terminal: Terminal, options: ProgressOptions): Progress {
  const { plan, now } = options;
  const startedAt = now();
  const live = liveLine(terminal);
  let starts = 0;
  let started = 0;
  let current: readonly Action[] = [];
  let left: readonly Action[] | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;

  const draw = (): void => {
    drawnAt = now();
    live.draw(liveText(current, { started, starts, ms: drawnAt - startedAt }));
  };
  const drawUnlessJustNow = (): void => {
    if (current.length > 0 && now() - drawnAt >= redrawMs) draw();
  };
  const say = (line: string): void => live.above(`${line}\n`);

  return {
    event(event) {
      switch (event.type) {
        case 'begin':
          starts = event.starts;
          return;
        case 'working':
          current = event.actions;
          drawUnlessJustNow();
          return;
        case 'outcome': {
          const { action } = event.outcome;
          current = current.filter(({ id }) => id !== action.id);
          if (action.kind === 'start-session') started++;
          const line = outcomeLine(event.outcome, plan, terminal, options.verbose === true);
          if (line !== undefined) say(line);
          drawUnlessJustNow();
          return;
        }
        case 'retry':
          say(`retrying ${visible(event.what)} (attempt ${event.attempt}): ${visible(event.why)}`);
          return;
        case 'advice':
          say(`${event.agents.map(visible).join(', ')} could go on with a mission:`);
          for (const line of event.lines) say(`  ${line}`);
          return;
        case 'interrupted':
          ({ left } = event);
          return;
        case 'end': {
          live.clear();
          const { outcomes, durationMs } = event;
          if (options.quiet === true) return;
          const { asked } = options;
          const result = defined({ plan, outcomes, durationMs, asked, left });
          terminal.out(applySummary(result, terminal.color));
          return;
        }
      }
    },
    tick: drawUnlessJustNow,
    close: () => live.clear(),
  };
}

/** The line at the cursor, on a terminal; without one, drawing does nothing. */
function liveLine(terminal: Terminal): {
  draw(text: string): void;
  clear(): void;
  above(text: string): void;
} {
  let shown = '';
  // A line as wide as the terminal would leave the cursor on the next one.
  const width = terminal.columns - 1;
  const clear = (): void => {
    if (shown !== '') terminal.err('\r\u001b[2K');
    shown = '';
  };
  const draw = (text: string): void => {
    if (!terminal.interactive) return;
    shown = cut(text, width);
    terminal.err(`\r\u001b[2K${shown}`);
  };
  return {
    draw,
    clear,
    above(text) {
      const under = shown;
      clear();
      terminal.err(text);
      if (under !== '') draw(under);
    },
  };
}

const liveVerbs: Partial<Record<Action['kind'], string>> = {
  'make-worktree': 'making worktrees of',
  'remove-worktree': 'removing worktrees of',
  'stop-session': 'stopping',
  'start-session': 'starting',
  'adopt-session': 'adopting',
  'rename-session': 'renaming',
  'record-end': 'recording the end of',
  kickstart: 'kickstarting',
};

function liveText(
  actions: readonly Action[],
  { started, starts, ms }: { started: number; starts: number; ms: number },
): string {
  const tail = `${starts === 0 ? '' : `${started} of ${starts} started, `}${elapsed(ms)}`;
  const [first] = actions;
  const verb = first === undefined ? undefined : liveVerbs[first.kind];
  const names = actions.flatMap((action) => ('agent' in action ? [visible(action.agent)] : []));
  const what = verb === undefined || names.length === 0 ? 'preparing' : `${verb} ${names.join(', ')}`;
  // Numbers first: names are what may be cut.
  return `[${tail}] ${what}`;
}

/** The line for an outcome; undefined for one that nobody needs to read. */
function outcomeLine(outcome: Outcome, plan: Plan, terminal: Terminal, verbose: boolean): string | undefined {
  const { action, result, detail } = outcome;
  const color = terminal.color && terminal.interactive;
  const remark = detail === undefined ? '' : `: ${visible(detail)}`;
  const phrase = visible(phraseOf(action));
  if (result === 'skipped') return verbose ? `skipped: ${phrase}${remark}` : undefined;
  // On a terminal the summary that follows tells of it, with its output.
  if (result === 'failed')
    return terminal.interactive && !verbose
      ? undefined
      : `${paint('failed', 'red', color)} to ${phrase}${remark}`;
  const news = newsOf(action, plan);
  if (news === undefined) return verbose ? `done: ${phrase}${remark}` : undefined;
  if (terminal.interactive && !verbose && !news.lasting) return undefined;
  return `${paint(news.word, news.bad === true ? 'red' : 'green', color)} ${visible(news.what)}${remark}`;
}

interface News {
  word: string;
  what: string;
  bad?: boolean;
  /** Worth a line that stays, also on a terminal. */
  lasting?: boolean;
}

function newsOf(action: Action, plan: Plan): News | undefined {
  switch (action.kind) {
    case 'start-session': {
      const change = plan.verdicts.find(({ agent }) => agent === action.agent)?.change;
      return { word: change === 'restart' ? 'restarted' : 'started', what: action.agent };
    }
    case 'stop-session':
      // The other half of a restart is its start; remains are not worth a line.
      return action.because === 'stop' ? { word: 'stopped', what: action.agent } : undefined;
    case 'record-end':
      return endOf(action.agent, action.ended, action.worktree ? action.workplace : undefined);
    case 'adopt-session':
      return { word: 'adopted', what: action.agent };
    case 'rename-session':
      return {
        word: 'renamed',
        what: action.from === undefined ? `back to ${action.agent}` : `${action.from} to ${action.agent}`,
      };
    case 'make-mission':
      return { word: 'made', what: `the files of the mission ${action.mission}`, lasting: true };
    case 'end-mission-session':
      return {
        word: 'ended',
        what: `${action.mission} ${action.session}: ${action.because}`,
        bad: action.because === 'crashed',
        lasting: true,
      };
    case 'block-task':
      return { word: 'blocked', what: `${action.mission} ${action.task}`, bad: true, lasting: true };
    case 'begin-mission-session':
      return { word: 'began', what: action.mission, lasting: true };
    case 'make-worktree':
      return { word: 'made worktree', what: action.path };
    case 'remove-worktree':
      return { word: 'removed worktree', what: action.path, lasting: true };
    case 'start-holder':
      return { word: 'started', what: 'the holder' };
    case 'stop-holder':
      return { word: 'stopped', what: 'the holder' };
    case 'start-timer':
      return { word: action.restart ? 'restarted' : 'started', what: `the timer of ${action.formula}` };
    case 'stop-timer':
      return { word: 'stopped', what: `the timer of ${action.formula}` };
    case 'write-file':
    case 'remove-file':
    case 'reload-units':
    case 'mark-worktree':
    case 'change-mission':
    case 'join-mission-session':
    case 'write-lock':
    case 'forget':
    case 'kickstart':
    case 'suspend':
    case 'resume':
    case 'set-hook':
    case 'mark-revision':
      return undefined;
  }
}

function endOf(agent: string, { cause, status, signal }: Ended, worktree: string | undefined): News {
  const how =
    signal === undefined ? (status === undefined ? '' : ` with status ${status}`) : ` by signal ${signal}`;
  const kept = worktree === undefined ? '' : `, worktree kept: ${worktree}`;
  if (cause === 'crash') return { word: 'crashed', what: `${agent}${how}${kept}`, bad: true, lasting: true };
  const words = { exit: how, reboot: ' by a reboot', outage: ' with all others', limit: ' at a usage limit' };
  return { word: 'ended', what: `${agent}${words[cause]}` };
}
