import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { standIn } from '../e2e/support/stand-in.ts';
import { inWorld } from '../support/supervisors.ts';
import { ailment, clinicOf, type Clinic } from './clinic.ts';

const socketOf = ({ world }: Clinic): string =>
  `${world.env['TMUX_TMPDIR']}/tmux-${process.getuid?.() ?? 0}/${world.socket}`;

const serverOf = async ({ world }: Clinic): Promise<number> =>
  Number((await world.tmux('display-message', '-p', '#{pid}')).stdout);

ailment('a session of nobody’s on the socket', 'none', {
  check: 'foreign-sessions',
  health: 'warning',
  says: /^the session their's on the fleet’s socket is nobody’s/,
  breaks: ({ world }) => world.tmux('new-session', '-d', '-s', "their's", 'sleep', 'infinity'),
  async mend({ world }, finding) {
    assert.equal(finding.command, undefined, 'it is another’s');
    assert.match(finding.advice ?? '', /mosaic leaves it alone: end it, or move it, yourself/);
    await world.tmux('kill-session', '-t', "=their's");
  },
});

ailment('a session of nobody’s that bears an agent’s name', 'none', {
  check: 'foreign-sessions',
  health: 'broken',
  says: /^the session writer is nobody’s .*keeps the agent of that name from starting/,
  async breaks(clinic) {
    clinic.fleet([{ name: 'coder' }, { name: 'writer' }]);
    await clinic.world.tmux('new-session', '-d', '-s', 'writer', '-c', clinic.world.cwd, 'sleep', 'infinity');
  },
  async mend(clinic, finding) {
    assert.equal(finding.command, undefined, 'it is another’s');
    assert.match(finding.advice ?? '', /End it or rename it yourself/);
    await clinic.world.tmux('rename-session', '-t', '=writer', 'theirs');
    await clinic.world.tmux('kill-session', '-t', '=theirs');
    await clinic.apply();
    assert.ok((await clinic.world.sessions()).includes('writer'));
  },
});

ailment('a session of nobody’s that bears the name of a formula’s', 'none', {
  check: 'foreign-sessions',
  health: 'broken',
  says: /^the session _formula-gardener is nobody’s .*keeps the formula gardener from running/,
  breaks: ({ world }) => world.tmux('new-session', '-d', '-s', '_formula-gardener', 'sleep', 'infinity'),
  async mend({ world }, finding) {
    assert.equal(finding.command, undefined, 'it is another’s');
    assert.match(finding.advice ?? '', /End it or rename it yourself/);
    await world.tmux('kill-session', '-t', '=_formula-gardener');
  },
});

inWorld('a session of another fleet, with an agent’s name', 'none', async (world, t) => {
  const clinic = clinicOf(world, t);
  clinic.fleet([{ name: 'coder' }], { name: 'other' });
  await clinic.apply();
  clinic.fleet([{ name: 'coder' }]);
  const { of, ill } = await clinic.examine();
  assert.equal(ill['foreign-sessions'], 'broken');
  assert.equal(ill['tmux-server'], 'warning');
  for (const finding of [...of('foreign-sessions'), ...of('tmux-server')]) {
    assert.equal(finding.command, undefined, finding.message);
    assert.match(finding.advice ?? '', /tmux\.socket_name/);
    assert.doesNotMatch(finding.advice ?? '', /--adopt/);
  }
});

ailment('a socket that somebody removed', 'none', {
  check: 'tmux-server',
  health: 'broken',
  says: /^the fleet's tmux server \(pid \d+\) runs, and is not on its socket/,
  breaks: (clinic) => rmSync(socketOf(clinic)),
});

ailment('a tmux server that is stopped', 'none', {
  check: 'tmux-server',
  health: 'broken',
  says: /^the tmux server \(pid \d+\) is stopped/,
  breaks: async (clinic) => process.kill(await serverOf(clinic), 'SIGSTOP'),
  also: { 'crash-hook': 'unknown', 'foreign-sessions': 'unknown' },
});

ailment('a folder of sockets that is open to others', 'none', {
  check: 'tmux-server',
  health: 'broken',
  says: /where the socket is, is open to others: tmux refuses it/,
  breaks: (clinic) => chmodSync(dirname(socketOf(clinic)), 0o777),
  also: { 'crash-hook': 'unknown', 'foreign-sessions': 'unknown' },
});

let listener: Server | undefined;

ailment('a program on the socket that is no tmux', 'none', {
  check: 'tmux-server',
  health: 'broken',
  says: /does not answer as a tmux server/,
  mend(_, finding) {
    assert.equal(finding.command, undefined, 'a live socket is nobody’s to remove');
    assert.match(
      finding.advice ?? '',
      /^fuser .* end it yourself, or give the fleet another tmux\.socket_name/,
    );
    listener?.close();
  },
  well: (clinic) => clinic.fleet([{ name: 'coder' }]),
  async breaks(clinic) {
    mkdirSync(dirname(socketOf(clinic)), { recursive: true, mode: 0o700 });
    listener = createServer((connection) => connection.end('this is no tmux\n'));
    await new Promise<void>((resolve) => listener?.listen(socketOf(clinic), resolve));
    clinic.t.after(() => listener?.close());
  },
  also: { 'crash-hook': 'unknown', 'foreign-sessions': 'unknown' },
});

const unknown = { 'crash-hook': 'unknown', 'foreign-sessions': 'unknown' };

/** A fleet that is well, and a tmux that cannot ask its server. */
const unasked = (name: string, script: string, says: RegExp, also: Record<string, string> = {}): void =>
  ailment(name, 'none', {
    check: 'tmux-server',
    health: 'unknown',
    says,
    async breaks(clinic) {
      const here = `case "$1" in -V) exec "$REAL" "$@" ;; esac\n${script}`;
      clinic.env = { ...(await standIn(clinic.world, 'tmux', here)).env };
    },
    also: { ...unknown, ...also },
    async mend(clinic, finding) {
      assert.equal(finding.command, undefined, 'nothing is done to a server that may be well');
      clinic.env = {};
      assert.ok((await clinic.world.sessions()).includes('coder'));
    },
  });

unasked(
  'a server of another version of tmux',
  'echo "protocol version mismatch (client 8, server 7)" >&2; exit 1',
  /is of another version than the tmux on the PATH/,
);
unasked('a tmux that hangs', 'exec sleep 100', /^tmux did not answer: /);

ailment('no tmux on the PATH, while the server runs', 'none', {
  check: 'tmux-server',
  health: 'unknown',
  says: /^tmux is not installed/,
  async breaks(clinic) {
    const few = clinic.world.path('few');
    mkdirSync(few);
    for (const program of ['git', 'flock', 'sleep', 'sh', 'systemctl', 'timedatectl', 'crontab']) {
      const { stdout } = await clinic.world.run('sh', ['-c', `command -v ${program}`]);
      if (stdout !== '') symlinkSync(stdout.trim(), `${few}/${program}`);
    }
    clinic.env = { PATH: few };
  },
  also: { ...unknown, tmux: 'broken' },
  async mend(clinic, finding) {
    assert.equal(finding.command, undefined);
    clinic.env = {};
    assert.ok((await clinic.world.sessions()).includes('coder'));
  },
});

ailment('a server whose holder session is gone', 'none', {
  check: 'tmux-server',
  health: 'warning',
  says: /it has no holder session/,
  breaks: ({ world }) => world.tmux('kill-session', '-t', '=_holder'),
});

ailment('a server that somebody else started, outside of the holder’s unit', 'systemd', {
  check: 'tmux-server',
  health: 'warning',
  says: /runs in .*: whatever ends that ends every session/,
  async breaks(clinic) {
    const { world } = clinic;
    await clinic.shell('mosaic down');
    await world.tmux('new-session', '-d', '-s', 'first', 'sleep', 'infinity');
    await clinic.apply();
    await world.tmux('kill-session', '-t', '=first');
  },
});

ailment('a server that lost the hook', 'none', {
  check: 'crash-hook',
  health: 'warning',
  says: /a crash waits for the next tick/,
  async breaks({ world }) {
    const { stdout } = await world.tmux('show-hooks', '-g', 'pane-died');
    const event = /^pane-died\[\d+\]/.exec(stdout)?.[0];
    assert.ok(event, stdout);
    await world.tmux('set-hook', '-gu', event);
  },
});

ailment('programs that outlived their session', 'systemd', {
  check: 'orphaned-scopes',
  health: 'warning',
  says: /^programs of ghost go on in mosaic-agent\.ghost\.scope/,
  async breaks({ world }) {
    await world.spawn('systemd-run', [
      '--user',
      '--scope',
      '--quiet',
      '--collect',
      '--unit=mosaic-agent.ghost.scope',
      'sleep',
      'infinity',
    ]);
    await world.until('the scope is there', async () =>
      /^active$/m.test((await world.systemctl('is-active', 'mosaic-agent.ghost.scope')).stdout),
    );
  },
});

inWorld('a scope of another fleet with the same prefix', 'systemd', async (world, t) => {
  const clinic = clinicOf(world, t);
  clinic.fleet([{ name: 'coder' }], { name: 'other' });
  await clinic.apply();
  clinic.fleet([{ name: 'coder' }], { tmux: { socket_name: `${world.socket}-2` } });
  const { of } = await clinic.examine();
  const [finding, ...more] = of('orphaned-scopes');
  assert.deepEqual(more, []);
  assert.equal(finding?.health, 'unknown');
  assert.equal(finding.command, undefined, 'what runs there is another’s');
  assert.match(finding.advice ?? '', /systemd\.unit_prefix/);
});

ailment('a lock whose process is gone', 'none', {
  check: 'session-locks',
  health: 'warning',
  says: /^the lock of gone names a process that is gone \(pid 4194000\)/,
  breaks(clinic) {
    const lock = JSON.parse(readFileSync(clinic.state('locks/coder.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    const stale = JSON.stringify({ ...lock, agent: 'gone', pid: 4_194_000 });
    return clinic.shell(
      `printf %s "$LOCK" > '${clinic.state('locks/gone.json')}'`.replace('"$LOCK"', `'${stale}'`),
    );
  },
});

ailment('a lock that cannot be read', 'none', {
  check: 'session-locks',
  health: 'warning',
  says: /locks\/gone\.json cannot be read/,
  breaks: (clinic) => clinic.shell(`echo nonsense > '${clinic.state('locks/gone.json')}'`),
});

ailment('an apply that hangs', 'none', {
  check: 'apply-lock',
  health: 'warning',
  says: /^an apply \(pid \d+\) has held .* for 20 minutes/,
  async breaks(clinic) {
    const path = clinic.state('apply.lock');
    const script = `exec 9<>'${path}'; flock 9; echo $$ >'${path}'; touch --date='-20 min' '${path}'; echo held; exec sleep 1000`;
    const holder = await clinic.world.spawn('sh', ['-c', script]);
    await clinic.world.until('it holds the lock', () => holder.output().stdout === 'held\n');
  },
});
