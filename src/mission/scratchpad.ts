/** The scratchpad of a mission: what is appended to it, and what an ending session left there for the next. */
import { beginsBlock, markdownLines } from './lines.ts';
import { fenced, fencedOutput, inline } from './markdown.ts';

export interface ScratchpadStart {
  missionId: string;
  name: string;
  /** ISO 8601, as are all moments here. */
  createdAt: string;
  /** What the mission was asked for, kept word for word. */
  prompt?: string | undefined;
}

/** A new scratchpad, with the mission's prompt as its first entry. */
export function newScratchpad({ missionId, name, createdAt, prompt }: ScratchpadStart): string {
  const asked =
    prompt === undefined || prompt.trim() === ''
      ? 'None was given; the manifest has the scope.\n'
      : fenced(prompt);
  return `# Scratchpad: ${inline(name)}

What was decided, tried and learnt in mission ${inline(missionId)}, begun ${inline(createdAt)}. Add at the end; never
change or remove what is there. A session that has to stop adds a heading "Handoff" and what the next one must know.

## Prompt

${asked}`;
}

export interface SessionStart {
  session_id: string;
  started_at: string;
  runtime: string;
  agent?: string | undefined;
  /** The id of the task that it starts with. */
  task?: string | undefined;
}

/** The heading below which a session writes: text to append, as are the next two. Each begins with an empty line. */
export function sessionEntry({ session_id, started_at, runtime, agent, task }: SessionStart): string {
  const who = agent === undefined ? '' : `, agent ${inline(agent)}`;
  const what = task === undefined ? '' : `, on task ${inline(task)}`;
  return `\n## Session ${inline(session_id)}\n\nBegun ${inline(started_at)} with ${inline(runtime)}${who}${what}.\n`;
}

/** @param lines One point each; where there are none, the title says all. */
export function noteEntry(title: string, when: string, lines: readonly string[]): string {
  const points = lines.map((line) => `- ${inline(line)}\n`).join('');
  return `\n## ${inline(when)} ${inline(title)}\n${points === '' ? '' : `\n${points}`}`;
}

export interface Correction {
  /** The milestone's id. */
  milestone: string;
  when: string;
  /** Absent: the gates did not end by themselves. */
  exitCode?: number | undefined;
  /** The end of what the gates printed, as it is. */
  outputTail: string;
  /** The id of the task that was appended to have it mended. */
  remediation?: string | undefined;
}

/** For the next session: all tasks of a milestone are done and its quality gates fail. */
export function correctionEntry({ milestone, when, exitCode, outputTail, remediation }: Correction): string {
  const how =
    exitCode === undefined ? 'were ended before they were through' : `failed with exit code ${exitCode}`;
  const next =
    remediation === undefined
      ? 'Mend what they found before anything else.'
      : `Task ${inline(remediation)} was added to have it mended; it comes first.`;
  const printed =
    outputTail.trim() === '' ? 'They printed nothing.\n' : `They ended with:\n\n${fencedOutput(outputTail)}`;
  return `
## ${inline(when)} Correction: milestone ${inline(milestone)} is not done

All its tasks are marked done, but the quality gates ${how}. The milestone stays open. ${next}

${printed}`;
}

const atx = /^ {0,3}#{1,6}[ \t]+(.*)$/;
const handoffWord = /\bhand[- ]?off\b/i;
const sessionHeading = /^session[ \t]+([\w.-]*\w)/i;
const sessionName = /\bsess-\d+\b/gi;

/**
 * Whether a session left a handoff: a heading of any level with that word, after the session's last heading and before
 * another session's, or in its very heading. Code and comments do not count; nor does a heading that names other sessions
 * only, as one that tells of a handoff taken over.
 */
export function hasHandoff(text: string, sessionId: string): boolean {
  let current: string | undefined;
  let found = false;
  for (const heading of headings(text)) {
    const named = sessionHeading.exec(heading)?.[1];
    if (named !== undefined) {
      current = named;
      if (named === sessionId) found = false;
    }
    if (current !== sessionId || !handoffWord.test(heading)) continue;
    const told: readonly string[] = heading.match(sessionName) ?? [];
    if (told.length === 0 || told.includes(sessionId)) found = true;
  }
  return found;
}

/** What the headings say, those underlined by dashes or equal signs too. */
function headings(text: string): string[] {
  const lines = markdownLines(text);
  const found: string[] = [];
  for (const [index, { kind, start, end }] of lines.entries()) {
    if (kind !== 'text') continue;
    const line = text.slice(start, end);
    const below = lines[index + 1];
    const title = atx.exec(line)?.[1];
    if (title !== undefined) found.push(title.trim());
    else if (below?.kind === 'text' && !beginsBlock(line) && isUnderline(text.slice(below.start, below.end)))
      found.push(line.trim());
  }
  return found;
}

function isUnderline(line: string): boolean {
  const marks = line.trim();
  const mark = marks[0];
  return (mark === '=' || mark === '-') && marks === mark.repeat(marks.length) && !/^(?: {4}|\t)/.test(line);
}
