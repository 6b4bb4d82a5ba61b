import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plan as validPlan, savedPlan as validSavedPlan } from '../../src/generated/validators.js';
import type { MissionVerdict, Plan } from '../../src/model/plan.ts';
import { planJsonText } from '../../src/report/plan-json.ts';
import { planMarkdown } from '../../src/report/plan-markdown.ts';
import { isInSync, summaryLine } from '../../src/report/plan-summary.ts';
import { planScreen, planText } from '../../src/report/plan-text.ts';
import { savedPlanText } from '../../src/report/saved-plan.ts';
import { assertExpected } from './expected.ts';
import { action, emptyPlan, verdict } from './samples.ts';

const mission = (
  id: string,
  state: MissionVerdict['state'],
  change: MissionVerdict['change'],
  more: Partial<MissionVerdict> = {},
): MissionVerdict => ({
  mission: id,
  agent: `${id}-agent`,
  state,
  change,
  reason: 'sess-001 runs',
  conditions: [],
  progress: { done: 3, total: 12, pct: 25 },
  ...more,
});

/** One mission of every state. */
const missionsPlan = (): Plan =>
  emptyPlan({
    verdicts: [
      verdict('shop-agent', 'restart', { reason: 'ended by SIGKILL; shop: recovers on T4' }),
      verdict('search-agent', 'hold', {
        status: 'held',
        reason: 'mission search: 3 sessions in a row ended without any task changing',
      }),
      verdict('mail-agent', 'none'),
    ],
    missions: [
      mission('mail', 'working', 'none'),
      mission('shop', 'starting', 'start', {
        reason: 'ended by SIGKILL; recovers on T4',
        conditions: [
          {
            code: 'F3',
            name: 'crash',
            seen: 'sess-007 crashed after 12m, 9 tasks remain',
            done: 'its worktree is kept; the next reconcile goes on',
          },
          {
            code: 'F4',
            name: 'error spiral',
            seen: 'T3 (6 sessions crashed on it)',
            done: 'blocked; the tasks after it go on',
          },
        ],
      }),
      mission('search', 'held', 'hold', {
        reason: '3 sessions in a row ended without any task changing',
        fix: 'Read the scratchpad; then mosaic coord run T1, or mosaic apply --restart its agent.',
        conditions: [
          {
            code: 'F1',
            name: 'premature stop',
            seen: '3 sessions in a row ended without any task changing',
            done: 'held: no more are started',
          },
        ],
      }),
      mission('docs', 'offered', 'none', {
        reason: 'D2 comes next, for a person to start',
        fix: 'mosaic coord continue --project /home/ada/docs prints the prompt.',
      }),
      mission('cart', 'verifying', 'record', { reason: 'the quality gates of M1 are due' }),
      mission('tax', 'waiting', 'record', {
        reason: 'X1 comes next; tax-agent: exit 1: waits before it starts again',
      }),
      mission('legal', 'paused', 'none', {
        reason: 'it is paused',
        conditions: [
          {
            code: 'F8',
            name: 'scope drift',
            seen: '1 task of no milestone of the mission: L9 (M9)',
            done: 'reported; no session is given them',
          },
        ],
      }),
      mission('old', 'completed', 'record', {
        reason: 'all its milestones are completed',
        progress: { done: 12, total: 12, pct: 100 },
      }),
      (() => {
        const { progress: _, ...rest } = mission('broken', 'conflict', 'conflict', {
          reason: 'line 7: the status of T2 is not one',
          fix: 'Mend the table.',
        });
        return rest;
      })(),
    ],
    verifications: [
      {
        mission: 'cart',
        agent: 'cart-agent',
        project: '/home/ada/cart',
        milestones: ['M1', 'M2'],
        command: 'pnpm lint && pnpm test',
        workplace: '/home/ada/wt/cart',
      },
    ],
    holds: [
      {
        subject: 'shop',
        reason: 'its milestone M9 is gone from the fleet file and stays: it is in-progress',
        fix: 'Put M9 back into milestones.',
      },
    ],
    actions: [
      action('make-mission', { mission: 'docs', agent: 'docs-agent' }),
      action('end-mission-session', {
        mission: 'shop',
        agent: 'shop-agent',
        session: 'sess-007',
        because: 'crashed',
        at: 0,
      }),
      action('change-mission', { mission: 'old', agent: 'old-agent' }),
      action('block-task', { mission: 'shop', agent: 'shop-agent', task: 'T3' }),
      action('begin-mission-session', {
        mission: 'shop',
        agent: 'shop-agent',
        prompt: 'recover',
        workplace: '/home/ada/wt/shop',
      }),
      action('start-session', { agent: 'shop-agent', needs: ['begin-mission-session:shop-agent'] }),
      action('join-mission-session', {
        mission: 'shop',
        agent: 'shop-agent',
        needs: ['start-session:shop-agent'],
      }),
    ],
  });

describe('a plan with missions', () => {
  it('has a line for each of which something is done or wrong, and one for each condition', () =>
    assertExpected('plan-missions.txt', planText(missionsPlan())));
  for (const columns of [60, 160])
    it(`fits ${columns} columns`, () =>
      assertExpected(`plan-missions-${columns}.txt`, planScreen(missionsPlan(), { columns, color: false })));
  it('is coloured on a terminal', () =>
    assertExpected('plan-missions-color.txt', planScreen(missionsPlan(), { columns: 100, color: true })));
  it('is the same in Markdown', () => assertExpected('plan-missions.md', planMarkdown(missionsPlan())));
  it('is the same in JSON', () => assertExpected('plan-missions.json', planJsonText(missionsPlan())));
  it('follows its schema', () => {
    assert.ok(validPlan(JSON.parse(planJsonText(missionsPlan()))), JSON.stringify(validPlan.errors));
    const saved = savedPlanText(missionsPlan(), {
      savedAt: 0,
      version: '0.1.0',
      file: '/home/ada/fleet.yaml',
      fileDigest: 'a'.repeat(64),
      planDigest: 'b'.repeat(64),
      options: { agents: [], restart: [], adopt: [], allow_mass_stop: false },
    });
    assert.ok(validSavedPlan(JSON.parse(saved)), JSON.stringify(validSavedPlan.errors));
  });
  it('lets nothing through that is no text', () => {
    const bad = 'x\u001b]0;title\u0007\u202e\n| <b> @ada';
    const conditions = [{ code: 'F8', name: bad, seen: bad, done: bad }];
    const plan = emptyPlan({
      missions: [mission(bad, 'held', 'hold', { reason: bad, fix: bad, conditions })],
      verifications: [
        { mission: bad, agent: bad, project: bad, milestones: [bad], command: bad, workplace: bad },
      ],
    });
    for (const text of [planText(plan), planMarkdown(plan), planJsonText(plan)])
      assert.doesNotMatch(text.replaceAll(/[\n\t]/g, ''), /[\p{Cc}\u202e]/u);
    const row =
      planMarkdown(plan)
        .split('\n')
        .find((line) => line.includes('held')) ?? '';
    assert.doesNotMatch(row, /<b>|@ada|[^\\]\| <b/);
  });
});

describe('the summary of a plan with missions', () => {
  const same = verdict('a', 'none');
  const cases: [string, Plan][] = [
    [
      'Nothing to do: 1 agent, 1 mission as wanted.',
      emptyPlan({ verdicts: [same], missions: [mission('m', 'working', 'none')] }),
    ],
    [
      'Nothing to do: 1 agent, 2 missions as wanted.',
      emptyPlan({
        verdicts: [same],
        missions: [mission('m', 'offered', 'none'), mission('n', 'paused', 'none')],
      }),
    ],
    ['Plan: 1 held, 1 unchanged.', emptyPlan({ verdicts: [same], missions: [mission('m', 'held', 'hold')] })],
    [
      'Plan: 1 conflict, 1 unchanged.',
      emptyPlan({ verdicts: [same], missions: [mission('m', 'conflict', 'conflict')] }),
    ],
    [
      'Plan: 1 step, 1 unchanged.',
      emptyPlan({
        verdicts: [same],
        missions: [mission('m', 'working', 'record')],
        actions: [action('change-mission', { mission: 'm', agent: 'a' })],
      }),
    ],
    [
      'Plan: 1 mission to verify, 1 unchanged.',
      emptyPlan({
        verdicts: [same],
        missions: [mission('m', 'verifying', 'none')],
        verifications: missionsPlan().verifications,
      }),
    ],
  ];
  for (const [expected, plan] of cases)
    it(expected, () => {
      assert.equal(summaryLine(plan), expected);
      assert.equal(isInSync(plan), expected.startsWith('Nothing'));
    });
});
