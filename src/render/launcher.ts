/**
 * What stands before an agent's command in its pane: a POSIX shell that prepares something and becomes the program. It is given the
 * words of the command as arguments; they are never read as its language, whatever stands in them.
 */
import type { Conversation } from './conversation.ts';
import { KICKSTARTED } from './mark.ts';
import { PROMPT } from './mission.ts';

/** tmux gives every pane the PATH of its client, whatever `-e` says: an agent's own comes under another name, and is put in place. */
export const OWN_PATH = 'MOSAIC_PATH';

export interface Launch {
  command: readonly string[];
  /** There is a PATH of its own to put in place. */
  ownPath: boolean;
  /** Its text stands in place of `{prompt}`. */
  promptFile?: string;
  /** What it takes up. */
  conversation?: Conversation;
  /** Words of another program stand before it. */
  led: boolean;
}

/** The words that start an agent's program. */
export function launched({ command, ownPath, promptFile, conversation, led }: Launch): string[] {
  const parts = [
    ...(ownPath ? [SET_PATH] : []),
    ...(conversation === undefined ? [] : [TAKE_CONVERSATION]),
    ...(promptFile === undefined ? [] : [FILL_IN]),
  ];
  // tmux gives a single word to a shell, and says nothing of a program that is not there: a shell of ours names what it misses.
  if (parts.length === 0 && led) return [...command];
  const script = [...parts, conversation === undefined ? 'exec "$@"' : takeUp()].join(' ');
  const file = promptFile === undefined ? [] : [promptFile];
  if (conversation === undefined) return ['sh', '-c', script, 'sh', ...file, ...command];
  const { words, marker, key } = conversation;
  const [program = '', ...others] = command;
  return ['sh', '-c', script, 'sh', marker, key, `${words.length}`, ...file, program, ...words, ...others];
}

const SET_PATH = `PATH=$${OWN_PATH}; unset ${OWN_PATH};`;

/**
 * Puts the text of a file in place of `{prompt}`, once in each word of the command, when the program starts: prompts are many and
 * long, and the agent's file stays the same. A file that is not there stands for an empty prompt.
 */
const FILL_IN = [
  `m='${PROMPT}'; p=$(cat -- "$1" 2>/dev/null); shift; n=$#;`,
  'while [ "$n" -gt 0 ]; do a=$1; shift; n=$((n-1));',
  'case $a in *"$m"*) a=${a%%"$m"*}$p${a#*"$m"};; esac;',
  'set -- "$@" "$a"; done;',
].join(' ');

/** Takes off what stands before the command: marker, key, and the number of words that take the conversation up. */
const TAKE_CONVERSATION = 'mosaic_file=$1; mosaic_key=$2; mosaic_words=$3; shift 3;';

/** A program that ends so soon, by itself and with an error, has found nothing that it could go on with. */
const REFUSED_WITHIN_S = 15;

/** The statuses by which a shell tells that a signal ended the program: of those signals that do end one. */
const ENDED_BY_SIGNAL = '129|13?|14[0-4]|15[2-5]|15[7-9]|16?|17?|18?|19[0-2]';

/** Not the time of day where there is anything else: that may be set right just after a boot. */
const seconds = (name: string): string =>
  `{ read -r ${name} mosaic_rest </proc/uptime; } 2>/dev/null || ${name}=$(date +%s); ${name}=\${${name}%%.*};`;

/** What was typed to the program that ended was not for the one that begins: it is due again, whatever has been given (`mark.ts`). */
const FORGET_KICKSTART = `[ -z "$TMUX_PANE" ] || tmux set-option -u -t "$TMUX_PANE" ${KICKSTARTED} 2>/dev/null;`;

/**
 * Follows on a program, the words by which it takes its conversation up, and its arguments. Where nothing is noted that it could
 * take up, that is noted from now on, and the shell becomes the program without those words. Else the shell stays as the program's
 * parent, since only that can become a fresh one in the same pane when the program finds nothing to go on with.
 *
 * Both are in one process group, and the shell leads the terminal's session: keys and window sizes reach the program as ever, and when
 * the shell is ended by a signal, be it SIGKILL, the kernel hangs up on the program. The shell outlives what the keyboard sends, as
 * the program may, and ends as the program did.
 */
export const takeUp = (refusedWithinS = REFUSED_WITHIN_S): string =>
  [
    'if [ "$(cat -- "$mosaic_file" 2>/dev/null)" = "$mosaic_key" ]; then',
    'mosaic_tty=$(stty -g 2>/dev/null);',
    seconds('mosaic_since'),
    'trap : INT QUIT; (exec "$@"); mosaic_status=$?; trap - INT QUIT;',
    `case $mosaic_status in 0) exit 0;; ${ENDED_BY_SIGNAL})`,
    'ulimit -c 0; kill -"$((mosaic_status - 128))" "$$"; exit "$mosaic_status";; esac;',
    seconds('mosaic_now'),
    `[ "$((mosaic_now - mosaic_since))" -lt ${refusedWithinS} ] || exit "$mosaic_status";`,
    '[ -z "$mosaic_tty" ] || stty "$mosaic_tty";',
    String.raw`printf '\nmosaic: exit %s instead of going on with the last conversation: a new one begins.\n' "$mosaic_status";`,
    FORGET_KICKSTART,
    `else { printf '%s\\n' "$mosaic_key" >"$mosaic_file"; } 2>/dev/null; fi;`,
    'mosaic_program=$1; shift "$((mosaic_words + 1))"; exec "$mosaic_program" "$@"',
  ].join(' ');
