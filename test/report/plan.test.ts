import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import type { Plan } from '../../src/model/plan.ts';
import { plan as validPlan, savedPlan as validSavedPlan } from '../../src/generated/validators.js';
import { planJson, planJsonText } from '../../src/report/plan-json.ts';
import { planMarkdown } from '../../src/report/plan-markdown.ts';
import { isInSync, summaryLine } from '../../src/report/plan-summary.ts';
import { planScreen, planText } from '../../src/report/plan-text.ts';
import { renderPlan } from '../../src/report/render-plan.ts';
import { savedPlanText } from '../../src/report/saved-plan.ts';
import { assertExpected } from './expected.ts';
import { SECRET, action, emptyPlan, mixedPlan, testTerminal, verdict } from './samples.ts';

const refusedPlan = (): Plan =>
  emptyPlan({
    verdicts: ['a', 'b', 'c'].map((name) =>
      verdict(name, 'stop', { wanted: 'gone', reason: 'gone from the file' }),
    ),
    refused: {
      reason: 'this would stop 3 of 3 running sessions, more than reconcile.max_stop_fraction (0.5) allows',
      fix: 'Say --allow-mass-stop if that is meant.',
    },
  });

const inSync = (agents: number): Plan =>
  emptyPlan({ verdicts: Array.from({ length: agents }, (_, i) => verdict(`a${i}`, 'none')) });

const saved = (plan: Plan): string =>
  savedPlanText(plan, {
    savedAt: 1_763_674_512_345,
    version: '0.1.0',
    file: '/home/ada/fleet.yaml',
    fileDigest: 'a'.repeat(64),
    planDigest: 'b'.repeat(64),
    options: { agents: [], restart: ['coder1'], adopt: ['reviewer'], allow_mass_stop: false },
  });

describe('the summary', () => {
  const file = action('write-file', { path: '/f', mode: 0o644, content: '', shown: { after: '' } });
  const reload = action('reload-units', {});
  const gone = action('remove-file', { path: '/g', shown: { before: '' } });
  const same = verdict('a', 'none');
  const cases: [string, Plan][] = [
    ['Nothing to do: 40 agents as wanted.', inSync(40)],
    ['Nothing to do: 1 agent as wanted.', inSync(1)],
    [
      'Plan: 2 to start, 1 unchanged.',
      emptyPlan({ verdicts: [verdict('b', 'start'), verdict('c', 'start'), same] }),
    ],
    ['Plan: 1 held, 1 unchanged.', emptyPlan({ verdicts: [verdict('b', 'hold'), same] })],
    [
      'Plan: 1 held, 1 unchanged.',
      emptyPlan({ verdicts: [same], holds: [{ subject: 'holder', reason: 'x' }] }),
    ],
    [
      'Plan: 2 conflicts, 0 unchanged.',
      emptyPlan({ verdicts: [verdict('b', 'conflict'), verdict('c', 'conflict')] }),
    ],
    ['Plan: 1 file to write, 1 unchanged.', emptyPlan({ verdicts: [same], actions: [file] })],
    [
      'Plan: 2 files to write, 1 file to remove, 1 other step, 1 unchanged.',
      emptyPlan({ verdicts: [same], actions: [file, file, gone, reload] }),
    ],
    ['Plan: 1 step, 1 unchanged.', emptyPlan({ verdicts: [same], actions: [reload] })],
    ['Plan: 1 to stop, 0 unchanged.', emptyPlan({ verdicts: [verdict('b', 'stop')], actions: [file] })],
    ['Plan (refused): 3 to stop, 0 unchanged.', refusedPlan()],
  ];
  for (const [expected, plan] of cases)
    it(expected, () => {
      assert.equal(summaryLine(plan), expected);
      assert.equal(isInSync(plan), expected.startsWith('Nothing'));
      assert.ok(planText(plan).endsWith(`${expected}\n`));
    });
});

describe('the text of a plan', () => {
  it('shows every kind of change, with diffs', () => assertExpected('plan.txt', planText(mixedPlan())));
  it('lists actions where they are asked for, and leaves out diffs', () =>
    assertExpected('plan-actions.txt', planText(mixedPlan(), { diffs: false, actions: true })));
  it('says first why a plan is refused', () => assertExpected('plan-refused.txt', planText(refusedPlan())));
  it('is one line when nothing is to do', () => {
    assert.equal(planText(inSync(3)), 'Nothing to do: 3 agents as wanted.\n');
  });
  for (const columns of [60, 80, 160])
    it(`fits ${columns} columns`, () =>
      assertExpected(
        `plan-${columns}.txt`,
        planScreen(mixedPlan(), { columns, color: false }, { diffs: false }),
      ));
  it('is the plain text where nothing limits it', () => {
    const screen = planScreen(mixedPlan(), { columns: Number.POSITIVE_INFINITY, color: false });
    assert.equal(screen, planText(mixedPlan()));
  });
  it('is coloured on a terminal', () =>
    assertExpected('plan-color.txt', planScreen(mixedPlan(), { columns: 80, color: true })));
  it('goes to standard output', async () => {
    const terminal = testTerminal({ columns: 160 });
    await renderPlan(mixedPlan(), terminal);
    await renderPlan(inSync(2), terminal);
    assert.equal(terminal.written.err, '');
    assert.equal(
      terminal.written.out,
      `${planScreen(mixedPlan(), terminal)}Nothing to do: 2 agents as wanted.\n`,
    );
  });
  it('lets no control character through', () => {
    const bad = 'x\u001b]0;title\u0007\u202e\n';
    const plan = emptyPlan({
      verdicts: [verdict(bad, 'hold', { reason: bad, fix: bad })],
      holds: [{ subject: bad, reason: bad, fix: bad }],
      refused: { reason: bad, fix: bad },
      definitions: [{ agent: bad, before: { [bad]: bad }, after: { [bad]: [bad] } }],
      actions: [
        action('write-file', {
          path: bad,
          mode: 0o600,
          content: bad,
          shown: { before: bad, after: `\r${bad}` },
        }),
        action('remove-worktree', { agent: bad, repository: bad, path: bad }),
      ],
    });
    for (const text of [planText(plan, { actions: true }), planMarkdown(plan), planJsonText(plan)])
      assert.doesNotMatch(text.replaceAll(/[\n\t]/g, ''), /[\p{Cc}\u202e]/u);
  });
});

describe('the JSON of a plan', () => {
  for (const [name, plan] of Object.entries({
    mixed: mixedPlan(),
    refused: refusedPlan(),
    'in sync': inSync(2),
  }))
    it(`follows its schema: ${name}`, () => {
      assert.ok(validPlan(JSON.parse(planJsonText(plan))), JSON.stringify(validPlan.errors));
      assert.ok(validSavedPlan(JSON.parse(saved(plan))), JSON.stringify(validSavedPlan.errors));
    });
  it('has a schema that refuses what it does not know', () => {
    assert.ok(!validPlan({ ...planJson(inSync(1)), surprise: 1 }));
    assert.ok(!validSavedPlan({ ...JSON.parse(saved(inSync(1))), file_sha256: 'short' }));
  });
  it('is what it was', () => assertExpected('plan.json', planJsonText(mixedPlan())));
});

it('no form of a plan holds a secret', () => {
  const plan = mixedPlan();
  assert.ok(JSON.stringify(plan).includes(SECRET), 'the sample has none');
  for (const text of [
    planText(plan, { actions: true }),
    planJsonText(plan),
    planMarkdown(plan),
    saved(plan),
  ]) {
    assert.ok(text.includes('TOKEN=(secret)'));
    assert.ok(!text.includes(SECRET));
  }
});

it('says so where only a secret or the mode changes', () => {
  const shown = { before: 'T=(secret)\n', after: 'T=(secret)\n' };
  const plan = emptyPlan({
    actions: [action('write-file', { path: '/f', mode: 0o600, content: 'T=2', shown })],
  });
  assert.equal(
    planText(plan),
    `--- /f
+++ /f\t(mode 0600)
(no difference that may be shown: a secret value or the mode changes)

Plan: 1 file to write, 0 unchanged.
`,
  );
});

describe('the Markdown of a plan', () => {
  it('is what it was', () => assertExpected('plan.md', planMarkdown(mixedPlan())));
  it('says why a plan is refused', () => assertExpected('plan-refused.md', planMarkdown(refusedPlan())));
  it('has neither table nor details when nothing is to do', () => {
    assert.equal(
      planMarkdown(inSync(2)),
      '<!-- mosaic:plan:factory -->\n### Fleet `factory`\n\nNothing to do: 2 agents as wanted.\n',
    );
  });
  it('lets no content out of its cell or fence', () => {
    const after = '```\n</details> <script>\n`````\n';
    const plan = emptyPlan({
      verdicts: [verdict('a|b`c', 'hold', { reason: '| <img src=x> [x](http://evil) @ada `code` *b*' })],
      actions: [
        action('write-file', { path: '/a</summary>', mode: 0o600, content: after, shown: { after } }),
      ],
    });
    const text = planMarkdown(plan);
    assert.ok(
      text.includes(
        '| <code>a\\|b\\`c</code> | hold | \\| &lt;img src=x&gt; \\[x\\](http:&#47;/evil) @<b></b>ada \\`code\\` \\*b\\* |\n',
      ),
      text,
    );
    assert.ok(text.includes('<summary>/a&lt;/summary&gt;</summary>'));
    // The longest run inside has five, so the fence has six.
    assert.ok(text.includes('\n``````diff\n'));
    assert.equal(text.match(/^``````$/gm)?.length, 1);
  });
  it('leaves out the last diffs where it would be too long', () => {
    const actions = ['/1', '/2', '/3'].map((path) => {
      const after = `${'é'.repeat(60)}\n`.repeat(200);
      return action('write-file', { path, mode: 0o600, content: after, shown: { after } });
    });
    const text = planMarkdown(emptyPlan({ actions }));
    assert.ok(Buffer.byteLength(text) <= 60 * 1024);
    assert.deepEqual(text.match(/<summary>.*<\/summary>/g), [
      '<summary>/1</summary>',
      '<summary>/2</summary>',
    ]);
    assert.match(text, /\n_1 diff left out: .*_\n$/);
  });
  it('leaves out rows where even they are too many', () => {
    const verdicts = Array.from({ length: 3000 }, (_, i) => verdict(`agent-${i}`, 'start'));
    const text = planMarkdown(emptyPlan({ verdicts }));
    assert.ok(Buffer.byteLength(text) <= 60 * 1024);
    assert.match(text, /\n_\d+ agents left out: .*_\n$/);
  });
});
