/** An ssh server of a test's own on loopback, and a host behind it that is a home folder of its own on this machine. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { TestContext, TestOptions } from 'node:test';
import { shellWord } from '../../src/base/shell.ts';
import { childrenOf, kill } from './processes.ts';
import { inWorld } from './supervisors.ts';
import { Unavailable, type World } from './world.ts';

export interface Far {
  /** An ssh configuration file that has the host `far`, and its settings: change and write them with `configure`. */
  config: string;
  configure(settings: Record<string, string>): void;
  port: number;
  /** Where its keys and known_hosts are. */
  folder: string;
  home: string;
  /** The environment of what runs there. */
  env: Record<string, string>;
  /** Writes an executable shell script there; gives its path. */
  script(name: string, text: string): string;
  /** What a login there prints first, on standard output, as greetings do. */
  greet(text: string): void;
  /** Breaks every connection that stands. */
  cut(): void;
  /** What the server has said. */
  log(): string;
}

const sbin = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

function find(program: string): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...sbin];
  const found = folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
  if (found === undefined) throw new Unavailable(`${program} is not installed (OpenSSH)`);
  return found;
}

/** A test with such a host; skipped with the reason where there is no sshd, as `inWorld` does. */
export function withFar(
  name: string,
  body: (world: World, far: Far, t: TestContext) => Promise<void>,
  options: TestOptions = {},
): void {
  inWorld(
    name,
    'none',
    async (world, t) => {
      let far: Far;
      try {
        far = await startSshd(world);
      } catch (error) {
        if (!(error instanceof Unavailable) || (process.env['CI'] ?? '') !== '') throw error;
        t.skip(error.message);
        return;
      }
      await body(world, far, t);
    },
    options,
  );
}

async function startSshd(world: World): Promise<Far> {
  const [sshd, keygen] = [find('sshd'), find('ssh-keygen')];
  find('ssh');
  const folder = world.path('sshd');
  const home = world.path('far');
  const env = farEnvironment(world, home);
  for (const path of [
    folder,
    join(home, 'bin'),
    ...Object.values(env).filter((value) => value.startsWith(home)),
  ])
    mkdirSync(path, { recursive: true, mode: 0o700 });
  const { username, uid } = userInfo();
  // Root's sshd parts its privileges, for which it wants this empty folder; the system makes it as it boots.
  if (uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  for (const name of ['host', 'user'])
    execFileSync(keygen, ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  const key = (name: string): string => readFileSync(join(folder, `${name}.pub`), 'utf8');
  writeFileSync(join(folder, 'authorized_keys'), key('user'));
  const port = await freePort();
  writeFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${key('host')}`);
  const script = (name: string, text: string): string => {
    const path = join(home, 'bin', name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return path;
  };
  // The shell of whoever runs the tests may greet too, and is not asked: its home is another.
  const enter = script(
    'enter',
    `cd "$HOME"; [ -e greeting ] && cat greeting; exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"`,
  );
  writeFileSync(
    join(folder, 'sshd_config'),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${folder}/host`,
      `AuthorizedKeysFile ${folder}/authorized_keys`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin yes',
      'MaxStartups 100',
      `SetEnv ${Object.entries(env)
        .map(([name, value]) => `"${name}=${value}"`)
        .join(' ')}`,
      `ForceCommand ${shellWord(enter)}`,
      '',
    ].join('\n'),
  );
  const config = join(folder, 'ssh_config');
  const configure = (settings: Record<string, string>): void => {
    const all = {
      HostName: '127.0.0.1',
      Port: String(port),
      User: username,
      IdentityFile: join(folder, 'user'),
      IdentitiesOnly: 'yes',
      IdentityAgent: 'none',
      UserKnownHostsFile: join(folder, 'known_hosts'),
      GlobalKnownHostsFile: '/dev/null',
      ...settings,
    };
    const lines = Object.entries(all).map(([name, value]) => `  ${name} ${value}`);
    writeFileSync(config, ['Host far', ...lines, ''].join('\n'));
  };
  configure({});
  const running = await world.spawn(sshd, ['-D', '-e', '-f', join(folder, 'sshd_config')]);
  const log = (): string => running.output().stderr;
  await world.until('sshd listens', () => /^Server listening/m.test(log()));
  return {
    config,
    configure,
    port,
    folder,
    home,
    env,
    script,
    greet: (text) => writeFileSync(join(home, 'greeting'), text),
    cut() {
      for (const pid of childrenOf(running.pid)) kill(pid);
    },
    log,
  };
}

const farEnvironment = ({ env }: World, home: string): Record<string, string> => ({
  PATH: `${dirname(process.execPath)}:${env['PATH'] ?? ''}`,
  HOME: home,
  XDG_CONFIG_HOME: join(home, '.config'),
  XDG_STATE_HOME: join(home, '.local/state'),
  XDG_CACHE_HOME: join(home, '.cache'),
  XDG_RUNTIME_DIR: join(home, 'run'),
  TMUX_TMPDIR: join(home, 'tmux'),
  TMPDIR: join(home, 'tmp'),
  LC_ALL: 'C.UTF-8',
});

/** Free a moment ago; the kernel gives the next one that asks another. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
