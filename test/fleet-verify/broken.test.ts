/** `fleet verify` on hosts where one thing is not so: it says which, and why. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { standIn } from '../e2e/support/stand-in.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { results, userServer, verify, type Property } from './scene.ts';

/** In stand-ins for tmux: what is given on standard input, kept to be given on. */
const READ = 'given=; case "$*" in *"source-file -") given=$(cat) ;; esac';
const RUN = 'if [ -n "$given" ]; then printf "%s\\n" "$given" | "$REAL" "$@"; else "$REAL" "$@"; fi';
/** `tmux -u -L SOCKET …` */
const SOCKET = '"$3"';

interface Broken {
  name: string;
  supervisor: World['supervisor'];
  /** A program that stands before the real one, and its script. */
  program?: [string, string];
  /** A unit's template that is changed. */
  unit?: [string, (text: string) => string];
  /** The user has a tmux server of his own. */
  own?: true;
  /** Properties that fail, with why. */
  fails: Record<string, RegExp>;
  /** Those that hold all the same. */
  holds: readonly string[];
}

const cases: readonly Broken[] = [
  {
    name: 'a tmux that ends the other agent as well',
    supervisor: 'none',
    program: [
      'tmux',
      `${READ}\n${RUN}; code=$?\ncase "$given" in *kill-session*) "$REAL" -L ${SOCKET} kill-session -t =app-2 2>/dev/null ;; esac\nexit $code`,
    ],
    fails: {
      stop: /^stopping app ended app-2 \(pid \d+\): it is gone$/,
      'stays-stopped': /^stopping and starting app ended app-2 \(pid \d+\): it has pid \d+ now$/,
      restart: /^restarting app ended app-2 \(pid \d+\): it is gone$/,
    },
    holds: ['start', 'default-server', 'nothing-left'],
  },
  {
    name: 'a tmux that ends the server with a session',
    supervisor: 'none',
    program: [
      'tmux',
      `${READ}\n${RUN}; code=$?\ncase "$given" in *kill-session*) "$REAL" -L ${SOCKET} kill-server ;; esac\nexit $code`,
    ],
    fails: { stop: /^stopping app ended the tmux server \(pid \d+\): it is gone$/ },
    holds: ['start', 'default-server', 'nothing-left'],
  },
  {
    name: 'a systemctl that stops the other agent as well',
    supervisor: 'systemd',
    program: [
      'systemctl',
      'case "$*" in *" stop "*-agent@app.service*) set -- "$@" "$(echo "$3" | sed s/@app/@app-2/)" ;; esac\nexec "$REAL" "$@"',
    ],
    fails: { stop: /^stopping app ended app-2 \(pid \d+\): it is gone$/ },
    holds: ['start', 'holder', 'systemctl-restart', 'default-server', 'nothing-left'],
  },
  {
    name: 'a systemctl whose restart takes the other along',
    supervisor: 'systemd',
    program: [
      'systemctl',
      'case "$*" in *" restart "*) set -- "$@" "$(echo "$3" | sed s/@app/@app-2/)" ;; esac\nexec "$REAL" "$@"',
    ],
    fails: {
      'systemctl-restart':
        /^systemctl --user restart mosaic-verify-[0-9a-f]{8}-agent@app\.service ended app-2 \(pid \d+\): it has pid \d+ now$/,
    },
    holds: ['start', 'holder', 'stop', 'restart', 'default-server', 'nothing-left'],
  },
  {
    name: 'an agent unit that ends the server when it stops',
    supervisor: 'systemd',
    unit: [
      'mosaic-agent@.service',
      (text) => text.replace(/^ExecStop=.*kill-session.*$/m, 'ExecStop=-@TMUX@ -u -L @SOCKET@ kill-server'),
    ],
    fails: {
      stop: /^stopping app ended the tmux server \(pid \d+\)/,
      'systemctl-restart': /ended the tmux server \(pid \d+\)/,
    },
    holds: ['start', 'holder', 'default-server', 'nothing-left'],
  },
  {
    name: 'a server that does not live in the unit of its holder',
    supervisor: 'systemd',
    unit: [
      'mosaic-tmux-holder.service',
      (text) =>
        text.replace(/^ExecStart=/m, 'ExecStart=/usr/bin/env systemd-run --user --scope --quiet --collect '),
    ],
    fails: {
      holder:
        /^the server \(pid \d+\) runs in .*\.scope, not in mosaic-verify-[0-9a-f]{8}-tmux-holder\.service$/,
    },
    holds: ['start', 'stop', 'default-server', 'nothing-left'],
  },
  {
    name: 'agents that live where the server does',
    supervisor: 'systemd',
    program: ['systemd-run', 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"'],
    fails: {
      holder:
        /^app \(pid \d+\) runs in .*-tmux-holder\.service, not in mosaic-verify-[0-9a-f]{8}-agent\.app\.scope: it would end with what is there$/,
    },
    // Their remains keep systemd from forgetting the holder's unit for a while.
    holds: ['start', 'stop', 'default-server'],
  },
  {
    name: 'a process that nobody can tell belongs to an agent',
    supervisor: 'none',
    program: ['setsid', `exec env -i "$REAL" "$@"`],
    fails: { 'left-behind': /^app is stopped, and its process \d+ still runs$/ },
    holds: ['start', 'stop', 'restart', 'killed', 'default-server'],
  },
  {
    name: 'a suspension that is forgotten',
    supervisor: 'none',
    program: [
      'tmux',
      `for file in "$XDG_STATE_HOME"/mosaic/verify-*/state.json; do case "$*" in *list-panes*) [ -e "$file" ] && sed -i 's/"suspended_at": *[0-9]*/"restarts": 0/' "$file" ;; esac; done\nexec "$REAL" "$@"`,
    ],
    fails: { 'stays-stopped': /^the next reconcile started app \(pid \d+\)$/ },
    holds: ['start', 'restart', 'killed', 'default-server', 'nothing-left'],
  },
  {
    name: 'an agent that cannot be started once it has crashed',
    supervisor: 'none',
    program: [
      'tmux',
      'case "$*" in *app.tmux*) [ -z "$(ls "$XDG_STATE_HOME"/mosaic/verify-*/crashes/app 2>/dev/null)" ] || exit 0 ;; esac\nexec "$REAL" "$@"',
    ],
    fails: { killed: /^start-session:app: / },
    holds: ['start', 'stop', 'restart', 'default-server', 'nothing-left'],
  },
  {
    name: 'a crash whose record is lost',
    supervisor: 'none',
    program: [
      'tmux',
      'case "$*" in *app.tmux*) rm -rf "$XDG_STATE_HOME"/mosaic/verify-*/crashes/app/* ;; esac\nexec "$REAL" "$@"',
    ],
    fails: { killed: /^app runs again, but nothing tells of its crash$/ },
    holds: ['start', 'stop', 'restart', 'default-server', 'nothing-left'],
  },
  {
    name: 'somebody starts a server on the default socket',
    supervisor: 'none',
    program: [
      'tmux',
      'case "$*" in *app.tmux*) "$REAL" -L default new-session -d "sleep 1000" ;; esac\nexec "$REAL" "$@"',
    ],
    fails: { 'default-server': /^a server was started on .*\/default$/ },
    holds: ['start', 'stop', 'restart', 'killed', 'nothing-left'],
  },
  {
    name: "somebody ends a session of the user's own server",
    supervisor: 'none',
    own: true,
    program: [
      'tmux',
      'case "$*" in *app.tmux*) "$REAL" -L default kill-session -t mine-too ;; esac\nexec "$REAL" "$@"',
    ],
    fails: { 'default-server': /^a program in its panes has ended \(pid \d+\)$/ },
    holds: ['start', 'stop', 'restart', 'killed', 'nothing-left'],
  },
  {
    name: "somebody makes a session on the user's own server",
    supervisor: 'systemd',
    own: true,
    program: [
      'systemctl',
      'case "$*" in *" start "*-agent@app.service*) tmux -L default new-session -d "sleep 1000" ;; esac\nexec "$REAL" "$@"',
    ],
    fails: { 'default-server': /^it has a new pane \(pid \d+/ },
    holds: ['start', 'holder', 'stop', 'restart', 'killed', 'nothing-left'],
  },
  {
    name: 'somebody writes into its state folder',
    supervisor: 'none',
    program: [
      'tmux',
      'for folder in "$XDG_STATE_HOME"/mosaic/verify-*/; do [ -d "$folder" ] && : >"$folder/stray"; done\nexec "$REAL" "$@"',
    ],
    fails: { 'nothing-left': /\/verify-[0-9a-f]{8}\/stray is none of ours, and is left there$/ },
    holds: ['start', 'stop', 'restart', 'killed', 'default-server'],
  },
];

for (const { name, supervisor, program, unit, own, fails, holds } of cases) {
  inWorld(
    name,
    supervisor,
    async (world) => {
      if (own === true) await userServer(world);
      const env = program === undefined ? {} : (await standIn(world, ...program)).env;
      const ran = unit === undefined ? verify(world, ['--json'], env) : withUnit(world, ...unit);
      const { code, stdout, stderr } = await ran;
      assert.equal(code, 1, `${stdout}\n${stderr}`);
      const found = results(stdout);
      for (const [id, why] of Object.entries(fails)) {
        assert.equal(found[id]?.result, 'failed', `${id} of ${stdout}`);
        assert.match(found[id].detail ?? '', why);
      }
      for (const id of holds) assert.equal(found[id]?.result, 'ok', `${id}: ${found[id]?.detail}`);
      await endLeftBehind(world, found);
    },
    { timeout: 120_000 },
  );
}

inWorld('agents that do not start: what builds on them is not tried', 'none', async (world) => {
  const script = 'case "$*" in *app.tmux*) exit 1 ;; esac\nexec "$REAL" "$@"';
  const { env } = await standIn(world, 'tmux', script);
  const { code, stdout } = await verify(world, ['--json'], env);
  assert.equal(code, 1);
  const found = results(stdout);
  assert.equal(found['start']?.result, 'failed');
  for (const id of ['stop', 'restart', 'killed']) assert.equal(found[id]?.result, 'not-tried');
  assert.equal(found['nothing-left']?.result, 'ok');
});

inWorld('without tmux it cannot run, and leaves nothing', 'none', async (world) => {
  const path = world.path('no-tmux');
  await world.run('sh', [
    '-c',
    `mkdir '${path}'; for p in sh flock node cat ls setsid sleep; do ln -s "$(command -v $p)" '${path}'; done`,
  ]);
  const { code, stderr } = await verify(world, [], { PATH: path });
  assert.equal(code, 69);
  assert.match(stderr, /tmux is not installed\n +fix: Install tmux/);
  assert.equal((await world.run('ls', ['-A', world.env['XDG_STATE_HOME'] ?? ''])).stdout, '');
});

/** The package as it is, but for a unit's template. */
async function withUnit(world: World, unit: string, change: (text: string) => string) {
  const folder = world.path('package');
  const root = new URL('../../', import.meta.url).pathname;
  for (const part of ['dist', 'units', 'package.json'])
    cpSync(`${root}${part}`, `${folder}/${part}`, { recursive: true });
  const path = `${folder}/units/${unit}`;
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  assert.notEqual(after, before);
  rmSync(path);
  writeFileSync(path, after);
  const args = [`${folder}/dist/mosaic.js`, 'fleet', 'verify', '--json'];
  return world.run(process.execPath, args, { timeoutMs: 90_000 });
}

/** What was hidden from mosaic is hidden from the world's own end, too. */
async function endLeftBehind(world: World, found: Record<string, Property | undefined>): Promise<void> {
  const pid = /its process (\d+)/.exec(found['left-behind']?.detail ?? '')?.[1];
  if (pid !== undefined) await world.run('kill', ['-KILL', pid]);
}
