/**
 * A run of a formula: a line on standard error for each thing that happens, as good in a journal as on a terminal; what it came to, for
 * people and for programs (schemas/formula-run.schema.json).
 */
import { shellLine } from '../base/shell.ts';
import { jsonText, visibleWithTabs, visible } from '../base/visible.ts';
import type { RunRecord } from '../model/formula.ts';
import type { Report, RunProgress } from '../runs/progress.ts';
import { defined } from './defined.ts';
import { endStyle, endWords, phaseWords, runJson, worktreeWords } from './formula-words.ts';
import { duration } from './format.ts';
import { paint, type Style } from './style.ts';
import type { Terminal } from './terminal.ts';

/** @param formula its name, which begins each line: several formulas may write into one journal */
export function createRunProgress(
  terminal: Pick<Terminal, 'err' | 'color' | 'interactive'>,
  { formula, now }: { formula: string; now: () => number },
): Report {
  // Nothing but text where nobody looks at it: a journal keeps what it is given.
  const color = terminal.color && terminal.interactive;
  const startedAt = now();
  return (progress) => {
    const said = wordsOf(progress);
    if (said === undefined) return;
    const since = paint(`+${duration(now() - startedAt)}`, 'dim', color);
    for (const line of said.lines) {
      const text = paint(visible(line), said.style, color);
      terminal.err(`${visible(formula)} ${since}: ${text}\n`);
    }
  };
}

interface Said {
  lines: string[];
  style?: Style;
}

/** What is said of it, each line before it is made visible; undefined: nothing. */
function wordsOf(progress: RunProgress): Said | undefined {
  switch (progress.type) {
    case 'leftover':
      return { lines: leftoverLines(progress), style: 'yellow' };
    case 'begin':
      return { lines: beginLines(progress) };
    case 'phase': {
      const { phase, detail, unknown } = progress.note;
      const more = detail === undefined || detail === '' ? '' : `: ${detail}`;
      if (unknown === true) return { lines: [`unknown phase ${phase}${more}`], style: 'yellow' };
      return {
        lines: [`phase ${phase}${more}`],
        ...(phase === 'escalate' ? { style: 'yellow' as const } : {}),
      };
    }
    case 'command': {
      const { phase, state, detail } = progress;
      const how = state === 'end' ? detail : detail === '' ? 'begins' : `begins: ${detail}`;
      return { lines: [`the command for ${phase} ${how}`] };
    }
    case 'unheard':
      return {
        lines: [`nobody was told of its question: the command for that ${progress.detail}`],
        style: 'yellow',
      };
    case 'told':
      return { lines: [toldLine(progress)] };
    case 'goes-on':
      return { lines: ['it works again: its question was answered at its terminal'] };
    case 'reply':
      return { lines: [`an answer: ${beginningOf(progress.text)}`] };
    case 'crash':
      return {
        lines: [`crashed: ${progress.detail}; started again (${progress.retry} of ${progress.of})`],
        style: 'red',
      };
    case 'trouble':
      return {
        lines: [sentence(progress.message, progress.fix), ...printed(progress.output)],
        style: 'yellow',
      };
    case 'ending':
      return { lines: [`${endWords(progress.run.reason)}: ending its session`] };
    // What they say is the result, and printed as that.
    case 'skipped':
    case 'end':
      return undefined;
  }
}

function leftoverLines({ run, replies }: Extract<RunProgress, { type: 'leftover' }>): string[] {
  const worktree = worktreeWords(run);
  const where = worktree === undefined ? '' : `; its worktree is ${worktree}`;
  const back =
    replies === 0 ? '' : `; ${replies === 1 ? 'an answer waits again' : `${replies} answers wait again`}`;
  return [`the run ${run.id}, whose mosaic had died, is brought to its end${where}${back}`];
}

function beginLines({ run, session, socket }: Extract<RunProgress, { type: 'begin' }>): string[] {
  const where = run.worktree === undefined ? '' : ` in ${run.worktree.path}`;
  const look = shellLine(['tmux', '-L', socket, 'attach-session', '-t', `=${session}`]);
  return [`the run ${run.id} begins${where}`, `look at it: ${look}`];
}

function toldLine({ what, result, detail, again }: Extract<RunProgress, { type: 'told' }>): string {
  const things = {
    prompt: 'the prompt',
    reply: 'the answer',
    outcome: 'the outcome',
    phases: 'which phases there are',
  };
  const told = again === true ? `could not yet tell ${things[what]}` : `told ${things[what]}`;
  return `${told}: ${result}${detail === undefined ? '' : ` (${detail})`}`;
}

/** Of a text that may be a whole file: the agent has all of it, and a journal needs no more than this to tell which one it was. */
function beginningOf(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= MOST_CHARACTERS) return text;
  return `${characters.slice(0, MOST_CHARACTERS).join('')}… (${characters.length.toLocaleString('en')} characters)`;
}

const MOST_CHARACTERS = 300;

/** What a program printed, a line each. */
function printed(output = ''): string[] {
  const text = output.trimEnd();
  return text === '' ? [] : text.split('\n').map((line) => `  | ${line}`);
}

const sentence = (message: string, fix: string | undefined): string =>
  fix === undefined ? message : `${message}. ${fix}`;

/** What became of what was asked for. */
export type RunResult =
  | { kind: 'ended'; run: RunRecord }
  | { kind: 'skipped'; formula: string; why: string }
  /** Of a dry run. `why`: it would be skipped. */
  | { kind: 'planned'; formula: string; prompt: string; why?: string };

/** The result on a few lines; of a dry run also the prompt, as its agent would get it, but for what a terminal would act on. */
export function runResultText(result: RunResult, color: boolean): string {
  if (result.kind === 'skipped') return `${visible(`${result.formula}: skipped: ${result.why}`)}\n`;
  if (result.kind === 'planned') {
    const { formula, why, prompt } = result;
    const head = why === undefined ? 'would run' : `would be skipped: ${why}`;
    return `${visible(`${formula}: ${head}`)}. Its agent would be told:\n\n${promptLines(prompt)}\n`;
  }
  const { run } = result;
  const { startedAt, endedAt, reason, detail, exitCode } = run;
  const after = endedAt === undefined ? '' : ` after ${duration(endedAt - startedAt)}`;
  const more = detail === undefined || detail === '' ? '' : `: ${detail}`;
  const worktree = worktreeWords(run);
  const lines = [
    ...(run.phases.length === 0
      ? []
      : [`phases: ${run.phases.map((note) => phaseWords(note, startedAt)).join(', ')}`]),
    ...(worktree === undefined ? [] : [`worktree ${worktree}`]),
    // Of a run that went well, nobody needs more than that.
    ...(exitCode === 0 ? [] : [`what is left of it: ${run.folder}`]),
  ];
  const head = paint(visible(`${run.formula}: ${endWords(reason)}${after}${more}`), endStyle(reason), color);
  return [head, ...lines.map((line) => `  ${visible(line)}`)].map((line) => `${line}\n`).join('');
}

const promptLines = (prompt: string): string => prompt.trimEnd().split('\n').map(visibleWithTabs).join('\n');

/** As indented text. */
export const runResultJsonText = (fleet: string, result: RunResult): string =>
  `${jsonText(runResultJson(fleet, result), 2)}\n`;

export function runResultJson(fleet: string, result: RunResult) {
  const base = { format_version: 1 as const, fleet };
  switch (result.kind) {
    case 'skipped':
      return { ...base, formula: result.formula, result: 'skipped' as const, skipped: result.why };
    case 'planned':
      return defined({
        ...base,
        formula: result.formula,
        result: 'planned' as const,
        skipped: result.why,
        prompt: result.prompt,
      });
    case 'ended':
      return { ...base, formula: result.run.formula, result: 'ended' as const, run: runJson(result.run) };
  }
}
