import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ExecResult } from '../../src/host/host.ts';
import { realHost } from '../../src/host/real.ts';
import { inWorld } from '../support/supervisors.ts';
import { until } from '../support/until.ts';

const tsx = import.meta.resolve('tsx');
const asker = fileURLToPath(new URL('ask-hung-server.ts', import.meta.url));

inWorld('a tmux server that hangs is given up in time, and keeps nobody', 'none', async (world) => {
  await world.tmux('-f', '/dev/null', 'new-session', '-d', 'sleep 1000');
  const server = Number((await world.tmux('display-message', '-p', '#{pid}')).stdout);
  process.kill(server, 'SIGSTOP');
  try {
    // It hangs on: whoever waited for the server would be killed here, and the run rejected.
    const asked = ['--import', tsx, asker, world.socket];
    const { code, stdout, stderr } = await world.run(process.execPath, asked, { timeoutMs: 15_000 });
    const { failure, message } = JSON.parse(stdout) as ExecResult;
    assert.equal(failure, 'timeout');
    assert.equal(message, `tmux -L ${world.socket} source-file: no answer within 0.3 s`);
    assert.deepEqual([code, stderr], [0, '']);
  } finally {
    process.kill(server, 'SIGCONT');
  }
});

test('a program whose time is up is killed', { timeout: 10_000 }, async () => {
  const stubborn = 'trap "" TERM; echo $$; while :; do sleep 0.05; done';
  const { failure, stdout } = await realHost().exec('sh', ['-c', stubborn], { timeoutMs: 300 });
  assert.equal(failure, 'timeout');
  assert.throws(() => process.kill(Number(stdout), 0), { code: 'ESRCH' });
});

test('a program that has ended is not waited for because something else keeps its output open', async () => {
  const left = 'sleep 100 & echo $!; yes | head -c 300000; echo trouble >&2; exit 3';
  const { code, stdout, stderr, failure } = await realHost().exec('sh', ['-c', left], { timeoutMs: 20_000 });
  process.kill(Number(stdout.split('\n')[0]), 'SIGKILL');
  assert.deepEqual([code, failure, stderr], [3, undefined, 'trouble\n']);
  assert.equal(stdout.replace(/^\d+\n/, '').length, 300_000);
});

test('what comes late from a program that lives is still heard', async () => {
  const slow = 'echo one; sleep 1; echo two';
  assert.equal((await realHost().exec('sh', ['-c', slow])).stdout, 'one\ntwo\n');
});

/** Shares the output, and is of no group that could be ended. */
const daemon = 'env -i setsid sleep 20 & echo $!';

test('one that can be ended is over when its program has ended; what it left in its group is ended', async (t) => {
  const left = `sleep 30 & echo $!; ${daemon}; echo passed`;
  const began = Date.now();
  const { signal } = new AbortController();
  const { code, stdout } = await realHost().exec('sh', ['-c', left], { timeoutMs: 10_000, signal });
  const [inGroup, other, ...rest] = stdout.split('\n');
  t.after(() => process.kill(Number(other), 'SIGKILL'));
  assert.deepEqual([code, rest], [0, ['passed', '']]);
  assert.ok(Date.now() - began < 8_000);
  await until('it is ended', () => !lives(Number(inGroup)));
});

test('one that is to end is not waited for because something else keeps its output open', async (t) => {
  const ending = new AbortController();
  const stubborn = `trap '' TERM; ${daemon} >"$0"; while :; do sleep 0.05; done`;
  const note = join(mkdtempSync(join(tmpdir(), 'mosaic-exec-')), 'pid');
  t.after(() => {
    process.kill(Number(readFileSync(note, 'utf8')), 'SIGKILL');
    rmSync(dirname(note), { recursive: true });
  });
  const asked = realHost().exec('sh', ['-c', stubborn, note], { timeoutMs: 15_000, signal: ending.signal });
  await until('it runs', () => existsSync(note) && readFileSync(note, 'utf8').endsWith('\n'));
  const began = Date.now();
  ending.abort();
  assert.equal((await asked).failure, 'signal');
  assert.ok(Date.now() - began < 8_000);
});

function lives(pid: number): boolean {
  try {
    // One that nobody has waited for yet is ended all the same.
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
