/** The last part of a prompt: where a run works, what it has, and how it says how far it is. */
import { cutBytes } from '../base/cut.ts';
import { formatDuration } from '../base/duration.ts';
import { listed } from '../base/text.ts';
import { formulaSession, type Formula, type Phase } from '../model/formula.ts';
import type { PromptParts } from './prompt.ts';
import { line } from './prompt-text.ts';

export function protocol(parts: PromptParts): string[] {
  const { formula, run } = parts;
  return [
    '# How this run works',
    `This is the run ${line(run.id)} of the formula ${line(formula.name)}. Nobody watches it: what you ask at your prompt, nobody reads.`,
    '## Where you work',
    workplace(parts),
    '## What you have',
    environment(formula),
    ...(formula.forge === undefined ? [] : forge(formula.forge)),
    '## When you are done',
    ...phases(parts),
  ];
}

function workplace({ formula, run: { worktree } }: PromptParts): string {
  const at = worktree === undefined ? '' : `, ${line(worktree.path)}`;
  const base = formula.base === undefined ? 'HEAD' : line(formula.base);
  return [
    `- You work in a git worktree made for this run alone${at}. It belongs to ${line(formula.repository)} and begins at ${base}, detached: it is on no branch. Leave that repository's own working tree, and other worktrees, alone.`,
    '- The worktree is removed after the run. What is to stay has to leave it: make a branch, commit, and push it, or whatever else you were asked for.',
    `- What is not committed then, or committed and nowhere pushed, is saved under a ref (refs/mosaic/rescue/${formulaSession(formula.name)}/…) for a person to find. The next run does not see it.`,
  ].join('\n');
}

function environment(formula: Formula): string {
  const own = Object.keys(formula.env);
  const lines = [
    '- Environment variables: `MOSAIC_FORMULA` (the name of the formula), `MOSAIC_RUN` (this run), `MOSAIC_PHASE_FILE` and `MOSAIC_SCRATCH_FILE` (files that you write), `MOSAIC_PROMPT_FILE` (this text, should you need it again), `MOSAIC_FLEET` (the fleet file, which `mosaic` commands use by themselves).',
  ];
  if (own.length > 0)
    lines.push(`- Set for this formula: ${cutBytes(listed(own.map((name) => `\`${name}\``)), 2000).text}.`);
  if (formula.envFile !== undefined) {
    lines.push(
      '- There are more, with secret values. Use them by name, and never print a value, nor write it into a file, a commit or an argument of a program.',
    );
  }
  return lines.join('\n');
}

function forge({ api, tokenEnv }: NonNullable<Formula['forge']>): string[] {
  const address = line(api);
  if (tokenEnv === undefined)
    return ['## The forge', `Its API for this repository is ${address}. It takes no token.`];
  return [
    '## The forge',
    `Its API for this repository is ${address}. The access token is in the variable \`${tokenEnv}\`. Never print its value, nor write it into a file, a commit, a comment or an argument of a program, where others can read it. This way it stays out of them:`,
    script(
      `curl -sS --fail-with-body -H @- ${shellWord(address)} <<END`,
      `Authorization: Bearer $${tokenEnv}`,
      'END',
    ),
  ];
}

/** For a line to copy: an address has no quote in it. */
const shellWord = (text: string): string => `'${text.replaceAll("'", '%27')}'`;

function phases(parts: PromptParts): string[] {
  const { formula } = parts;
  const limits = `The run is ended after ${formatDuration(formula.timeoutMs)}, or when your program has printed nothing for ${formatDuration(formula.idleTimeoutMs)} (but while you wait for an answer or for such a program). It counts as failed when you stop at your prompt without having written a phase.`;
  return [
    `Say how far you are by the phase file, ${line(parts.phaseFile)} ($MOSAIC_PHASE_FILE). Its first line is one of these words, exactly so, and its second line may give a reason. Nothing that you say elsewhere counts.`,
    [
      '- Final: the run ends, and your program is ended with it. Write one of these as the very last thing that you do.',
      ...final.map(described(parts)),
    ].join('\n'),
    ['- Not final: you stay, and may write another phase later.', ...others.map(described(parts))].join('\n'),
    'Write the file in one step. When all is done:',
    script('printf \'PHASE:done\\n\' > "$MOSAIC_PHASE_FILE"'),
    'With a reason, or a question:',
    script('printf \'PHASE:failed\\nwhy, in one line\\n\' > "$MOSAIC_PHASE_FILE"'),
    'Where there are quotes or signs of the shell in it, write another file beside it and rename that:',
    script(
      'cat > "$MOSAIC_PHASE_FILE.new" <<\'END\'',
      'PHASE:escalate',
      "The parser's error can be mended in `read` or in its callers. Which?",
      'END',
      'mv "$MOSAIC_PHASE_FILE.new" "$MOSAIC_PHASE_FILE"',
    ),
    limits,
  ];
}

const script = (...lines: string[]): string => ['```sh', ...lines, '```'].join('\n');

const final: readonly Phase[] = ['done', 'merged', 'failed'];
const others: readonly Phase[] = ['escalate', 'awaiting_ci', 'awaiting_review'];

const described =
  (parts: PromptParts) =>
  (phase: Phase): string =>
    `  - \`PHASE:${phase}\`: ${meaning(phase, parts)}`;

function meaning(phase: Phase, { formula, takesInput }: PromptParts): string {
  const { awaitingCi, awaitingReview } = takesInput ? formula.commands : {};
  switch (phase) {
    case 'done':
      return 'all that was asked for is done. That there was nothing to do is done, too.';
    case 'merged':
      return 'it is done, and your change is merged.';
    case 'failed':
      return 'you cannot do it. Give the reason on the second line.';
    case 'escalate':
      if (!takesInput)
        return 'a person has to decide. Put the question on the second line, so that it can be answered with a word. Nothing can be typed to you: the answer stands in the prompt of the next run. Put into your notes what that needs to go on, and then end this one by a final phase.';
      return `a person has to decide. Put the question on the second line, so that it can be answered with a word. Then stop and wait: the answer is typed to you, for up to ${formatDuration(formula.escalationTimeoutMs)}; without one the run is ended.`;
    case 'awaiting_ci':
      return `you have pushed, and the pipelines have to pass. ${awaited(awaitingCi)}`;
    case 'awaiting_review':
      return `a review has to come. ${awaited(awaitingReview)}`;
  }
}

const awaited = (command: string[] | undefined): string =>
  command === undefined
    ? 'It is noted, and nobody tells you of it: look for yourself now and then, by a program that waits in between (`sleep`) and not at your prompt, and go on.'
    : 'Then stop and wait: a program waits for it, and how it went is typed to you. Go on from there; write it again after another push.';
