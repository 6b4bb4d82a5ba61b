/** The stand-in agent of a formula: what its lives do, and what it tells of them. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('formula-agent.mjs', import.meta.url));

/** What it does next. Of several in one step, in this order. When all are done it stays as it is. */
export interface FormulaStep {
  /** Run by sh in its folder and its environment, to the end; what it leaves in the background goes on. */
  sh?: string;
  /** Works until this file is there. */
  file?: string;
  /** Lines that it prints; `${NAME}` in them is a variable of its environment. */
  show?: string;
  /** Waits at its prompt; false: shows that it works. */
  idle?: boolean;
  /** Draws nothing any more, whatever it shows. */
  quiet?: true;
  /** Asks for permission. */
  dialog?: string;
  /** Waits at its prompt for a message with this in it. */
  heard?: string;
  exit?: number;
  /** Sends itself this one. */
  signal?: NodeJS.Signals;
}

/** One line of its log. */
export interface FormulaDeed {
  what: 'start' | 'ready' | 'taken' | 'ran' | 'did' | 'end';
  at: number;
  pid: number;
  /** start */
  cwd?: string;
  /** start: the prompt, where it was given as a word. */
  prompt?: string;
  /** start: what $MOSAIC_PROMPT_FILE held. */
  promptFile?: string;
  /** start: its variables whose names begin with MOSAIC_. */
  env?: Record<string, string>;
  /** start: SHA-256 of each variable's value. */
  digests?: Record<string, string>;
  /** taken: a message, or the prompt where it was typed. */
  text?: string;
  /** ran: what a script ended with, and what it printed. */
  code?: number | null;
  output?: string;
  step?: FormulaStep;
}

export interface FormulaAgent {
  /** Its command without a prompt. */
  readonly command: string[];
  readonly folder: string;
  deeds: (what?: FormulaDeed['what']) => FormulaDeed[];
  /** The latest start. */
  start: () => FormulaDeed;
}

/** @param lives what each start does; the last is for all that follow */
export function formulaAgent(folder: string, ...lives: FormulaStep[][]): FormulaAgent {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/lives.json`, JSON.stringify(lives));
  const deeds: FormulaAgent['deeds'] = (what) => {
    const file = `${folder}/log.jsonl`;
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    const all = lines.map((line) => JSON.parse(line) as FormulaDeed);
    return what === undefined ? all : all.filter((deed) => deed.what === what);
  };
  return {
    command: [program, folder],
    folder,
    deeds,
    start() {
      const start = deeds('start').at(-1);
      if (start === undefined) throw new Error('it has not started yet');
      return start;
    },
  };
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A step that writes the phase file as the prompt asks for it: moved into place. */
export const phase = (text: string): FormulaStep => ({
  sh: `printf '%s\\n' ${quoted(text)} >"$MOSAIC_PHASE_FILE.new" && mv "$MOSAIC_PHASE_FILE.new" "$MOSAIC_PHASE_FILE"`,
});

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
