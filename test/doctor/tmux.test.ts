import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { ailment, type Clinic } from './clinic.ts';

const socketOf = ({ world }: Clinic): string =>
  `${world.env['TMUX_TMPDIR']}/tmux-${process.getuid?.() ?? 0}/${world.socket}`;

const serverOf = async ({ world }: Clinic): Promise<number> =>
  Number((await world.tmux('display-message', '-p', '#{pid}')).stdout);

ailment('a session of nobody’s on the socket', 'none', {
  check: 'foreign-sessions',
  health: 'warning',
  says: /^the session their's on the fleet’s socket is nobody’s/,
  breaks: ({ world }) => world.tmux('new-session', '-d', '-s', "their's", 'sleep', 'infinity'),
});

ailment('a session of nobody’s that bears an agent’s name', 'none', {
  check: 'foreign-sessions',
  health: 'broken',
  says: /^the session writer is nobody’s .*keeps the agent of that name from starting/,
  async breaks(clinic) {
    clinic.fleet([{ name: 'coder' }, { name: 'writer' }]);
    await clinic.world.tmux('new-session', '-d', '-s', 'writer', '-c', clinic.world.cwd, 'sleep', 'infinity');
  },
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
  well: (clinic) => clinic.fleet([{ name: 'coder' }]),
  async breaks(clinic) {
    mkdirSync(dirname(socketOf(clinic)), { recursive: true, mode: 0o700 });
    listener = createServer((connection) => connection.end('this is no tmux\n'));
    await new Promise<void>((resolve) => listener?.listen(socketOf(clinic), resolve));
    clinic.t.after(() => listener?.close());
  },
  also: { 'crash-hook': 'unknown', 'foreign-sessions': 'unknown' },
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
