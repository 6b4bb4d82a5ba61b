/** Stand-in agents: a program that behaves in a terminal as claude, codex and pi do, and as badly as a test wants. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { World } from '../world.ts';

const program = fileURLToPath(new URL('agent.mjs', import.meta.url));

/** What is not given is as it is with a program that behaves well. Times in milliseconds, chances from 0 to 1. */
export interface StandInOptions {
  /** On the alternate screen; or else at the end of what scrolls. */
  alternate?: boolean;
  /** Until it reads its terminal; what is typed before lies in the terminal's own buffer. */
  startMs?: number;
  /** How long it works on a message; meanwhile it queues others. */
  busyMs?: number;
  /** Works until this is false. */
  busy?: boolean;
  /** That it works is told by the pane's title alone. */
  busyByTitle?: boolean;
  /** Asks for permission, and Enter gives it. */
  dialog?: boolean;
  /** A message with this in it leads to such a question. */
  askOn?: string;
  /** What it does with /clear and /new while it works. */
  resetWhileBusy?: 'queued' | 'refused';
  /** Longer pastes are one word in the editor: `[Pasted text #1 +40 lines]`. */
  collapseLines?: number;
  collapseChars?: number;
  /** Reads so many bytes at once, each so long after the one before; 0: as they come. */
  readBytes?: number;
  readEveryMs?: number;
  /** A paste is in the editor only so long after it came; Enter in between is `earlyEnter`. */
  pasteTakesMs?: number;
  /** For so long after a paste, Enter is `earlyEnter`. */
  enterGuardMs?: number;
  earlyEnter?: 'newline' | 'lost';
  /** The first Enters on each draft do nothing. */
  swallowFirst?: number;
  /** The chance of each Enter on a draft to do nothing. */
  swallow?: number;
  /** A paste has it ask for permission at once. */
  dialogOnPaste?: boolean;
  /** Its screen is blank for so long before each drawing. */
  flickerMs?: number;
  /** The chances that it ends, or begins anew within its process and loses what it had. */
  crash?: {
    /** As a paste begins. */
    paste?: number;
    /** As a paste ended, before it is in the editor. */
    pasted?: number;
    /** In place of what Enter does. */
    enter?: number;
    /** As a message is in its log, before anything of it is shown. */
    taken?: number;
    /** `laterMs` after it took a message. */
    later?: number;
  };
  laterMs?: number;
  crashHow?: 'exit' | 'reload' | 'any';
  refuseContinue?: boolean;
  seed?: number;
}

/** One line of its log. */
export interface StandInRecord {
  /**
   * - start, ready, end, crash: of the program
   * - taken: a message is in its conversation or its queue
   * - approved, denied: its question was answered
   * - command: a line that it took for a command of its own, or of a shell
   * - completed: it took Enter for the choice of a file
   * - cleared, refused: what became of /clear and /new
   */
  what:
    | 'start'
    | 'ready'
    | 'end'
    | 'crash'
    | 'taken'
    | 'approved'
    | 'denied'
    | 'command'
    | 'completed'
    | 'cleared'
    | 'refused';
  at: number;
  pid: number;
  text?: string;
  /** The bytes, where they are not valid UTF-8. */
  base64?: string;
  queued?: boolean;
  /** So many newlines at the text's end are Enters that came too early. */
  newlines?: number;
  args?: string[];
  when?: string;
  how?: 'exit' | 'reload';
}

export interface StandIns {
  /** Their runtime, as a fleet file has it. */
  runtime: Record<string, unknown>;
  /** How an agent behaves from now on; `alternate` and `startMs` from its next start. */
  behave(agent: string, options: StandInOptions): void;
  records(agent: string): StandInRecord[];
  /** What it took, each without the newlines that early Enters left at its end. */
  taken(agent: string): string[];
  /** How many bytes have come from its terminal. */
  bytesRead(agent: string): number;
  /** Waits until its program reads its terminal, `times` times over. */
  ready(agent: string, times?: number): Promise<void>;
}

/** @param folder where they keep options and logs; one for each agent below it */
export function standInsOf(world: World, folder = world.path('stand-ins')): StandIns {
  const path = (agent: string, name: string): string => `${folder}/${agent}/${name}`;
  const records = (agent: string): StandInRecord[] => {
    const file = path(agent, 'log.jsonl');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as StandInRecord);
  };
  return {
    runtime: {
      command: [program, folder],
      reset_command: '/clear',
      new_command: '/new',
      resume: ['--continue'],
      ready: '^─{10,} *\\n> ',
      busy: '\\(\\d+s · esc to interrupt\\) *$',
      busy_title: '^⠙ ',
      queued: '^Queued: ',
      dialog: '^Enter to confirm · Esc to cancel *$',
      draft: '^─{10,} *\\n> ([\\s\\S]*?)\\n─{10,} *$',
      fresh: '^Nothing said yet\\. *\\n─{10,} *$',
    },
    behave(agent, options) {
      const file = path(agent, 'options.json');
      mkdirSync(`${folder}/${agent}`, { recursive: true });
      // Moved into place: it never reads half of it.
      writeFileSync(`${file}.new`, JSON.stringify(options));
      renameSync(`${file}.new`, file);
    },
    records,
    taken: (agent) =>
      records(agent).flatMap(({ what, text = '', newlines = 0 }) =>
        what === 'taken' ? [newlines === 0 ? text : text.slice(0, -newlines)] : [],
      ),
    bytesRead: (agent) => {
      const file = path(agent, 'input.bin');
      return existsSync(file) ? readFileSync(file).length : 0;
    },
    async ready(agent, times = 1) {
      await world.until(
        `${agent} is ready`,
        () => records(agent).filter(({ what }) => what === 'ready').length >= times,
      );
    },
  };
}
