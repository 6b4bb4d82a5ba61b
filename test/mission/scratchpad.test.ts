import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { markdownLines } from '../../src/mission/lines.ts';
import {
  correctionEntry,
  hasHandoff,
  newScratchpad,
  noteEntry,
  sessionEntry,
} from '../../src/mission/scratchpad.ts';

const when = '2026-03-01T12:00:00Z';
const start = { missionId: 'checkout-v2', name: 'Checkout v2', createdAt: when };
const session = (id: string): string => sessionEntry({ session_id: id, started_at: when, runtime: 'claude' });

/** Headings of level two that a Markdown reader sees, told apart from the code under test by being lines of text. */
const headings = (text: string): string[] =>
  markdownLines(text).flatMap(({ kind, start: from, end }) =>
    kind === 'text' && text.startsWith('## ', from) ? [text.slice(from + 3, end)] : [],
  );

describe('a scratchpad', () => {
  it('begins with the prompt, word for word', () => {
    const text = newScratchpad({ ...start, prompt: 'Do it.\r\n\r\n## Well' });
    assert.ok(text.startsWith('# Scratchpad: Checkout v2\n'));
    assert.ok(text.endsWith('\n## Prompt\n\n```text\nDo it.\r\n\r\n## Well\n```\n'), text);
  });

  it('says when there was none', () => {
    assert.match(newScratchpad(start), /\n## Prompt\n\nNone was given;.*\n$/);
    assert.equal(newScratchpad({ ...start, prompt: ' \n' }), newScratchpad(start));
  });

  it('keeps any prompt within its fence', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 10 }),
      fc.constantFrom(
        '```',
        '````text',
        '~~~',
        '``````',
        '## Session sess-001',
        '## Handoff',
        '<!--',
        '-->',
        '',
        '\r',
      ),
    );
    const prompts = fc.array(line, { minLength: 1, maxLength: 10 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(prompts, (prompt) => {
        const text = newScratchpad({ ...start, prompt }) + session('sess-001');
        if (prompt.trim() !== '') assert.ok(text.includes(`text\n${prompt}`));
        assert.deepEqual(headings(text), ['Prompt', 'Session sess-001']);
        assert.equal(hasHandoff(text, 'sess-001'), false);
        assert.equal(hasHandoff(`${text}\n## Handoff\n`, 'sess-001'), true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('entries', () => {
  it('tell of a session', () => {
    assert.equal(session('sess-003'), `\n## Session sess-003\n\nBegun ${when} with claude.\n`);
    const entry = sessionEntry({
      session_id: 'sess-003',
      started_at: when,
      runtime: 'codex',
      agent: 'mos-codex',
      task: 'T-1',
    });
    assert.equal(entry, `\n## Session sess-003\n\nBegun ${when} with codex, agent mos-codex, on task T-1.\n`);
  });

  it('tell of what happened', () => {
    assert.equal(noteEntry('Task T-1 is blocked', when, []), `\n## ${when} Task T-1 is blocked\n`);
    assert.equal(
      noteEntry('a\nb', when, ['one', '## two\n## three', '\u001b[2J<!--']),
      `\n## ${when} a b\n\n- one\n- ## two ## three\n- \\x1b[2J&lt;!--\n`,
    );
  });

  it('tell of quality gates that failed', () => {
    const entry = correctionEntry({
      milestone: 'M1',
      when,
      exitCode: 1,
      outputTail: '\u001b[31mFAIL\u001b[0m a\tb\r\n```\n## Handoff\nend',
      remediation: 'T-9',
    });
    assert.equal(
      entry,
      `
## ${when} Correction: milestone M1 is not done

All its tasks are marked done, but the quality gates failed with exit code 1. The milestone stays open. Task T-9 was added to have it mended; it comes first.

They ended with:

\`\`\`\`text
\\x1b[31mFAIL\\x1b[0m a\tb
\`\`\`
## Handoff
end
\`\`\`\`
`,
    );
    assert.equal(hasHandoff(session('sess-001') + entry, 'sess-001'), false);
  });

  it('tell of quality gates that were ended, and of silent ones', () => {
    const entry = correctionEntry({ milestone: 'M1', when, outputTail: '\n' });
    assert.match(entry, /the quality gates were ended before they were through\. .* Mend what they found/);
    assert.match(entry, /\n\nThey printed nothing\.\n$/);
  });

  it('begin with an empty line and end in a line break, and have one heading, whatever they tell', () => {
    const any = fc.string({ unit: 'binary' });
    const hostile = fc.oneof(any, fc.constantFrom('a\n## b', '\n```\n', '<!--\n', '```\n## Handoff\n'));
    fc.assert(
      fc.property(hostile, hostile, fc.option(fc.integer(), { nil: undefined }), (one, two, exitCode) => {
        const entries = [
          sessionEntry({ session_id: one, started_at: when, runtime: two, agent: one, task: two }),
          noteEntry(one, when, [two, one]),
          correctionEntry({ milestone: one, when, exitCode, outputTail: two, remediation: one }),
        ];
        for (const entry of entries) {
          assert.match(entry, /^\n[^\n]/);
          assert.match(entry, /[^\n]\n$/);
          assert.doesNotMatch(entry, /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
        }
        assert.equal(headings(`text\n${entries.join('')}${session('sess-009')}`).length, 4);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a handoff', () => {
  const one = session('sess-001');
  const two = session('sess-002');
  const rows: [string, string, boolean][] = [
    ['below its session', `${one}\n## Handoff\n\n- x\n`, true],
    ['with another word and level', `${one}\n#### My hand-off, for whoever comes\n`, true],
    ['in capitals and two words', `${one}\n# HAND OFF #\n`, true],
    ['underlined', `${one}\nHandoff\n=======\n`, true],
    ['underlined by dashes', `${one}\nHandoff\n---\n`, true],
    ['in the heading of its session', '## Session sess-001: handoff\n', true],
    ['that names its session', `${one}\n## Handoff of sess-001\n`, true],
    ['with line breaks of Windows', `${one}\n## Handoff\n`.replaceAll('\n', '\r\n'), true],
    ['after notes of ours', `${one}${noteEntry('x', when, [])}\n## Handoff\n`, true],
    ['with another session after it', `${one}\n## Handoff\n${two}`, true],
    ['that is not there', one, false],
    ['as a word in the text', `${one}\nHandoff\n\nNo handoff yet. #handoff\n`, false],
    ['within another word', `${one}\n## Handoffish\n`, false],
    ['before its session', `## Handoff\n${one}`, false],
    ['before its last heading', `${one}\n## Handoff\n\n## Session sess-001, again\n`, false],
    ['of another session', `${one}${two}\n## Handoff\n`, false],
    ['of another session, told of', `${two}${one}\n## What the handoff of sess-002 says\n`, false],
    ['of a session with a longer name', `${session('sess-0011')}\n## Handoff\n`, false],
    ['of no session', '## Handoff\n', false],
    ['in a fence', `${one}\n\`\`\`\n## Handoff\n\`\`\`\n`, false],
    ['in a fence of tildes', `${one}\n~~~md\n\`\`\`\n## Handoff\n~~~\n`, false],
    ['in a comment', `${one}\n<!--\n## Handoff\n-->\n`, false],
    ['in code by indentation', `${one}\n    ## Handoff\n`, false],
    ['in a list, above a rule', `${one}\n- handoff\n---\n`, false],
    ['after a fence', `${one}\n\`\`\`\nx\n\`\`\`\n## Handoff\n`, true],
    ['where its session is in a fence', `\`\`\`\n${one}\n\`\`\`\n## Handoff\n`, false],
  ];
  for (const [what, text, expected] of rows)
    it(`${expected ? 'is' : 'is none'}: ${what}`, () =>
      assert.equal(hasHandoff(`# Scratchpad\n${text}`, 'sess-001'), expected));
});
