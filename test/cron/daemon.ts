/** Debian's cron in a mount namespace of its own: its own spool, no system jobs, and nothing of the machine's crontabs. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CommandResult, RunOptions } from '../support/command.ts';
import { atExit } from '../support/exit.ts';
import { childrenOf, kill } from '../support/processes.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

export interface CronWorld {
  world: World;
  /** Runs a program where the private spool is. */
  run(file: string, args?: readonly string[], options?: RunOptions): Promise<CommandResult>;
  mosaic(args: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** The crontab's bytes; '' for none. */
  crontab(): Promise<string>;
  setCrontab(text: string): Promise<void>;
  /** Starts the daemon; it is ended with the world. */
  startDaemon(): Promise<void>;
}

export const mosaicFile = fileURLToPath(new URL('../../dist/mosaic.js', import.meta.url));

/** Ends with its standard input, which the test holds. */
const anchorScript = `
mount --make-rprivate / &&
mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/spool/cron &&
mkdir -m 1730 /var/spool/cron/crontabs && chgrp crontab /var/spool/cron/crontabs &&
for folder in /etc/cron.d /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly; do
  [ ! -d "$folder" ] || mount -t tmpfs tmpfs "$folder" || exit 1
done &&
{ [ ! -e /etc/crontab ] || mount --bind /dev/null /etc/crontab; } &&
echo ready && read -r _
`;

export function inCronWorld(
  name: string,
  body: (cron: CronWorld, t: TestContext) => Promise<void>,
  timeout = 60_000,
): void {
  inWorld(
    name,
    'none',
    async (world, t) => {
      if (process.getuid?.() !== 0 || !existsSync('/usr/sbin/cron')) {
        assert.equal(process.env['CI'], undefined, 'cron is not installed, or this is not root');
        return t.skip('this takes Debian’s cron, and root');
      }
      const { cron, close } = await open(world);
      try {
        await body(cron, t);
      } finally {
        close();
      }
    },
    { timeout },
  );
}

async function open(world: World): Promise<{ cron: CronWorld; close: () => void }> {
  const anchor = spawn('unshare', ['--mount', 'sh', '-c', anchorScript], {
    env: world.env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  anchor.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const end = (): void => {
    anchor.stdin.destroy();
    if (anchor.pid !== undefined) kill(anchor.pid);
  };
  const forget = atExit(end);
  await world.until('the namespace is made', () => said.includes('ready'));
  const inside = ['--mount', '--target', String(anchor.pid), '--', 'env', `--chdir=${world.cwd}`];
  const run: CronWorld['run'] = (file, args = [], { env = {}, ...options } = {}) => {
    const given = Object.entries(env).map(([name, value]) => `${name}=${value ?? ''}`);
    return world.run('nsenter', [...inside, ...given, file, ...args], options);
  };
  let daemon: number | undefined;
  const cron: CronWorld = {
    world,
    run,
    mosaic: (args, options) => run(process.execPath, [mosaicFile, ...args], options),
    async crontab() {
      // Not `crontab -l`, which shows a carriage return as something else; Debian's file begins with three lines of its own.
      const { stdout } = await run('cat', ['/var/spool/cron/crontabs/root']);
      return stdout.replace(/^# DO NOT EDIT.*\n.*\n.*\n/, '');
    },
    async setCrontab(text) {
      const { code, stderr } = await run('crontab', ['-'], { input: text });
      assert.equal(code, 0, stderr);
    },
    async startDaemon() {
      // cron reads a spool anew whose time is another, to the second: one that was made just now would seem unchanged.
      await run('touch', ['--date=-1 hour', '/var/spool/cron/crontabs']);
      const running = await world.spawn('nsenter', [...inside, 'cron', '-f']);
      daemon = running.pid;
      await world.until(
        'cron has noted its pid',
        async () => (await run('cat', ['/run/crond.pid'])).code === 0,
      );
    },
  };
  return {
    cron,
    close() {
      if (daemon !== undefined) for (const pid of [...childrenOf(daemon), daemon]) kill(pid);
      end();
      forget();
    },
  };
}

/** The command of a line, as cron gives it to the shell. */
export const commandOf = (line: string): string => line.replace(/^(?:\S+ ){5}/, '').replaceAll('\\%', '%');

export const readText = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
