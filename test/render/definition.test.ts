/**
 * The definition hash says whether a running agent is out of date. These values are kept on sessions of people's fleets: when
 * one of them changes, DEFINITION_VERSION must be raised, or every agent would seem to be out of date at the next upgrade.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Agent } from '../../src/model/fleet.ts';
import { definitionOf, DEFINITION_VERSION, sameDefinition } from '../../src/render/definition.ts';
import { document, good } from '../fleet/helpers.ts';

function agent(fields: Record<string, unknown> = {}): Agent {
  const [only] = good(document({ agents: [{ name: 'a', runtime: 'shell', ...fields }] })).agents;
  assert.ok(only);
  return only;
}

const hash = (fields: Record<string, unknown> = {}, secrets: Record<string, string> = {}): string =>
  definitionOf(agent(fields), secrets).hash;

const everything = {
  command: ['run', '--fast', 'a b'],
  env: { EDITOR: 'vim', LANG: 'C' },
  worktree: { repository: '/repo', path: '/trees/a', base: 'main', branch: 'agents/a' },
  resources: { memory_max: '4G', cpu_weight: 100, tasks_max: 512 },
};

test('golden values of version 1', () => {
  assert.equal(DEFINITION_VERSION, 1);
  assert.equal(hash(), '1-4893be574eeea5a7');
  assert.equal(hash(everything), '1-0ad9e77ebf081470');
  assert.equal(hash(everything, { TOKEN: 'hunter2' }), '1-609bd9a43d14db24');
});

const changes: [string, Record<string, unknown>, Record<string, string>?][] = [
  ['the command', { command: ['other'] }],
  ['one word of it', { command: ['run', '--fast', 'a  b'] }],
  ['where its words part', { command: ['run', '--fast a', 'b'] }],
  ['a variable', { env: { EDITOR: 'vi', LANG: 'C' } }],
  ['a variable more', { env: { ...everything.env, MORE: '' } }],
  ['the repository', { worktree: { ...everything.worktree, repository: '/other' } }],
  ['the path', { worktree: { ...everything.worktree, path: '/trees/b' } }],
  ['the branch', { worktree: { ...everything.worktree, branch: 'other' } }],
  ['a limit', { resources: { ...everything.resources, memory_max: '5G' } }],
  ['a limit less', { resources: { memory_max: '4G', cpu_weight: 100 } }],
  ['the runtime', { runtime: 'claude' }],
  ['a secret', {}, { TOKEN: 'another' }],
];

for (const [what, change, secrets = {}] of changes) {
  test(`${what} makes another definition`, () => {
    assert.notEqual(hash({ ...everything, ...change }, secrets), hash(everything));
  });
}

const same: [string, Record<string, unknown>][] = [
  ['the order of variables', { env: { LANG: 'C', EDITOR: 'vim' } }],
  ['the base, which only a new worktree starts at', { worktree: { ...everything.worktree, base: 'other' } }],
  ['the restart policy', { restart: { policy: 'always' } }],
  ['the kickstart', { kickstart: 'Begin.' }],
  ['what people call it', { class: 'reviewer', model_hint: 'any' }],
  ['whether it is to run', { state: 'stopped', on_change: 'restart' }],
];

for (const [what, change] of same) {
  test(`${what} makes no other definition`, () => {
    assert.equal(hash({ ...everything, ...change }), hash(everything));
  });
}

test('only hashes of one version are compared', () => {
  assert.ok(sameDefinition('1-aa', '1-aa'));
  assert.ok(!sameDefinition('1-aa', '1-bb'));
  assert.ok(sameDefinition('1-aa', '2-bb'));
  assert.ok(sameDefinition('0-', '1-aa'), 'nobody knows what an adopted session runs');
});

test('fields show that a secret changed, and never what it is', () => {
  const one = definitionOf(agent(), { TOKEN: 'hunter2' });
  const other = definitionOf(agent(), { TOKEN: 'hunter3' });
  assert.notDeepEqual(one.fields, other.fields);
  assert.ok(!JSON.stringify([one, other]).includes('hunter'));
});
