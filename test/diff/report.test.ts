/** How a diff is shown: on a terminal, in a comment, to programs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diff as isDiff } from '../../src/generated/validators.js';
import { diffJsonText } from '../../src/report/diff-json.ts';
import { invalidJsonText, invalidMarkdown } from '../../src/report/diff-invalid.ts';
import { diffMarkdown } from '../../src/report/diff-markdown.ts';
import { diffScreen } from '../../src/report/diff-text.ts';
import { compare, fleetOf, type Raw } from './compare.ts';

const wide = { color: false, columns: Number.POSITIVE_INFINITY };

const roster = (n: number, of: (i: number) => Raw = () => ({})): Raw[] =>
  Array.from({ length: n }, (_, i) => ({ name: `coder${i}`, ...of(i) }));

const mixed = () =>
  compare(
    fleetOf([
      { name: 'lead', kickstart: 'Read AGENTS.md.\nHand out tasks.\n' },
      { name: 'coder0', env: { MODE: 'slow' } },
      { name: 'coder1', on_change: 'restart' },
      { name: 'old' },
      { name: 'leaving' },
    ]),
    fleetOf(
      [
        { name: 'lead', kickstart: 'Read AGENTS.md.\nHand out one task.\n' },
        { name: 'coder0', env: { MODE: 'fast' } },
        { name: 'coder1', on_change: 'restart', resources: { tasks_max: 64 } },
        { name: 'new', renamed_from: 'old' },
        { name: 'coder2' },
        { name: 'coder3' },
      ],
      { reconcile: { max_stop_fraction: 0.2 } },
    ),
  );

describe('the text of a diff', () => {
  it('has a row for each way to differ, the gravest first', () =>
    assert.equal(
      diffScreen(mixed(), wide),
      `Warning: 2 of 5 running sessions would end (reconcile.max_stop_fraction: 0.2): apply refuses that without --allow-mass-stop

- stop     leaving                      removed
~ restart  coder1                       its definition changes (on_change: restart)
                                        resources.tasks_max: (none) → 64
# hold     coder0                       pending restart (on_change: hold)
                                        env.MODE: slow → fast
+ start    2 agents                     added
                                        coder2 and coder3
                                        coder2:
                                          runtime: claude
                                          working_directory: ~/src
                                        coder3:
                                          runtime: claude
                                          working_directory: ~/src
> rename   new                          renamed from old; its session is kept
  changed  lead                         at its next start
                                        kickstart: see below
  changed  reconcile.max_stop_fraction  0.5 → 0.2: from the next apply on

--- lead
+++ lead
@@ -1,3 +1,3 @@
 kickstart: |
   Read AGENTS.md.
-  Hand out tasks.
+  Hand out one task.

Diff: 2 agents added, 1 removed, 1 renamed, 3 changed, 0 unchanged; 1 setting changed. Applied: 2 to start, 1 to restart, 1 to stop, 1 to rename, 1 held.
`,
    ));
  it('fits 80 columns', () => {
    const text = diffScreen(mixed(), { color: false, columns: 80 });
    for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  });
  it('is coloured on a terminal', () =>
    assert.match(diffScreen(mixed(), { color: true, columns: 80 }), /\u001b\[31m- stop {5}leaving/));
  it('is one line where nothing differs', () => {
    const fleet = fleetOf(roster(3), {
      missions: [{ id: 'm', project: '~/p', agent: 'coder0', milestones: [{ id: 'M1' }] }],
    });
    assert.equal(diffScreen(compare(fleet, fleet), wide), 'No difference: 3 agents, 1 mission.\n');
  });
  it('says what many share once', () => {
    const text = diffScreen(
      compare(fleetOf(roster(200)), fleetOf(roster(200, () => ({ env: { MODE: 'fast' } })))),
      wide,
    );
    assert.match(text, /^# hold {2}200 agents {2}pending restart/m);
    assert.match(text, /coder0, coder1, coder2, coder3, coder4, coder5 and 194 more/);
    assert.equal(text.match(/env\.MODE/g)?.length, 1);
  });
});

describe('the Markdown of a diff', () => {
  it('is small for one field of one in 200 agents', () => {
    const text = diffMarkdown(
      compare(fleetOf(roster(200)), fleetOf(roster(200, (i) => (i === 77 ? { env: { MODE: 'fast' } } : {})))),
    );
    assert.equal(
      text,
      `<!-- mosaic:diff:factory -->
### Fleet \`factory\`

Diff: 1 agent changed, 199 unchanged. Applied: 1 held.

| what | change | consequence |
| --- | --- | --- |
| \`coder77\` | \`env.MODE\`: _none_ → \`fast\` | hold: pending restart (on\\_change: hold) |

<sub>No host was looked at: the consequences are those where all that the base wants up runs.</sub>
`,
    );
  });
  it('begins with the marker, also where nothing differs', () => {
    const fleet = fleetOf(roster(1));
    assert.equal(
      diffMarkdown(compare(fleet, fleet)),
      '<!-- mosaic:diff:factory -->\n### Fleet `factory`\n\nNo difference: 1 agent.\n',
    );
  });
  it('warns above the table, and folds long values below it', () => {
    const text = diffMarkdown(mixed());
    assert.ok(text.indexOf('> **Warning:** 2 of 5') < text.indexOf('| what |'));
    assert.match(text, /\| `lead` \| `kickstart` \| at its next start \|/);
    assert.match(
      text,
      /<details><summary>lead<\/summary>\n\n```diff\n[^]*\n- {2}Hand out tasks\.\n\+ {2}Hand out one task\.\n```/,
    );
    assert.match(text, /<details><summary>coder2 and coder3<\/summary>/);
  });
  it('lets no value call, link, embed or leave its cell', () => {
    const hostile = [
      '@ada and @org/team',
      '#1 org/repo#2 !3',
      '![x](http://evil/p.png) [y](//evil) <img src=x onerror=alert(1)>',
      'a | b \\| c ` d `` e',
      '</code></td></table><script>alert(1)</script><!-- x -->',
      'https://evil.example www.evil.example',
      '\\',
    ];
    const env = Object.fromEntries(hostile.map((value, i) => [`V${i}`, value]));
    const text = diffMarkdown(
      compare(
        fleetOf([{ name: 'a' }]),
        fleetOf([{ name: 'a', env, class: '\u200badmin', model_hint: '**' }]),
      ),
    );
    const table = text.split('\n').filter((line) => line.startsWith('| `a`'));
    assert.equal(table.length, 1);
    const outside = text.replaceAll(/```diff\n[^]*?\n```/g, '').replaceAll(/`[^`\n]+`/g, '');
    assert.doesNotMatch(outside, /@\w|#\d|!\d|<script|<img|http:\/\/|https:\/\/|www\.\w|!\[|\]\(|<\/td>/);
    assert.doesNotMatch(text, /\u200b/);
    for (const line of table) {
      // A table is parted before anybody looks for code in it.
      const bare = line.replaceAll(/\\[|\\]/g, '');
      assert.equal(bare.split('|').length - 1, 4, line);
    }
  });
  it('lets no text end its fence', () => {
    const kickstart = '```\n</details>\n````\nmore\n';
    const text = diffMarkdown(compare(fleetOf([{ name: 'a' }]), fleetOf([{ name: 'a', kickstart }])));
    assert.match(text, /\n`````diff\n/);
  });
  it('stays under what a forge takes, the gravest kept', () => {
    const base = roster(3000, (i) => ({ class: `old-${i}` }));
    const head = roster(2999, (i) => ({ class: `${'é'.repeat(80)}-${i}` }));
    const text = diffMarkdown(compare(fleetOf(base), fleetOf(head)));
    assert.ok(Buffer.byteLength(text) <= 60 * 1024, String(Buffer.byteLength(text)));
    assert.match(text, /\| `coder2999` \| removed \| \*\*stop\*\* \|/);
    assert.match(text, /_\d+ rows left out: this comment would be too long\. See `mosaic diff`\._/);
  });
});

describe('the JSON of a diff', () => {
  const names = { base: 'main:fleet.yaml', head: 'fleet.yaml' };
  const same = fleetOf(roster(2));
  for (const [name, one] of Object.entries({
    mixed: mixed(),
    same: compare(same, same),
    new: compare(undefined, same),
    other: compare(
      same,
      fleetOf([], { name: 'other', hosts: { box: { ssh: 'box' } }, runtimes: { pi: { command: ['x'] } } }),
    ),
  }))
    it(`follows its schema: ${name}`, () => {
      const data: unknown = JSON.parse(diffJsonText(one, names));
      assert.ok(isDiff(data), JSON.stringify(isDiff.errors));
      assert.ok(!isDiff({ ...(data as object), surprise: 1 }));
    });
});

describe('a file that is not valid', () => {
  const side = {
    side: 'head' as const,
    file: 'x:fleet.yaml',
    text: 'version: 1\nname: shop\n',
    problems: [
      { message: 'no <b> @ada', fix: 'Mend it.', path: 'agents', range: { line: 3, column: 5, length: 2 } },
    ],
  };
  it('has its JSON', () => {
    assert.ok(isDiff(JSON.parse(invalidJsonText([side]))), JSON.stringify(isDiff.errors));
  });
  it('takes the place of the comment, by the name that it gives', () => {
    const text = invalidMarkdown([side], undefined);
    assert.ok(text.startsWith('<!-- mosaic:diff:shop -->\n'));
    assert.match(text, /- 3:5: no &lt;b&gt; @<b><\/b>ada<br>Mend it\./);
    assert.ok(invalidMarkdown([side], 'factory').startsWith('<!-- mosaic:diff:factory -->\n'));
  });
});
