import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { builtinRuntimes } from '../../src/fleet/runtimes/index.ts';
import type { Agent } from '../../src/model/fleet.ts';
import { bad, document, good, load } from './helpers.ts';

/** The only agent of a file, with these fields. */
function agent(fields: object, rest: object = {}): Agent {
  const [only] = good(document({ agents: [{ name: 'a', runtime: 'claude', ...fields }], ...rest })).agents;
  assert.ok(only);
  return only;
}

test('the least that can be said gives every default', () => {
  const fleet = good('version: 1\nagents:\n  - { name: a, runtime: claude }\n');
  const { runtimes, ...rest } = fleet;
  assert.deepEqual(Object.keys(runtimes), ['claude', 'codex', 'pi', 'shell']);
  assert.deepEqual(rest, {
    name: 'mosaic',
    file: '/work/fleet.yaml',
    tmux: { socketName: 'mosaic-factory', holderSession: '_holder' },
    supervisor: 'auto',
    systemd: { unitPrefix: 'mosaic' },
    hosts: {},
    agents: [
      {
        name: 'a',
        runtime: 'claude',
        persistentPersona: false,
        resetBetweenTasks: false,
        command: ['claude'],
        workingDirectory: '/home/u',
        onRestart: 'resume',
        env: {},
        resources: {},
        restart: {
          policy: 'on-crash',
          maxRestarts: 5,
          windowMs: 900_000,
          backoff: { initialMs: 10_000, maxMs: 300_000 },
        },
        onChange: 'hold',
        state: 'running',
      },
    ],
    elsewhere: [],
    missions: [],
    formulas: [],
    reconcile: { prune: true, maxStopFraction: 0.5, startConcurrency: 8 },
  });
});

for (const roster of [
  'version: 1\n',
  'version: 1\nagents: []\n',
  '# a comment\nversion: 1 # and another\n',
]) {
  test(`no agents: ${JSON.stringify(roster)}`, () => assert.deepEqual(good(roster).agents, []));
}

test('a roster of the older form is valid as it stands', () => {
  const fleet = good(
    [
      'version: 1',
      'transport: tmux',
      'tmux:',
      '  socket_name: mosaic-factory',
      '  holder_session: _holder',
      'defaults:',
      '  working_directory: ~/src',
      'agents:',
      '  - name: enhancer0',
      '    runtime: claude',
      '    class: enhancer',
      '    model_hint: Claude Opus',
      '    persistent_persona: semi',
      '    reset_between_tasks: true',
    ].join('\r\n'),
  );
  const [first] = fleet.agents;
  assert.equal(first?.persistentPersona, 'semi');
  assert.equal(first.workingDirectory, '/home/u/src');
  assert.equal(
    first.onRestart,
    'fresh',
    'what is reset between tasks does not take up its last conversation',
  );
});

test('defaults are merged field by field, maps key by key, and the agent wins', () => {
  const merged = agent(
    {
      env: { B: 'agent' },
      restart: { policy: 'always', backoff: { max: '1h30m' } },
      resources: { tasks_max: 7 },
      worktree: { branch: 'x' },
      command: ['own'],
    },
    {
      defaults: {
        env: { A: 'default', B: 'default' },
        restart: { max_restarts: 1, backoff: { initial: '500ms' } },
        resources: { memory_max: '2GiB' },
        worktree: { repository: '~/app', base: 'main' },
        command: ['default', 'argument'],
        on_change: 'restart',
      },
    },
  );
  assert.deepEqual(merged.env, { A: 'default', B: 'agent' });
  assert.deepEqual(merged.restart, {
    policy: 'always',
    maxRestarts: 1,
    windowMs: 900_000,
    backoff: { initialMs: 500, maxMs: 5_400_000 },
  });
  assert.deepEqual(merged.resources, { memoryMax: 2 * 1024 ** 3, tasksMax: 7 });
  assert.deepEqual(merged.worktree, { repository: '/home/u/app', base: 'main', branch: 'x' });
  assert.deepEqual(merged.command, ['own']);
  assert.equal(merged.onChange, 'restart');
});

test('a kickstart of either kind replaces the default of the other kind', () => {
  const own = agent({ kickstart: 'go' }, { defaults: { kickstart_template: 'start.md' } });
  assert.equal(own.kickstart, 'go');
  assert.equal(own.kickstartTemplate, undefined);
  const template = agent({ kickstart_template: 'start.md' }, { defaults: { kickstart: 'go' } });
  assert.equal(template.kickstart, undefined);
  assert.equal(template.kickstartTemplate, '/work/start.md');
});

const paths: [string, string][] = [
  ['~', '/home/u'],
  ['~/', '/home/u'],
  ['~/x', '/home/u/x'],
  ['$HOME', '/home/u'],
  ['$HOME/x', '/home/u/x'],
  ['${HOME}/x', '/home/u/x'],
  ['/abs/./x/../y/', '/abs/y'],
  ['x', '/work/x'],
  ['../x', '/x'],
  ['./~bob', '/work/~bob'],
  ['/a/~/b', '/a/~/b'],
  ['/a/$HOME', '/a/$HOME'],
  ['/a/$(id)', '/a/$(id)'],
  ['/a/#(id)%n\\', '/a/#(id)%n\\'],
  ['/a b/"c"', '/a b/"c"'],
  ['/', '/'],
];
for (const [written, expanded] of paths) {
  test(`the path ${written} is ${expanded}`, () => {
    assert.equal(agent({ working_directory: written }).workingDirectory, expanded);
    assert.equal(agent({ env_file: written }).envFile, expanded);
    assert.equal(agent({ worktree: { repository: written } }).worktree?.repository, expanded);
  });
}

for (const path of ['~bob', '~bob/x', '$WORK/x', '${WORK}', '$HOMER']) {
  test(`the path ${path} is refused: it looks as if it were expanded`, () => {
    const [problem] = bad(document({ agents: [{ name: 'a', runtime: 'pi', working_directory: path }] }));
    assert.equal(problem?.path, 'agents[0].working_directory');
  });
}

test('sizes and durations', () => {
  const sizes: [string | number, number][] = [
    [1, 1],
    [4096, 4096],
    ['4096', 4096],
    ['10B', 10],
    ['1K', 1024],
    ['512M', 512 * 1024 ** 2],
    ['4G', 4 * 1024 ** 3],
    ['2GiB', 2 * 1024 ** 3],
    ['2GB', 2 * 1024 ** 3],
    ['1T', 1024 ** 4],
  ];
  for (const [text, bytes] of sizes)
    assert.equal(agent({ resources: { memory_max: text } }).resources.memoryMax, bytes);
  const durations: [string, number][] = [
    ['0s', 0],
    ['500ms', 500],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['1h1s', 3_601_000],
  ];
  for (const [text, ms] of durations) assert.equal(agent({ restart: { window: text } }).restart.windowMs, ms);
});

for (const window of ['', '5', 's', '-1s', '1.5h', '5 m', '30m1h', '1w', '10S', '9999999d']) {
  test(`${JSON.stringify(window)} is no duration`, () => {
    const [problem] = bad(document({ defaults: { restart: { window } } }));
    assert.equal(problem?.path, 'defaults.restart.window');
  });
}
for (const size of ['', '0', 0, -1, 1.5, '1.5G', '4g', 'G', '4 G', '999999999999T']) {
  test(`${JSON.stringify(size)} is no size`, () => {
    const [problem] = bad(document({ defaults: { resources: { memory_max: size } } }));
    assert.equal(problem?.path, 'defaults.resources.memory_max');
  });
}

test('runtimes: a built-in is overridden field by field, a new one is added', () => {
  const { runtimes, agents } = good(`
version: 1
runtimes:
  pi: { reset_command: /clear }
  aider: { command: [aider, --yes], reset_command: /clear, ready: '^> ' }
agents:
  - { name: a, runtime: aider }
  - { name: b, runtime: pi }
  - { name: c, command: [my, program] }
`);
  assert.deepEqual(runtimes['pi'], { ...builtinRuntimes['pi'], resetCommand: '/clear' });
  assert.deepEqual(runtimes['aider'], { command: ['aider', '--yes'], resetCommand: '/clear', ready: '^> ' });
  assert.deepEqual(
    agents.map(({ runtime, command }) => [runtime, command]),
    [
      ['aider', ['aider', '--yes']],
      ['pi', ['pi']],
      ['shell', ['my', 'program']],
    ],
  );
});

for (const name of ['constructor', 'toString', '__proto__']) {
  test(`a runtime called ${name} is not there`, () => {
    assert.equal(bad(`version: 1\nagents: [{ name: a, runtime: ${name} }]`)[0]?.path, 'agents[0].runtime');
  });
}

test('agents of other hosts are listed apart; host names know no case', () => {
  const fleet = good(`
version: 1
defaults: { runtime: claude }
agents:
  - { name: a, host: HERE }
  - { name: b, host: other }
  - { name: c, host: 0123abcd }
  - { name: d }
`);
  assert.deepEqual(
    fleet.agents.map(({ name }) => name),
    ['a', 'c', 'd'],
  );
  assert.deepEqual(
    fleet.elsewhere.map(({ name, host }) => ({ name, host })),
    [{ name: 'b', host: 'other' }],
  );
});

test('anchors, aliases and merge keys', () => {
  const fleet = good(`
version: 1
defaults: { runtime: claude }
agents:
  - &base { name: a, env: &env { X: '1' }, state: stopped }
  - { <<: *base, name: b, env: { <<: *env, Y: '2' } }
  - { <<: [{ name: c, class: first }, { class: second, model_hint: m }] }
  - { name: d, env: *env }
`);
  assert.deepEqual(
    fleet.agents.map(({ name, env, state, class: kind, modelHint }) => ({
      name,
      env,
      state,
      kind,
      modelHint,
    })),
    [
      { name: 'a', env: { X: '1' }, state: 'stopped', kind: undefined, modelHint: undefined },
      { name: 'b', env: { X: '1', Y: '2' }, state: 'stopped', kind: undefined, modelHint: undefined },
      { name: 'c', env: {}, state: 'running', kind: 'first', modelHint: 'm' },
      { name: 'd', env: { X: '1' }, state: 'running', kind: undefined, modelHint: undefined },
    ],
  );
});

test('missions are resolved; an agent that works outside of its project is warned of', () => {
  const loaded = load(`
version: 1
agents: [{ name: a, runtime: claude }]
missions:
  - { id: checkout-v2, project: ~/shop, agent: a, milestones: [{ id: M1, name: Schema }, { id: M2 }], quality_gates: make && make test }
`);
  assert.ok(loaded.ok);
  assert.deepEqual(loaded.value.missions, [
    {
      id: 'checkout-v2',
      name: 'checkout-v2',
      project: '/home/u/shop',
      agent: 'a',
      qualityGates: 'make && make test',
      milestones: [
        { id: 'M1', name: 'Schema' },
        { id: 'M2', name: 'M2' },
      ],
      state: 'active',
      continue: 'manual',
      maxIdleSessions: 3,
      verify: true,
      deadlockAfterMs: 6 * 3_600_000,
    },
  ]);
  assert.deepEqual(
    loaded.warnings.map(({ path, range }) => [path, range]),
    [['missions[0].project', { line: 5, column: 33, length: 6 }]],
  );
});

const examples = readdirSync(new URL('../../examples', import.meta.url))
  .filter((name) => name.endsWith('.fleet.yaml'))
  .map((name) => `examples/${name}`);
for (const file of ['fleet.yaml', ...examples]) {
  test(`${file} is valid`, () => {
    const { agents } = good(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));
    assert.ok(agents.length > 0);
  });
}

test('the software factory has 13 agents of the roles that it promises', () => {
  const { agents } = good(
    readFileSync(new URL('../../examples/software-factory.fleet.yaml', import.meta.url), 'utf8'),
  );
  const roles: Record<string, number> = {};
  for (const { class: role = '' } of agents) roles[role] = (roles[role] ?? 0) + 1;
  assert.deepEqual(roles, {
    orchestrator: 1,
    implementer: 6,
    enhancer: 1,
    reviewer: 2,
    security_reviewer: 2,
    final_reviewer: 1,
  });
  assert.deepEqual(new Set(agents.map(({ runtime }) => runtime)), new Set(['claude', 'pi']));
});

test('another host is reached as the file says, whatever the case of its name', () => {
  const { hosts, elsewhere, agents } = good(
    document({
      hosts: {
        Web2: { ssh: 'build@web2.example.org' },
        unused: {
          ssh: 'ssh://u@h:2222',
          ssh_config: 'ssh/config',
          mosaic: ['~/bin/mosaic'],
          fleet: '~/f.yaml',
          connect_timeout: '3s',
        },
      },
      agents: [
        { name: 'a', runtime: 'pi', host: 'WEB2', class: 'reviewer', state: 'stopped' },
        { name: 'b', runtime: 'pi' },
        { name: 'c', runtime: 'claude', host: 'unlisted' },
        { name: 'd', runtime: 'pi', host: 'HERE' },
      ],
    }),
  );
  assert.deepEqual(hosts, {
    web2: { ssh: 'build@web2.example.org', mosaic: ['mosaic'], connectTimeoutMs: 10_000 },
    unused: {
      ssh: 'ssh://u@h:2222',
      sshConfig: '/work/ssh/config',
      mosaic: ['~/bin/mosaic'],
      fleet: '~/f.yaml',
      connectTimeoutMs: 3000,
    },
  });
  assert.deepEqual(
    agents.map(({ name }) => name),
    ['b', 'd'],
  );
  assert.deepEqual(elsewhere, [
    { name: 'a', host: 'WEB2', runtime: 'pi', class: 'reviewer', state: 'stopped', after: 0 },
    { name: 'c', host: 'unlisted', runtime: 'claude', state: 'running', after: 1 },
  ]);
});

for (const key of ['busy', 'busy_title', 'queued', 'dialog', 'dialog_title', 'draft', 'fresh']) {
  test(`a runtime's ${key} goes over the built-in one's, and the others stay`, () => {
    const before = good(document({})).runtimes['claude'];
    const after = good(document({ runtimes: { claude: { [key]: '^x(.*)$' } } })).runtimes['claude'];
    const field = key.replace(/_(.)/, (_, letter: string) => letter.toUpperCase());
    assert.deepEqual(after, { ...before, [field]: '^x(.*)$' });
  });
}
