import type { Runtime } from '../../model/fleet.ts';

/*
 * What Claude Code shows, as seen with 2.1.329 at 200x50 and 80x24. A conversation may hold the very words that the program
 * says itself; but what it prints of a conversation is indented or stands behind a sign, and its editor is the last thing on
 * the screen. So each pattern reaches from what it looks for to the editor, and from there to the screen's end.
 */
const RULE = '─{3}';
/** Two rules with the text between them, "❯" before it or "!" for a shell line; then hints and menus. */
const EDITOR = `^${RULE}.*\\n[❯!](?:\\s.*)?\\n(?:(?!${RULE}).*\\n)*?${RULE}.*(?:\\n(?!${RULE}).*)*(?![\\s\\S])`;
/** Lines that are neither a message nor an answer. */
const BETWEEN = `(?:(?![❯●⏺]|${RULE}).*\\n)*`;

export const claude: Runtime = {
  command: ['claude'],
  // The other word is its alias.
  resetCommand: '/clear',
  newCommand: '/new',
  resume: ['--continue'],
  unattended: ['--dangerously-skip-permissions'],
  install: 'npm install --global @anthropic-ai/claude-code',
  ready: EDITOR,
  // "✶ Wibbling…", "✢ Sautéing… (4s · ↓ 5 tokens)", "✻ 529 Overloaded · retrying in 2s · attempt 3/10", with advice below it;
  // done, it is "✻ Baked for 2s · done 3:57 AM". "esc to interrupt" below the editor goes while there is a draft.
  busy: [
    `^[·✢✳✶✻✽*] .*(?:…|retrying in ).*\\n(?:(?: {2}.*)?\\n)*${EDITOR}`,
    `^${RULE}.*\\n(?!${RULE}).*\\besc to interrupt\\b(?:.*\\n(?!${RULE}))*.*(?![\\s\\S])`,
  ].join('|'),
  // Below the waiting messages: "  ⎿  Queued · ctrl+x ctrl+s to send now".
  queued: `^ {2}⎿ {2}Queued · .*\\n${BETWEEN}${EDITOR}`,
  // No editor, and a marked choice or the way out: " ❯ 1. Yes" … " Esc to cancel · Tab to amend"; "  ❯ Yes, set auto mode …" without any
  // hint; "  ↓ to navigate · ↑ to switch tabs · Esc to clear". What is pasted there is lost or searched for, and Enter answers.
  dialog: `(?<![\\s\\S])(?![\\s\\S]*${EDITOR})[\\s\\S]*(?:^${RULE}.*\\n(?:(?!${RULE}).*\\n)*? +❯ \\S(?:(?!\\n${RULE})[\\s\\S])*(?![\\s\\S])|\\b[Ee]sc to \\w.*(?![\\s\\S]))`,
  // "[Pasted text #1 +40 lines]" stands for a paste of several lines, and "!" for itself. A hint ("Press up to edit queued
  // messages") is faint.
  draft: `^${RULE}.*\\n(?:❯|(?=!))((?:\\s.*|!.*)?(?:\\n(?!${RULE}).*)*)\\n${RULE}.*(?:\\n(?!${RULE}).*)*(?![\\s\\S])`,
  // The head of the screen, perhaps news, perhaps the command that emptied it, and the editor.
  fresh: `Claude Code v\\d.*\\n${BETWEEN}(?:❯ /(?:clear|new|reset)\\b.*\\n${BETWEEN})?${EDITOR}`,
  // "You've hit your limit · resets 7pm (UTC)", "You've hit your session limit · resets 8:30pm (Asia/Tokyo)",
  // "Claude usage limit reached. Your limit will reset at 1pm (Etc/GMT+5)", the latter after a "⎿":
  // https://github.com/anthropics/claude-code/issues/54698, /74079, /15064
  limit:
    "^[\\s⎿●■]*(?:You['’]ve hit your (?:\\S+ )?limit|Claude (?:AI )?usage limit reached)(?:[^❯]{0,120}?\\bresets? (?:at )?([^\\n.]{1,60}))?",
};
