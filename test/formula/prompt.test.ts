import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readPhase } from '../../src/formula/phase.ts';
import { PROMPT_BYTES, promptOf, recoveryPrompt, type PromptParts } from '../../src/formula/prompt.ts';
import { fenced } from '../../src/formula/prompt-text.ts';
import { PHASES, type Formula } from '../../src/model/formula.ts';
import { good, minimal } from './helpers.ts';

// Each prompt stands whole in prompts/NAME.txt; UPDATE=1 writes what is missing or has changed, to be read before it is kept.
const update = process.env['UPDATE'] === '1';

function golden(name: string, text: string): void {
  const file = new URL(`prompts/${name}.txt`, import.meta.url);
  if (update) writeFileSync(file, text);
  assert.equal(text, readFileSync(file, 'utf8'));
}

const state = '/home/u/.local/state/mosaic/mosaic';

function partsOf(formula: Formula, more: Partial<PromptParts> = {}): PromptParts {
  const own = `${state}/formulas/${formula.name}`;
  return {
    formula,
    run: {
      id: '20261121-100000-1a2b',
      folder: `${own}/runs/20261121-100000-1a2b`,
      worktree: {
        repository: formula.repository,
        path: `${state}/worktrees/_formula-${formula.name}-20261121-100000-1a2b`,
      },
    },
    phaseFile: `${own}/runs/20261121-100000-1a2b/phase`,
    scratchFile: `${own}/scratch.md`,
    takesInput: true,
    context: [],
    replies: [],
    ...more,
  };
}

const full = (): Formula =>
  good(`
name = "gardener"
runtime = "claude"
repository = "~/src/app"
base = "origin/main"
context = ["VISION.md", "docs/STYLE.md", "LONG.md"]
timeout = "90m"
escalation_timeout = "1h"
prompt = """
Keep the garden.

- Weed.
- Water.
"""
env_file = "~/secret.env"
[env]
EDITOR = "true"
LANG = "C.UTF-8"
[commands]
report = ["git", "log"]
awaiting_ci = ["wait-for-ci"]
[forge]
api = "https://git.example/api/v1/repos/o/r"
token_env = "FORGE_TOKEN"
`);

const everything = (): PromptParts =>
  partsOf(full(), {
    context: [
      { path: 'VISION.md', text: '# Vision\n\nA garden.\n', cut: false },
      { path: 'docs/STYLE.md', text: 'Write so:\n```sh\nls\n```\n````\nnot the end\n````', cut: false },
      { path: 'LONG.md', text: 'The first of many lines.\n', cut: true },
    ],
    scratch: { text: '- fixed: the parser\n- left: the flaky clock test\n', cut: true },
    replies: ['Take the second way.\r\nAnd tell me.', 'Do not touch `main`.'],
    report: { text: '12 open issues\u001b[31m\n' },
  });

test('the least prompt', () => golden('least', promptOf(partsOf(good(minimal())))));

test('a prompt with everything', () => golden('everything', promptOf(everything())));

test('a prompt after a crash, without a report that should be there', () => {
  const parts = { ...everything(), replies: [], context: [], crash: 'ended with exit code 1' };
  golden('recovery', recoveryPrompt({ ...parts, report: { trouble: 'the command for it ended with 2' } }));
});

test('a forge without a token, commands for both waits, a report of nothing', () => {
  const formula = good(
    minimal(
      '[forge]\napi = "http://localhost:3000/o\'r"\n[commands]\nawaiting_ci = ["a"]\nawaiting_review = ["b"]\n',
    ),
  );
  golden('forge', promptOf(partsOf(formula, { report: { text: '\n' } })));
});

test('a program that nothing can be typed into is promised nothing', () => {
  const commands = '[commands]\nawaiting_ci = ["a"]\nawaiting_review = ["b"]\n';
  const lines = (takesInput: boolean): string[] =>
    promptOf(partsOf(good(minimal(commands)), { takesInput })).split('\n');
  const told = lines(true);
  const others = lines(false).filter((line) => !told.includes(line));
  assert.deepEqual(
    others.map((line) => /PHASE:(\w+)/.exec(line)?.[1]),
    ['escalate', 'awaiting_ci', 'awaiting_review'],
  );
  assert.match(
    others[0] ?? '',
    /Nothing can be typed to you: the answer stands in the prompt of the next run/,
  );
  for (const line of others.slice(1)) assert.match(line, /nobody tells you of it/);
  assert.equal(
    lines(false).some((line) => /is typed to you/.test(line)),
    false,
  );
});

test('every phase is told, and each command to copy writes one', () => {
  const text = promptOf(partsOf(good(minimal())));
  for (const phase of PHASES) assert.ok(text.includes(`\`PHASE:${phase}\``), phase);
  const folder = mkdtempSync(join(tmpdir(), 'mosaic-phase-'));
  try {
    const file = join(folder, 'a phase');
    const written = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, script = '']) => {
      execFileSync('sh', ['-c', script], { env: { ...process.env, MOSAIC_PHASE_FILE: file } });
      return readPhase(readFileSync(file, 'utf8'));
    });
    assert.deepEqual(written, [
      { kind: 'phase', phase: 'done', complete: true },
      { kind: 'phase', phase: 'failed', reason: 'why, in one line', complete: true },
      {
        kind: 'phase',
        phase: 'escalate',
        reason: "The parser's error can be mended in `read` or in its callers. Which?",
        complete: true,
      },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('no value of a variable is in a prompt', () => {
  const formula = good(minimal('env_file = "/e"\n[env]\nSECRET_ONE = "hunter2"\nOTHER = "s3cr3t"\n'));
  for (const text of [promptOf(partsOf(formula)), recoveryPrompt({ ...partsOf(formula), crash: 'x' })]) {
    assert.doesNotMatch(text, /hunter2|s3cr3t/);
    assert.match(text, /`SECRET_ONE` and `OTHER`/);
  }
});

const unit = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('`', '```', '~~~', '\n', '\r\n', '# Notes', '\u001b[2J', '漢字'),
);
const text = fc.array(unit, { maxLength: 30 }).map((parts) => parts.join(''));

test('whatever is fenced stays within its fence', () => {
  fc.assert(
    fc.property(text, (content) => {
      const [first = '', ...rest] = fenced(content).split('\n');
      assert.match(first, /^`{3,}$/);
      assert.equal(rest.at(-1), first);
      // A line closes a fence when it has nothing but at least as many backticks (CommonMark).
      for (const within of rest.slice(0, -1)) {
        const row = /^ {0,3}(`+)\s*$/.exec(within)?.[1] ?? '';
        assert.ok(row.length < first.length);
      }
    }),
    { numRuns: 500 },
  );
});

test('any parts give a prompt that can be typed, begins with the formula, and is not too long', () => {
  const long = fc.oneof(
    text,
    fc
      .tuple(unit, fc.integer({ min: 0, max: 20_000 }))
      .map(([part, times]) => part.repeat(times).slice(0, 90_000)),
  );
  const context = fc.array(fc.record({ path: fc.string(), text: long, cut: fc.boolean() }), {
    maxLength: 50,
  });
  const parts = fc.record(
    {
      context,
      scratch: fc.record({ text: long, cut: fc.boolean() }),
      replies: fc.array(long, { maxLength: 40 }),
      report: fc.oneof(fc.record({ text: long }), fc.record({ trouble: fc.string() })),
    },
    { requiredKeys: ['context', 'replies'] },
  );
  const formula = full();
  fc.assert(
    fc.property(parts, (given) => {
      const prompt = promptOf(partsOf(formula, given));
      assert.ok(prompt.startsWith('Keep the garden.\n\n- Weed.\n- Water.\n\n# '));
      assert.ok(Buffer.byteLength(prompt) <= PROMPT_BYTES, `${Buffer.byteLength(prompt)} bytes`);
      assert.doesNotMatch(prompt, /[^\n\t\P{Cc}]|\p{Cs}/u);
      assert.ok(prompt.endsWith('without having written a phase.\n'));
    }),
    // To make such long texts shorter takes hours.
    { numRuns: 150, endOnFailure: true },
  );
});

test('what does not fit is cut, and told', () => {
  const context = ['A.md', 'B.md', 'C.md'].map((path) => ({ path, text: 'x'.repeat(70_000), cut: false }));
  const prompt = promptOf(partsOf(good(minimal()), { context }));
  assert.match(prompt, /## A\.md\n\n```\nx{70000}\n```/);
  assert.match(prompt, /## B\.md\n\nThere is more of it: read the rest in the file itself\.\n\n```\nx+\n```/);
  assert.match(prompt, /Left out, since the prompt would be too long: C\.md\. Read them yourself\./);
});

test('of an answer that is too long, and of too many, the rest is to be found', () => {
  const shown = (replies: string[]): string => promptOf(partsOf(good(minimal()), { replies }));
  assert.match(
    shown(['x'.repeat(20_000)]),
    /x{16384}…\n```\n\nNot all of it is shown\. The whole is in \S+\/replies,/,
  );
  const many = shown(Array.from({ length: 30 }, (_, index) => `answer ${index}.`));
  assert.doesNotMatch(many, /answer 9\./);
  assert.match(many, /answer 10\.[^]*answer 29\.\n```\n\nNot all of it is shown\./);
  assert.doesNotMatch(shown(['short']), /Not all of it/);
});

test('notes are cut at a character', () => {
  const prompt = promptOf(
    partsOf(good(minimal()), { scratch: { text: `a${'漢'.repeat(5000)}`, cut: false } }),
  );
  assert.match(prompt, /```\na漢{2730}\n```\n\nOnly the first 8 KiB of them are shown\./);
});
