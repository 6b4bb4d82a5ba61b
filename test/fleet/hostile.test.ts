import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Agent, Fleet } from '../../src/model/fleet.ts';
import { bad, document, good } from './helpers.ts';

/** Values that somewhere else would be run, or would change what is run. */
const hostile: Record<string, string> = {
  newline: 'a\nb',
  tab: 'a\tb',
  'carriage return': 'a\rb',
  'shell substitution': '$(touch x)',
  'shell word': '$(id)#(id)`id`',
  backquotes: '`touch x`',
  'tmux format': '#(touch x)#{pid}',
  'systemd specifier': '%n%h%%',
  quotes: `'"'"'\\'`,
  'backslash at the end': 'a\\',
  'leading dash': '--help',
  semicolon: 'a ; kill-server',
  'single semicolon': ';',
  NUL: 'a\0b',
  ESC: 'a\u001b]0;x\u0007b',
  C1: 'a\u009b31mb',
  DEL: 'a\u007fb',
  'end of paste': 'a\u001b[201~b',
  'direction override': 'a\u202eb',
  'direction isolate': 'a\u2066b',
  'line separator': 'a\u2028b',
  'lone surrogate': 'a\ud800b',
  emoji: 'a😀b',
  '100 KB': 'x'.repeat(100_000),
  '200 KB': 'x'.repeat(200_000),
  empty: '',
};

interface Field {
  /** A document with the value in this field. */
  put: (value: string) => object;
  get: (fleet: Fleet) => unknown;
  path: string;
  /** Everything else must be refused. */
  carried: string[];
}

const agent = (fields: object): object => ({ agents: [{ name: 'a', runtime: 'claude', ...fields }] });
const first = (fleet: Fleet): Agent | undefined => fleet.agents[0];

const everything = Object.keys(hostile);
const text = everything.filter((name) => !['NUL', 'lone surrogate', '200 KB'].includes(name));
const kickstart = [...text, '200 KB'].filter((name) => name !== 'empty');
const control = [
  'newline',
  'tab',
  'carriage return',
  'ESC',
  'C1',
  'DEL',
  'end of paste',
  'NUL',
  'lone surrogate',
];
const printable = everything.filter((name) => !control.includes(name));
const without = (names: string[], ...gone: string[]): string[] =>
  names.filter((name) => !gone.includes(name));
const label = without(
  printable,
  'direction override',
  'direction isolate',
  'line separator',
  '100 KB',
  '200 KB',
  'empty',
);
// Made absolute, a path is compared by what follows the folder.
const path = without(printable, '100 KB', '200 KB', 'empty');
const revision: string[] = [];
const branch = ['systemd specifier', 'emoji', 'single semicolon', 'shell word'];

const fields: Record<string, Field> = {
  'fleet name': { put: (v) => ({ name: v }), get: (f) => f.name, path: 'name', carried: [] },
  socket: {
    put: (v) => ({ tmux: { socket_name: v } }),
    get: (f) => f.tmux.socketName,
    path: 'tmux.socket_name',
    carried: [],
  },
  holder: {
    put: (v) => ({ tmux: { holder_session: v } }),
    get: (f) => f.tmux.holderSession,
    path: 'tmux.holder_session',
    carried: [],
  },
  'unit prefix': {
    put: (v) => ({ systemd: { unit_prefix: v } }),
    get: (f) => f.systemd.unitPrefix,
    path: 'systemd.unit_prefix',
    carried: [],
  },
  'agent name': {
    put: (v) => agent({ name: v }),
    get: (f) => first(f)?.name,
    path: 'agents[0].name',
    carried: [],
  },
  runtime: {
    put: (v) => agent({ runtime: v }),
    get: (f) => first(f)?.runtime,
    path: 'agents[0].runtime',
    carried: [],
  },
  'old name': {
    put: (v) => agent({ renamed_from: v }),
    get: (f) => first(f)?.renamedFrom,
    path: 'agents[0].renamed_from',
    carried: [],
  },
  host: { put: (v) => agent({ host: v }), get: (f) => first(f)?.host, path: 'agents[0].host', carried: [] },
  class: {
    put: (v) => agent({ class: v }),
    get: (f) => first(f)?.class,
    path: 'agents[0].class',
    carried: label,
  },
  'model hint': {
    put: (v) => agent({ model_hint: v }),
    get: (f) => first(f)?.modelHint,
    path: 'agents[0].model_hint',
    carried: label,
  },
  program: {
    put: (v) => agent({ command: [v] }),
    get: (f) => first(f)?.command[0],
    path: 'agents[0].command[0]',
    carried: without(text, ...control, 'leading dash', 'empty'),
  },
  argument: {
    put: (v) => agent({ command: ['x', v] }),
    get: (f) => first(f)?.command[1],
    path: 'agents[0].command[1]',
    carried: text,
  },
  variable: {
    put: (v) => agent({ env: { V: v } }),
    get: (f) => first(f)?.env['V'],
    path: 'agents[0].env.V',
    carried: text,
  },
  kickstart: {
    put: (v) => agent({ kickstart: v }),
    get: (f) => first(f)?.kickstart,
    path: 'agents[0].kickstart',
    carried: kickstart,
  },
  'working directory': {
    put: (v) => agent({ working_directory: v }),
    get: (f) => first(f)?.workingDirectory.replace('/work/', ''),
    path: 'agents[0].working_directory',
    carried: path,
  },
  'environment file': {
    put: (v) => agent({ env_file: v }),
    get: (f) => first(f)?.envFile?.replace('/work/', ''),
    path: 'agents[0].env_file',
    carried: path,
  },
  'kickstart template': {
    put: (v) => agent({ kickstart_template: v }),
    get: (f) => first(f)?.kickstartTemplate?.replace('/work/', ''),
    path: 'agents[0].kickstart_template',
    carried: path,
  },
  'extra configuration': {
    put: (v) => ({ tmux: { extra_config: v } }),
    get: (f) => f.tmux.extraConfig?.replace('/work/', ''),
    path: 'tmux.extra_config',
    carried: path,
  },
  repository: {
    put: (v) => agent({ worktree: { repository: v } }),
    get: (f) => first(f)?.worktree?.repository.replace('/work/', ''),
    path: 'agents[0].worktree.repository',
    carried: path,
  },
  'worktree path': {
    put: (v) => agent({ worktree: { repository: '/r', path: v } }),
    get: (f) => first(f)?.worktree?.path?.replace('/work/', ''),
    path: 'agents[0].worktree.path',
    carried: path,
  },
  branch: {
    put: (v) => agent({ worktree: { repository: '/r', branch: v } }),
    get: (f) => first(f)?.worktree?.branch,
    path: 'agents[0].worktree.branch',
    carried: branch,
  },
  base: {
    put: (v) => agent({ worktree: { repository: '/r', base: v } }),
    get: (f) => first(f)?.worktree?.base,
    path: 'agents[0].worktree.base',
    carried: revision,
  },
  'reset command': {
    put: (v) => ({ runtimes: { pi: { reset_command: v } } }),
    get: (f) => f.runtimes['pi']?.resetCommand,
    path: 'runtimes.pi.reset_command',
    carried: without(printable, 'line separator', '100 KB', '200 KB', 'empty'),
  },
  duration: {
    put: (v) => ({ defaults: { restart: { window: v } } }),
    get: () => undefined,
    path: 'defaults.restart.window',
    carried: [],
  },
  size: {
    put: (v) => ({ defaults: { resources: { memory_max: v } } }),
    get: () => undefined,
    path: 'defaults.resources.memory_max',
    carried: [],
  },
  'mission id': {
    put: (v) => ({
      ...agent({}),
      missions: [{ id: v, project: '/p', agent: 'a', milestones: [{ id: 'M1' }] }],
    }),
    get: (f) => f.missions[0]?.id,
    path: 'missions[0].id',
    carried: [],
  },
  'mission name': {
    put: (v) => ({
      ...agent({}),
      missions: [{ id: 'm', name: v, project: '/p', agent: 'a', milestones: [{ id: 'M1' }] }],
    }),
    get: (f) => f.missions[0]?.name,
    path: 'missions[0].name',
    carried: label,
  },
  'milestone id': {
    put: (v) => ({
      ...agent({}),
      missions: [{ id: 'm', project: '/p', agent: 'a', milestones: [{ id: v }] }],
    }),
    get: (f) => f.missions[0]?.milestones[0]?.id,
    path: 'missions[0].milestones[0].id',
    carried: [],
  },
  'milestone name': {
    put: (v) => ({
      ...agent({}),
      missions: [{ id: 'm', project: '/p', agent: 'a', milestones: [{ id: 'M1', name: v }] }],
    }),
    get: (f) => f.missions[0]?.milestones[0]?.name,
    path: 'missions[0].milestones[0].name',
    carried: label,
  },
};

for (const [name, field] of Object.entries(fields)) {
  test(`hostile values as ${name} are carried exactly or refused at their place`, () => {
    for (const [kind, value] of Object.entries(hostile)) {
      const source = document(field.put(value));
      if (field.carried.includes(kind)) {
        assert.equal(field.get(good(source)), value, kind);
      } else {
        const problems = bad(source);
        assert.equal(problems[0]?.path, field.path, kind);
        assert.ok(problems[0].range, kind);
      }
    }
  });
}

const names: [string, boolean][] = [
  ['A', true],
  ['_', true],
  ['__proto__', true],
  ['path', true],
  ['', false],
  ['1A', false],
  ['A B', false],
  ['A=B', false],
  ['A\nB', false],
  ['Ä', false],
  ['MOSAIC_X', false],
  ['TMUX', false],
  ['TMUX_PANE', false],
  ['TMUX_TMPDIR', true],
];
for (const [name, valid] of names) {
  test(`${JSON.stringify(name)} is ${valid ? 'a' : 'no'} name of a variable`, () => {
    const source = `version: 1\nagents: [{ name: a, runtime: pi, env: { ${JSON.stringify(name)}: "value" } }]`;
    if (!valid) assert.equal(bad(source).length, 1);
    else assert.deepEqual(Object.entries(good(source).agents[0]?.env ?? {}), [[name, 'value']]);
  });
}

test('what a process can be given: each argument, each variable, and all together', () => {
  const argument = (bytes: number): string => document(agent({ command: ['x', 'a'.repeat(bytes)] }));
  assert.equal(good(argument(131_071)).agents.length, 1);
  assert.equal(bad(argument(131_072))[0]?.path, 'agents[0].command[1]');
  // NAME=VALUE and the byte that ends it.
  const variable = (bytes: number): string => document(agent({ env: { NAME: 'é'.repeat(bytes / 2) } }));
  assert.equal(good(variable(131_066)).agents.length, 1);
  assert.equal(bad(variable(131_068))[0]?.path, 'agents[0].env.NAME');
  const many = (count: number): string =>
    document(agent({ command: Array.from({ length: count }, () => 'a'.repeat(100_000)) }));
  assert.equal(good(many(14)).agents.length, 1);
  assert.match(bad(many(16))[0]?.message ?? '', /together/);
});

const branches: [string, boolean][] = [
  ['main', true],
  ['agents/coder0', true],
  ['ünïcode/漢字', true],
  ['a.b-c_d', true],
  ['a@b', true],
  ['-a', false],
  ['a/.b', false],
  ['.a', false],
  ['a..b', false],
  ['a.lock', false],
  ['a.lock/b', false],
  ['a.', false],
  ['a/', false],
  ['/a', false],
  ['a//b', false],
  ['a b', false],
  ['a~1', false],
  ['a^', false],
  ['a:b', false],
  ['a?', false],
  ['a*', false],
  ['a[b', false],
  ['a\\b', false],
  ['a@{1}', false],
  ['@', false],
  ['HEAD', false],
];
for (const [branch, valid] of branches) {
  test(`${branch} is ${valid ? 'a' : 'no'} branch`, () => {
    const source = document(agent({ worktree: { repository: '/r', branch } }));
    if (valid) assert.equal(good(source).agents[0]?.worktree?.branch, branch);
    else assert.equal(bad(source)[0]?.path, 'agents[0].worktree.branch');
  });
}

for (const base of [
  'main',
  'origin/main',
  'v1.2.0',
  'HEAD',
  'HEAD~2',
  'main^',
  'main@{1}',
  'deadbeef',
  'HEAD^{commit}',
]) {
  test(`${base} is a base`, () => {
    assert.equal(
      good(document(agent({ worktree: { repository: '/r', base } }))).agents[0]?.worktree?.base,
      base,
    );
  });
}
