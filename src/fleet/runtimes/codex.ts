import type { Runtime } from '../../model/fleet.ts';

/*
 * What Codex shows, as seen with 0.169.0 at 200x50 and 80x24. Its editor is the last line that begins with "›" (or with "!", for a
 * shell line) and what follows; answers are indented behind their first line.
 */
const REST = '(?:\\n(?![›!] ).*)*(?![\\s\\S])';
const EDITOR = `^[›!] .*${REST}`;
/** Lines that are neither a message, an answer, nor the outcome of something. */
const BETWEEN = '(?:\\n(?![›!•◦■✔✗] ).*)*';
/** What a list of choices or a question ends with. */
const HINT = ' *(?:Press enter to |enter \\w+(?: ·| {2,}))';

export const codex: Runtime = {
  // Its background server would outlive the session together with whatever tool it runs.
  command: ['codex', '--no-daemon'],
  // While it is busy: "'/new' is disabled while a task is in progress." "/clear" does the same.
  resetCommand: '/new',
  resume: ['resume', '--last'],
  unattended: ['--dangerously-bypass-approvals-and-sandbox'],
  install: 'npm install --global @openai/codex',
  // A choice is marked with the same sign, and a hint ends the screen.
  ready: `^[›!] .*(?:\\n(?![›!] |${HINT}).*)*(?![\\s\\S])`,
  // "• Working (3s • esc to interrupt)", and below it only messages that wait. Absent while an answer streams.
  busy: `^[•◦] \\S.* \\(\\d.* • esc to interrupt\\).*${BETWEEN}(?:\\n• (?:Messages to be submitted|Queued follow-up).*${BETWEEN})*\\n${EDITOR}`,
  // "⠋ work": a spinner before the folder's name.
  busyTitle: '^[⠁-⣿] ',
  // Enter queues while a tool runs, else it interrupts the answer; Tab queues always.
  queued: `^• (?:Messages to be submitted |Queued follow-up inputs).*${BETWEEN}(?:\\n• Queued follow-up.*${BETWEEN})?\\n${EDITOR}`,
  // "  Press enter to confirm or esc to cancel", "  enter select · esc back", " enter resume   ^a archive   esc exit", "  Press enter to
  // continue": in the last lines, with no editor below.
  dialog: `^${HINT}.*(?:\\n(?![›!] ).*)?(?![\\s\\S])`,
  // "[ ! ] Action Required | work"; it blinks with "[ . ]".
  dialogTitle: '^\\[ . \\] Action Required',
  // Up to the lines below the editor, which may be missing on a small screen. "[Pasted Content 200000 chars]" stands for a long
  // paste, "!" for itself. The hint "Ask Codex to do anything" is faint.
  draft: `^(?:› |(?=! ))(.*(?:\\n(?![›!] ).*)*?)(?:\\n[ \\t]*\\n {2}\\S.*(?:\\n {2}.*){0,2})?(?![\\s\\S])`,
  // The head of the screen and the editor.
  fresh: `>_ OpenAI Codex \\(v.*${BETWEEN}\\n${EDITOR}`,
  // "■ You've hit your usage limit. Upgrade to Pro (…) or try again in 5 days 22 hours 11 minutes.", later versions
  // "… or try again at Jul 5th, 2026 8:19 PM.": https://github.com/openai/codex/issues/3899, /26668
  limit: "^■ You['’]ve hit your usage limit(?:[^■›]{0,400}?[Tt]ry again (?:at|in) ([^.■›]{1,60}))?",
};
