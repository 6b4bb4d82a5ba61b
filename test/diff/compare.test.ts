/** What differs between two fleets, and what it is said to come to. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSame } from '../../src/model/diff.ts';
import { compareFleets } from '../../src/plan/compare.ts';
import { compare, consequences, fleetOf, load, usual, type Raw } from './compare.ts';

const same = (base: string | Raw, head: string | Raw): void => {
  const diff = compare(base, head);
  assert.ok(isSame(diff), JSON.stringify(diff, undefined, 1));
};

describe('no difference', () => {
  it('is what is only written otherwise', () => {
    const text = `version: 1
name: factory
agents:
  - { name: a, runtime: claude, restart: { window: 60s }, resources: { memory_max: 1G } }
`;
    same(
      text,
      `# Another comment.
version: 1
name: "factory"
defaults: { runtime: claude }
agents:
  - name: a
    state: running
    working_directory: $HOME
    restart: { window: 1m, max_restarts: 5 }
    resources:
      memory_max: 1024M
`,
    );
  });
  it('is the order of agents', () =>
    same(fleetOf([{ name: 'a' }, { name: 'b' }]), fleetOf([{ name: 'b' }, { name: 'a' }])));
  it('is a renamed_from that was taken up before', () =>
    same(fleetOf([{ name: 'b' }]), fleetOf([{ name: 'b', renamed_from: 'a' }])));
  it('is the case of a host', () =>
    same(fleetOf([{ name: 'a', host: 'Box' }]), fleetOf([{ name: 'a', host: 'box' }])));
});

describe('the consequence for an agent', () => {
  const cases: [string, Raw[], Raw[], Record<string, string>, Raw?][] = [
    ['added', [], [{ name: 'a' }], { a: 'start' }],
    ['added and stopped', [], [{ name: 'a', state: 'stopped' }], { a: 'none' }],
    ['removed', [{ name: 'a' }, { name: 'b' }], [{ name: 'b' }], { a: 'stop' }],
    ['removed and stopped before', [{ name: 'a', state: 'stopped' }], [], { a: 'none' }],
    ['removed without prune', [{ name: 'a' }], [], { a: 'hold' }, { reconcile: { prune: false } }],
    ['renamed', [{ name: 'a' }], [{ name: 'b', renamed_from: 'a' }], { b: 'rename' }],
    [
      'renamed and changed',
      [{ name: 'a' }],
      [{ name: 'b', renamed_from: 'a', env: { X: '1' } }],
      { b: 'hold' },
    ],
    ['stopped', [{ name: 'a' }], [{ name: 'a', state: 'stopped' }], { a: 'stop' }],
    ['started', [{ name: 'a', state: 'stopped' }], [{ name: 'a' }], { a: 'start' }],
    [
      'changed while stopped',
      [{ name: 'a', state: 'stopped' }],
      [{ name: 'a', state: 'stopped', class: 'x' }],
      { a: 'none' },
    ],
    ['redefined', [{ name: 'a' }], [{ name: 'a', env: { X: '1' } }], { a: 'hold' }],
    [
      'redefined, on_change: restart',
      [{ name: 'a' }],
      [{ name: 'a', env: { X: '1' }, on_change: 'restart' }],
      { a: 'restart' },
    ],
    ['told otherwise, not redefined', [{ name: 'a' }], [{ name: 'a', kickstart: 'Go on.' }], { a: 'none' }],
    ['moved', [{ name: 'a', host: 'x' }], [{ name: 'a', host: 'y' }], { a: 'move' }],
    ['given to one host', [{ name: 'a' }], [{ name: 'a', host: 'y' }], { a: 'stop' }],
    ['given to all hosts', [{ name: 'a', host: 'x' }], [{ name: 'a' }], { a: 'start' }],
    [
      'moved and stopped',
      [{ name: 'a', host: 'x' }],
      [{ name: 'a', host: 'y', state: 'stopped' }],
      { a: 'stop' },
    ],
    [
      'another branch in its worktree',
      [{ name: 'a', on_change: 'restart', worktree: { repository: '~/r', branch: 'one' } }],
      [{ name: 'a', on_change: 'restart', worktree: { repository: '~/r', branch: 'two' } }],
      { a: 'hold' },
    ],
    [
      'another env_file of which nothing is known',
      [{ name: 'a', env_file: '~/one' }],
      [{ name: 'a', env_file: '~/two' }],
      { a: 'hold' },
    ],
    [
      'held by its mission',
      [],
      [{ name: 'a' }],
      { a: 'hold' },
      {
        missions: [
          {
            id: 'm',
            project: '~/p',
            agent: 'a',
            milestones: [{ id: 'M1' }],
            continue: 'auto',
            state: 'paused',
          },
        ],
      },
    ],
  ];
  for (const [name, before, after, expected, rest = {}] of cases)
    it(name, () => {
      const diff = compare(fleetOf(before), fleetOf(after, rest));
      assert.deepEqual(consequences(diff), expected);
    });

  it('of another fleet on the same socket is a conflict, on another a start beside', () => {
    const base = fleetOf([{ name: 'a' }, { name: 'gone' }]);
    const here = compare(base, fleetOf([{ name: 'a' }, { name: 'b' }], { name: 'other' }));
    assert.deepEqual(consequences(here), { b: 'start', gone: 'hold' });
    assert.match(here.warnings[0] ?? '', /another one/);
  });

  it('of which the kickstart template is missing is said before it is merged', () => {
    const head = load(fleetOf([{ name: 'a', kickstart_template: 'a.md' }]));
    const broken = {
      ...head,
      agents: head.agents.map((agent) => Object.assign({ kickstartTrouble: 'a.md is not there' }, agent)),
    };
    const diff = compareFleets(
      { fleet: load(fleetOf([])), secrets: new Map() },
      { fleet: broken, secrets: new Map() },
    );
    assert.deepEqual(consequences(diff), { a: 'conflict' });
    assert.match(diff.warnings.join(), /a: not started: a\.md is not there/);
  });
});

describe('fields', () => {
  it('are told in the words of the file', () => {
    const [agent] = compare(
      fleetOf([{ name: 'a', env: { A: '1', B: '2' }, restart: { backoff: { initial: '60s' } } }]),
      fleetOf([{ name: 'a', env: { A: '1', B: '3' }, resources: { memory_max: 2_147_483_648 } }]),
    ).agents;
    assert.deepEqual(agent?.fields, [
      { field: 'env.B', before: '2', after: '3' },
      { field: 'resources.memory_max', after: '2G' },
      { field: 'restart.backoff.initial', before: '1m', after: '10s' },
    ]);
  });
  it('that come from a runtime say so, and the runtime says whose', () => {
    const agents = [
      { name: 'a', runtime: 'pi' },
      { name: 'b' },
      { name: 'c', runtime: 'pi', command: ['sh'] },
    ];
    const diff = compare(
      fleetOf(agents),
      fleetOf(agents, { runtimes: { pi: { command: ['pi', '--fast'] } } }),
    );
    assert.deepEqual(
      diff.agents.map(({ agent, fields }) => [agent, fields.map(({ field, via }) => `${field} ${via}`)]),
      [['a', ['command runtimes.pi']]],
    );
    assert.deepEqual(
      diff.settings.map(({ field, agents: whose }) => [field, whose]),
      [['runtimes.pi.command', ['a']]],
    );
  });
  it('of an env_file show no value', () => {
    const fleet = load(fleetOf([{ name: 'a', env_file: 'a.env' }]));
    const side = (values: Record<string, string>) => ({ fleet, secrets: new Map([['a.env', values]]) });
    const diff = compareFleets(
      side({ KEPT: 'k', OLD: 'hush-1', TOKEN: 'hush-2' }),
      side({ KEPT: 'k', NEW: 'hush-3', TOKEN: 'hush-4' }),
    );
    assert.doesNotMatch(JSON.stringify(diff), /hush/);
    assert.deepEqual(diff.agents[0]?.fields, [
      { field: 'env_file: NEW', after: '(secret)' },
      { field: 'env_file: OLD', before: '(secret)' },
      { field: 'env_file: TOKEN', before: '(secret)', after: '(secret, another value)' },
    ]);
    assert.deepEqual(consequences(diff), { a: 'hold' });
  });
  it('named as what every object has are fields like any other', () => {
    const diff = compare(
      fleetOf([{ name: 'constructor' }]),
      fleetOf([{ name: 'constructor', env: { toString: '1' } }], {
        runtimes: { constructor: { command: ['x'] } },
      }),
    );
    assert.deepEqual(diff.agents[0]?.fields, [{ field: 'env.toString', after: '1' }]);
    assert.deepEqual(
      diff.settings.map(({ field }) => field),
      ['runtimes.constructor.command'],
    );
  });
});

describe('warnings', () => {
  const many = (n: number, fields: Raw = {}): Raw[] =>
    Array.from({ length: n }, (_, i) => ({ name: `a${i}`, ...fields }));
  it('tell of a plan that the brakes would refuse', () => {
    const { warnings } = compare(fleetOf(many(4)), fleetOf(many(1)));
    assert.deepEqual(warnings, [
      '3 of 4 running sessions would end (reconcile.max_stop_fraction: 0.5): apply refuses that without --allow-mass-stop',
    ]);
  });
  it('tell of an empty roster', () =>
    assert.match(
      compare(fleetOf(many(1)), fleetOf([])).warnings.join(),
      /the roster is empty, and 1 session would be stopped/,
    ));
  it('are counted on each host by itself', () => {
    const base = fleetOf([
      ...many(4),
      { name: 'x', host: 'box' },
      { name: 'y', host: 'box' },
      { name: 'z', host: 'box' },
    ]);
    const head = fleetOf([
      ...many(1),
      { name: 'x', host: 'box' },
      { name: 'y', host: 'box' },
      { name: 'z', host: 'box' },
    ]);
    assert.deepEqual(compare(base, head).warnings, [
      'on any other host, 3 of 4 running sessions would end (reconcile.max_stop_fraction: 0.5): apply refuses that without --allow-mass-stop',
    ]);
  });
  it('leave out the host on which all goes on', () => {
    const base = fleetOf([...many(3), { name: 'x', host: 'box' }]);
    const head = fleetOf([...many(3, { host: 'box' }), { name: 'x', host: 'box' }]);
    assert.deepEqual(
      compare(base, head).warnings.map((text) => text.split(',')[0]),
      ['on any other host'],
    );
    assert.match(
      compare(fleetOf(many(3)), fleetOf(many(3, { host: 'new' }))).warnings.join(),
      /^on any other host, 3 of 3/,
    );
  });
  it('are none for what is held', () => {
    const changed = fleetOf(many(4, { env: { X: '1' } }));
    assert.deepEqual(compare(fleetOf(many(4)), changed).warnings, []);
    assert.equal(
      compare(
        fleetOf(many(4)),
        fleetOf(many(4), { defaults: { ...usual, on_change: 'restart', env: { X: '1' } } }),
      ).warnings.length,
      1,
    );
  });
  it('tell of another socket', () =>
    assert.match(
      compare(fleetOf(many(1)), fleetOf(many(1), { tmux: { socket_name: 'two' } })).warnings.join(),
      /does nothing on a host whose agents run on mosaic-factory/,
    ));
});

it('a fleet without a base is new as a whole', () => {
  const diff = compare(undefined, fleetOf([{ name: 'a' }]));
  assert.ok(diff.isNew && !isSame(diff));
  assert.deepEqual(consequences(diff), { a: 'start' });
  assert.deepEqual(diff.settings, []);
});

describe('missions', () => {
  const mission = (rest: Raw = {}): Raw => ({
    id: 'm',
    project: '~/p',
    agent: 'a',
    milestones: [{ id: 'M1' }],
    ...rest,
  });
  const reason = (before: Raw[], after: Raw[], agents: Raw[] = [{ name: 'a' }, { name: 'b' }]): string =>
    compare(
      fleetOf([{ name: 'a' }, { name: 'b' }], { missions: before }),
      fleetOf(agents, { missions: after }),
    )
      .missions.map((one) => `${one.change}: ${one.reason}`)
      .join('\n');
  const cases: [string, Raw[], Raw[], RegExp][] = [
    ['added for a person', [], [mission()], /^added: its sessions are for a person/],
    [
      'added for the reconciler',
      [],
      [mission({ continue: 'auto' })],
      /^added: its first session waits until what a runs/,
    ],
    ['removed', [mission()], [], /^removed: no session follows/],
    [
      'paused',
      [mission()],
      [mission({ state: 'paused' })],
      /^changed: no session follows until it is active/,
    ],
    [
      'moved to another agent, with more to do',
      [mission()],
      [mission({ agent: 'b', milestones: [{ id: 'M1' }, { id: 'M2' }] })],
      /slot of b; its record takes up the new milestones/,
    ],
    ['written otherwise', [mission()], [mission({ deadlock_after: '360m', name: 'm' })], /^$/],
  ];
  for (const [name, before, after, expected] of cases)
    it(name, () => assert.match(reason(before, after), expected));
});
