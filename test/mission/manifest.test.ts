import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { newManifest, updateManifest } from '../../src/mission/manifest.ts';
import type { MissionFile, SessionEntry } from '../../src/model/mission.ts';
import { record } from './records.ts';

const first = record({
  description: 'A new checkout.',
  quality_gates: 'pnpm lint && pnpm test',
  milestones: [
    { id: 'M1', name: 'Schema', status: 'pending' },
    { id: 'M2', name: 'API', status: 'pending' },
  ],
});

const later = record({
  ...first,
  milestones: [
    {
      id: 'M1',
      name: 'Schema | tables\n<!-- mosaic: end -->',
      status: 'completed',
      branch: 'feat/schema',
      issue_ref: '#3',
      started_at: '2026-03-01T12:00:00Z',
      completed_at: '2026-03-02T12:00:00Z',
    },
    { id: 'M2', name: 'API', status: 'in-progress', branch: null, started_at: '' },
  ],
  sessions: [
    {
      session_id: 'sess-001',
      runtime: 'claude',
      agent: 'mos-claude',
      pid: 4711,
      started_at: '2026-03-01T12:00:00Z',
      ended_at: '2026-03-01T13:02:03Z',
      ended_reason: 'handoff',
      duration_seconds: 3723,
      milestone_id: 'M1',
      last_task_id: 'T-4',
    },
    { session_id: 'sess-002', runtime: 'codex', ended_at: null, ended_reason: '', duration_seconds: null },
  ],
});

const lines = (text: string): string[] => text.split('\n');
const begin = lines(newManifest(first)).findIndex((line) => line.startsWith('<!-- mosaic: the'));
const end = lines(newManifest(first)).indexOf('<!-- mosaic: end -->');
const blockOf = (text: string): string =>
  lines(text)
    .slice(begin + 1, lines(text).indexOf('<!-- mosaic: end -->'))
    .join('\n');

describe('the manifest', () => {
  it('of a new mission leaves scope and success criteria to the agent', () => {
    const text = newManifest(first);
    assert.ok(begin > 0 && end > begin);
    assert.ok(text.startsWith('# Mission: Checkout v2\n\nA new checkout.\n\n## Scope\n'));
    assert.match(
      text,
      /\n## Success criteria\n[^]*\n- \[ \] The quality gates pass: pnpm lint && pnpm test\n/,
    );
    assert.equal(
      blockOf(text),
      `
- Mission: checkout-v2
- Status: active
- Phase: M1, Schema (pending)

### Milestones

| milestone | name | status | branch | issue | started | completed |
|-----------|------|--------|--------|-------|---------|-----------|
| M1 | Schema | pending |  |  |  |  |
| M2 | API | pending |  |  |  |  |

### Sessions

None yet.
`,
    );
  });

  it('tells how far the mission is', () => {
    const text = updateManifest(newManifest(first), later);
    assert.equal(
      blockOf(text ?? ''),
      `
- Mission: checkout-v2
- Status: active
- Phase: M2, API (in-progress)

### Milestones

| milestone | name | status | branch | issue | started | completed |
|-----------|------|--------|--------|-------|---------|-----------|
| M1 | Schema \\| tables &lt;!-- mosaic: end --> | completed | feat/schema | #3 | 2026-03-01T12:00:00Z | 2026-03-02T12:00:00Z |
| M2 | API | in-progress |  |  |  |  |

### Sessions

| session | runtime | agent | started | ended | reason | length | milestone | last task |
|---------|---------|-------|---------|-------|--------|--------|-----------|-----------|
| sess-001 | claude | mos-claude | 2026-03-01T12:00:00Z | 2026-03-01T13:02:03Z | handoff | 1h2m3s | M1 | T-4 |
| sess-002 | codex |  |  |  |  |  |  |  |
`,
    );
  });

  it('shows the last twenty sessions', () => {
    const sessions = Array.from({ length: 23 }, (_, index): SessionEntry => ({
      session_id: `sess-${index + 1}`,
    }));
    const text = newManifest({ ...first, sessions });
    assert.equal(text.match(/^\| sess-/gm)?.length, 20);
    assert.match(text, /^\| sess-4 .*\n/m);
    assert.match(text, /^The last 20; 3 before them are in mission\.json\.$/m);
  });

  const phases: [Partial<MissionFile>, string][] = [
    [{ milestones: [] }, 'no milestones yet'],
    [{ milestones: [{ id: 'M1', name: 'a', status: 'completed' }] }, 'all milestones completed'],
    [
      {
        milestones: [
          { id: 'M1', name: 'a', status: 'completed' },
          { id: 'M2', name: 'b', status: 'blocked' },
        ],
      },
      'none open, M2 blocked',
    ],
  ];
  for (const [fields, phase] of phases)
    it(`names the phase: ${phase}`, () =>
      assert.ok(newManifest(record(fields)).includes(`\n- Phase: ${phase}\n`)));
});

describe('an update', () => {
  const around = fc
    .array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('<!--', '```', '| a |', '\r\n')))
    .map((parts) => parts.join('\n'));

  it('changes nothing around the markers, and is the same when done again', () => {
    fc.assert(
      fc.property(around, around, fc.boolean(), fc.boolean(), (before, after, crlf, mark) => {
        const made = lines(newManifest(first))
          .slice(begin, end + 1)
          .join('\n');
        const block = crlf ? made.replaceAll('\n', '\r\n') : made;
        const text = `${mark ? '\ufeff' : ''}${before}\n${block}\n${after}`;
        const updated = updateManifest(text, later) ?? '';
        assert.ok(updated.startsWith(text.slice(0, text.indexOf(block) + block.indexOf('\n') + 1)));
        assert.ok(updated.endsWith(`<!-- mosaic: end -->\n${after}`));
        const inside = updated.slice(text.indexOf(block), updated.length - after.length - 1);
        assert.equal(inside.replaceAll('\r\n', '').includes('\n'), !crlf);
        assert.equal(updateManifest(updated, later), updated);
        assert.equal(updateManifest(updated, first), text);
      }),
      { numRuns: 500 },
    );
  });

  const made = newManifest(first);
  const [opening = '', closing = ''] = [lines(made)[begin], lines(made)[end]];
  const gone: [string, string][] = [
    ['no markers', '# Mission\n'],
    ['no first marker', made.replace(opening, '')],
    ['no last marker', made.replace(closing, '')],
    ['the first twice', `${opening}\n${made}`],
    ['the last twice', `${made}\n${closing}\n`],
    ['the wrong order', `${closing}\n${opening}\n`],
    ['markers within lines', made.replace(opening, `Our marker is ${opening}`)],
    ['both markers on one line', `${opening}${closing}`],
  ];
  for (const [what, text] of gone)
    it(`is none with ${what}`, () => assert.equal(updateManifest(text, later), undefined));

  it('does not mind markers told of in the text', () => {
    const text = made.replace('## Scope', `Between \`${opening}\` and \`${closing}\`:`);
    assert.ok(updateManifest(text, later)?.includes('M2, API (in-progress)'));
  });
});

describe('the guide for agents', () => {
  const guide = readFileSync(new URL('../../guides/mission-protocol.md', import.meta.url), 'utf8');

  it('has every status, the files and the heading that a handoff is known by', () => {
    for (const word of [
      'not-started',
      'in-progress',
      'done',
      'blocked',
      'failed',
      'cancelled',
      'docs/TASKS.md',
      'docs/MISSION-MANIFEST.md',
      'docs/scratchpads/',
      '\n## Handoff\n',
    ])
      assert.ok(guide.includes(word), word);
  });

  it('is in the package', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      files: string[];
    };
    assert.ok(manifest.files.includes('guides'));
  });
});
