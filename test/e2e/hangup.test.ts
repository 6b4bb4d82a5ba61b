/** A hang-up ends what lasts, but for what was begun so that none does. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { isHangUpIgnored } from '../../src/host/hangup.ts';
import { inWorld } from '../support/supervisors.ts';

const mosaic = fileURLToPath(new URL('../../dist/mosaic.js', import.meta.url));
const background = '& echo "pid $!"; wait $!; echo over';

inWorld('a hang-up ends a command, and not one under nohup', 'none', async (world) => {
  world.writeFleet({ agents: [] });
  const lines: [script: string, goesOn: boolean][] = [
    [`"$@" ${background}`, false],
    [`nohup "$@" 2>&1 ${background}`, true],
    [`trap '' HUP; "$@" ${background}`, true],
  ];
  await Promise.all(
    lines.map(async ([script, goesOn]) => {
      const command = [process.execPath, mosaic, 'status', '--watch', '--interval', '1s'];
      const running = await world.spawn('bash', ['-c', script, 'bash', ...command]);
      const text = () =>
        running
          .output()
          .stdout.replace(/^pid .*$/m, '')
          .trim();
      await world.until('its first look', () => text().length > 0);
      const pid = Number(/^pid (\d+)$/m.exec(running.output().stdout)?.[1]);
      process.kill(pid, 'SIGHUP');
      if (goesOn) {
        const before = text().length;
        await world.until('two looks more', () => text().length > 2 * before);
        assert.doesNotMatch(text(), /^over$/m);
        process.kill(pid, 'SIGTERM');
      }
      await running.ended;
    }),
  );
});

test('of what nohup leaves where the shell says nothing: a standard input that nobody can read', (t) => {
  const proc = mkdtempSync(join(tmpdir(), 'mosaic-proc-'));
  t.after(() => rmSync(proc, { recursive: true }));
  mkdirSync(join(proc, 'self/fd'), { recursive: true });
  mkdirSync(join(proc, 'self/fdinfo'));
  mkdirSync(join(proc, '7'));
  symlinkSync('/dev/null', join(proc, 'self/fd/0'));
  const seen = (flags: string, ignored: string, env = {}): boolean => {
    writeFileSync(join(proc, 'self/fdinfo/0'), `pos:\t0\nflags:\t${flags}\nmnt_id:\t24\n`);
    writeFileSync(join(proc, '7/status'), `SigBlk:\t1\nSigIgn:\t${ignored}\nSigCgt:\t1\n`);
    return isHangUpIgnored(env, 7, proc);
  };
  assert.equal(seen('0100001', '0000000001001000'), true);
  assert.equal(seen('0100000', '0000000001001000'), false);
  assert.equal(seen('0100002', '0000000001001000'), false);
  assert.equal(seen('0100000', '0000000001001001'), true);
  assert.equal(seen('0100000', '0000000000000002', { _: '/usr/bin/nohup' }), true);
});
