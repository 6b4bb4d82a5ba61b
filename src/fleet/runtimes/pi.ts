import type { Runtime } from '../../model/fleet.ts';

/*
 * What pi shows, as seen with 0.73.1 at 200x50 and 80x24. Its editor has no sign of its own: it stands between two rules, the
 * folder and the use of the context below them. A list of choices takes the editor's place between the rules.
 */
const RULE = '─{3}.*';
/** "4.5%/200k (auto)", "?/200k" right after a compaction (components/footer.ts). */
const USE = '(?:\\d+(?:\\.\\d+)?%|\\?)/\\d+(?:\\.\\d+)?[kM]?(?: |$)';
/** The rule below the editor, perhaps a menu of completions, the folder, and the last lines. */
const BELOW = `^${RULE}(?:\\n(?!─{3}).*)*\\n(?:.* )?${USE}.*(?:\\n(?!─{3}).*)*(?![\\s\\S])`;
const EDITOR = `^${RULE}\\n(?:(?!─{3}).*\\n)*?${BELOW}`;
/** A marked choice, the line to search in, or the way out. */
const CHOICE = '(?:[→›] |> *$|.*\\b[Ee]sc(?:ape)? (?:to )?(?:cancel|close|go back)\\b)';

export const pi: Runtime = {
  command: ['pi'],
  // It sends "/clear" to the model. While it is busy, "/new" leaves the answer in hand, and what was queued, to the conversation
  // before.
  resetCommand: '/new',
  resume: ['--continue'],
  install: 'npm install --global @mariozechner/pi-coding-agent',
  ready: USE,
  // " ⠼ Working...", " ⠼ Retrying (1/3) in 2s... (escape to cancel)": right above the editor.
  busy: `^ [⠁-⣿] \\S.*\\n(?:[ \\t]*\\n)*${EDITOR}`,
  // " Steering: a message" for each one (its first line), then " ↳ Alt+Up to edit all queued messages".
  queued: `^ (?:Steering|Follow-up): .*\\n(?: .*\\n)*? ↳ .*\\n(?: [⠁-⣿] .*\\n|[ \\t]*\\n)*${EDITOR}`,
  // "→ stand-in [standin] ✓" in the editor's place; in a menu of completions the same sign stands below it.
  dialog: `^${RULE}\\n(?:(?!─{3}).*\\n)*?${CHOICE}.*\\n(?:(?!─{3}).*\\n)*?${BELOW}`,
  // "[paste #1 +41 lines]" stands for a paste of more than ten lines.
  draft: `^${RULE}\\n((?:(?!─{3}).*\\n)*?)${BELOW}`,
  // "✓ New session started" right above the editor; or the head of the screen, no trouble below it, and nothing used yet:
  // "0.0%/200k", without "↑10 ↓5" before it.
  fresh: [
    `^ ✓ New session started *\\n(?:[ \\t]*\\n)*${EDITOR}`,
    `^ pi v\\d.*\\n(?:(?! (?:Error|Operation aborted|[⠁-⣿])|─{3}).*\\n)*^${RULE}\\n(?:(?!─{3}).*\\n)*?^${RULE}(?:\\n(?!─{3}).*)*\\n0\\.0%/`,
  ].join('|'),
  // "Error: 429 {…"type":"rate_limit_error"…", "Error: Codex error: {…"type":"usage_limit_reached"…", "Error: You have hit
  // your ChatGPT usage limit (plus plan). Try again in ~47 min.": https://github.com/earendil-works/pi/issues/4172
  limit:
    '^ *(?:Error|Retry failed after \\d+ attempts?): (?:429\\b|[^❯›]{0,200}?(?:\\b429\\b|usage.limit|rate.limit|quota))(?:[\\s\\S]{0,300}?[Tt]ry again in (~?\\d+ \\w+))?',
};
