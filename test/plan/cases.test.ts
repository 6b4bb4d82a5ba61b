/** The planner on examples: each file in cases/ says what is wanted, what is seen, and the plan that comes of it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { Fleet } from '../../src/model/fleet.ts';
import type { Plan } from '../../src/model/plan.ts';
import { plan, type PlanOptions } from '../../src/plan/plan.ts';
import { ruleNames } from '../../src/plan/rules.ts';
import { plan as validPlan } from '../../src/generated/validators.js';
import { planJsonText } from '../../src/report/plan-json.ts';
import { planText } from '../../src/report/plan-text.ts';
import { document, good } from '../fleet/helpers.ts';
import { assertInvariants } from './invariants.ts';
import { NOW } from './seen-agent.ts';
import { observationOf, placesFor, settingFor, type Seen } from './seen.ts';

/** A file is such a document, a line `---`, and the text of the plan. UPDATE=1 writes that text, to be read before it is kept. */
interface Case {
  fleet: Record<string, unknown>;
  seen: Seen;
  options?: {
    only?: string[];
    restart?: string[];
    adopt?: string[];
    fresh?: string[];
    start?: string[];
    suspend?: string[];
    allowMassStop?: boolean;
    down?: boolean;
    formulas?: boolean;
  };
  /** Of a followed repository. */
  revision?: string;
}

const folder = new URL('cases/', import.meta.url);
const update = process.env['UPDATE'] === '1';
const met = new Set<string>();

for (const file of readdirSync(folder).filter((name) => name.endsWith('.case'))) {
  test(file.replace(/\.case$/, '').replaceAll('-', ' '), () => {
    const url = new URL(file, folder);
    const text = readFileSync(url, 'utf8');
    const [head = '', expected = ''] = text.split('\n---\n');
    const { fleet: wish, seen, options = {}, revision } = parse(head) as Case;
    const fleet = good(document(complete(wish)));
    const observation = observationOf(fleet, seen);
    const before = structuredClone(observation);
    const planOptions = optionsOf(options);
    const setting = { ...settingFor(fleet), ...(revision === undefined ? {} : { revision }) };
    const result = plan(fleet, observation, setting, planOptions);
    assert.deepEqual(observation, before, 'planning changes nothing');
    assert.deepEqual(plan(fleet, observation, setting, planOptions), result, 'the same plan again');
    for (const { rule } of result.verdicts) met.add(rule);
    assertInvariants({ fleet, observation, options: planOptions, plan: result });
    assert.ok(validPlan(JSON.parse(planJsonText(result))), JSON.stringify(validPlan.errors));
    const shown = shorten(fleet, describe(result));
    if (update) writeFileSync(url, `${head}\n---\n${shown}`);
    else assert.equal(shown, expected);
  });
}

test('every rule has a case', () => {
  assert.deepEqual(
    ruleNames.filter((name) => !met.has(name)),
    [],
  );
});

const complete = (wish: Record<string, unknown>): Record<string, unknown> => ({
  name: 'test',
  supervisor: 'none',
  ...wish,
  defaults: { runtime: 'shell', working_directory: '/src', ...(wish['defaults'] as object | undefined) },
  ...(wish['missions'] === undefined
    ? {}
    : {
        missions: (wish['missions'] as object[]).map((mission) => Object.assign({}, usualMission, mission)),
      }),
});

const usualMission = {
  name: 'Mission',
  project: '/src',
  agent: 'a',
  continue: 'auto',
  milestones: [
    { id: 'M1', name: 'One' },
    { id: 'M2', name: 'Two' },
  ],
};

function optionsOf({
  only,
  restart,
  adopt,
  fresh,
  start,
  suspend,
  ...flags
}: NonNullable<Case['options']>): PlanOptions {
  return {
    ...flags,
    ...(only === undefined ? {} : { only: new Set(only) }),
    restart: new Set(restart),
    adopt: new Set(adopt),
    fresh: new Set(fresh),
    start: new Set(start),
    suspend: new Set(suspend),
  };
}

/** A line for each agent (rule and status) and for each mission, then the plan as people see it, then what its actions carry besides. */
function describe(result: Plan): string {
  const verdicts = result.verdicts.map(({ agent, wanted, rule, status, change, until, reason }) => {
    const when = until === undefined ? '' : `, until in ${(until - NOW) / 1000} s`;
    const why = change === 'none' ? `: ${reason}` : '';
    return `${agent}: wanted ${wanted}, ${rule}, ${status}${when}${why}\n`;
  });
  const missions = result.missions.map(({ mission, state, change, reason, progress }) => {
    const far = progress === undefined ? '' : `, ${progress.done} of ${progress.total}`;
    return `${mission}: mission, ${state}${far}${change === 'none' ? `: ${reason}` : ''}\n`;
  });
  const gates = result.verifications.map(
    ({ mission, milestones, command, workplace }) =>
      `verify ${mission}: ${milestones.join(', ')} by ${command}, in ${workplace}\n`,
  );
  const details = result.actions.flatMap(detail).map((line) => `${line}\n`);
  const text = planText(result, { actions: true, diffs: false });
  const unobserved = result.unobserved === undefined ? [] : [`unobserved: ${result.unobserved.reason}\n`];
  const after = details.length > 0 ? ['\n', ...details] : [];
  return [...verdicts, ...missions, ...unobserved, '\n', text, ...after, ...gates].join('');
}

function detail(action: Plan['actions'][number]): string[] {
  switch (action.kind) {
    case 'record-end': {
      const { cause, status, signal } = action.ended;
      const how = [
        cause,
        ...(status === undefined ? [] : [`exit ${status}`]),
        ...(signal === undefined ? [] : [`signal ${signal}`]),
      ];
      const limits = action.limits > 0 ? `, limit ${action.limits} in a row` : '';
      return [
        `${action.id}: ${how.join(' ')}, ${action.restarts} restarts so far${limits}${action.outage ? ', an outage' : ''}`,
      ];
    }
    case 'stop-session': {
      const { target, unit, scope, born, because } = action;
      const what = [
        ...(target === undefined ? [] : [target.session]),
        ...(unit ? ['unit'] : []),
        ...(scope ? ['scope'] : []),
      ];
      return [
        `${action.id}: ${because}, ends ${what.join(' ') || 'processes'} of ${born}${conversation(action)}`,
      ];
    }
    case 'start-session':
      return [
        `${action.id}: ${action.restarts} restarts charged, in ${action.workingDirectory}${conversation(action)}`,
      ];
    case 'write-lock':
      return [`${action.id}: ${action.restarts} restarts charged`];
    case 'start-holder':
      return [`${action.id}: ${action.how}`];
    case 'end-mission-session':
      return [`${action.id}: ${action.session} ${action.because}, ${(NOW - action.at) / 1000} s ago`];
    case 'begin-mission-session':
      return [`${action.id}: ${action.prompt}, in ${action.workplace}`];
    case 'block-task':
      return [`${action.id}: ${action.task}`];
    case 'kickstart':
      return typeof action.text === 'string' ? [] : [`${action.id}: types ${action.text.file}`];
    default:
      return [];
  }
}

const conversation = ({ fresh }: { fresh?: true }): string => (fresh ? ', a new conversation' : '');

function shorten(fleet: Fleet, text: string): string {
  const { rendered, units, state } = placesFor(fleet);
  return text.replaceAll(rendered, 'RENDERED').replaceAll(units, 'UNITS').replaceAll(state, 'STATE');
}
