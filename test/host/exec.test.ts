import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ExecResult } from '../../src/host/host.ts';
import { realHost } from '../../src/host/real.ts';
import { inWorld } from '../support/supervisors.ts';

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
