/** What may pass by itself is tried again, and said; what will not pass is not tried again. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { forSupervisors, inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

/** The program by which an agent is started, and the argument that tells those calls from others. */
const starter = { none: ['tmux', 'source-file'], systemd: ['systemctl', 'start'] } as const;

const passing = { none: 'server exited unexpectedly', systemd: 'Connection timed out' } as const;

/**
 * Puts a program of the same name first on the PATH, whose calls with `word` print `message` and fail as often as told before
 * the real one gets them. Gives the environment, and a function that tells how often it was called so.
 */
function standIn(
  world: World,
  [program, word]: readonly [string, string],
  failing: { times: number; message: string },
): { env: Record<string, string>; calls: () => number } {
  const folder = world.path('bin');
  const log = world.path('stand-in.log');
  mkdirSync(folder, { recursive: true });
  const script = `#!/bin/sh
real() { PATH=\${PATH#*:} exec ${program} "$@"; }
case " $* " in *' ${word} '*) ;; *) real "$@" ;; esac
echo called >>'${log}'
[ "$(wc -l <'${log}')" -gt ${failing.times} ] && real "$@"
cat '${log}.message' >&2
exit 1
`;
  writeFileSync(`${log}.message`, `${failing.message}\n`);
  writeFileSync(`${folder}/${program}`, script, { mode: 0o755 });
  return {
    env: { PATH: `${folder}:${world.env['PATH'] ?? ''}` },
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').length : 0),
  };
}

/** Two agents run; a third is in the file. */
async function oneToStart(world: World): Promise<void> {
  const agents = ['one', 'two', 'three'].map((name) => ({ name, runtime: 'idle' }));
  const fleet = {
    runtimes: { idle: { command: ['sleep', 'infinity'] } },
    defaults: { working_directory: '/' },
  };
  world.writeFleet({ ...fleet, agents: agents.slice(0, 2) });
  const { code, stdout, stderr } = await world.mosaic(['apply']);
  assert.equal(code, 0, stdout + stderr);
  world.writeFleet({ ...fleet, agents });
}

forSupervisors('a start that fails in a way that may pass is tried again, and says so', async (world) => {
  const { supervisor } = world;
  await oneToStart(world);
  const { env, calls } = standIn(world, starter[supervisor], { times: 2, message: passing[supervisor] });
  const { code, stdout, stderr } = await world.mosaic(['apply'], { env });
  assert.equal(code, 0, stdout + stderr);
  assert.equal(calls(), 3);
  const said = (stdout + stderr).match(/^.*retrying starting three \(attempt \d\): .*$/gm) ?? [];
  assert.equal(said.length, 2, stdout + stderr);
  assert.ok(said.every((line) => line.includes(passing[supervisor])));
  const events = await world.mosaic(['events', '--json']);
  assert.equal(events.stdout.match(/"event":"retry"/g)?.length, 2);
  assert.deepEqual(await world.sessions(), ['_holder', 'one', 'three', 'two']);
});

forSupervisors('one that never passes is given up after three retries', async (world) => {
  const { supervisor } = world;
  await oneToStart(world);
  const { env, calls } = standIn(world, starter[supervisor], { times: 99, message: passing[supervisor] });
  const { code, stdout, stderr } = await world.mosaic(['apply'], { env });
  assert.equal(code, 1, stdout + stderr);
  assert.equal(calls(), 4);
  assert.deepEqual(await world.sessions(), ['_holder', 'one', 'two']);
});

forSupervisors('a failure that will not pass is not tried again', async (world) => {
  await oneToStart(world);
  const { env, calls } = standIn(world, starter[world.supervisor], { times: 99, message: 'no such thing' });
  const { code, stdout, stderr } = await world.mosaic(['apply'], { env });
  assert.equal(code, 1, stdout + stderr);
  assert.equal(calls(), 1);
  assert.match(stdout + stderr, /no such thing/);
  assert.doesNotMatch(stdout + stderr, /retrying/);
});

inWorld('git that waits for its own lock is tried again, and says so', 'none', async (world) => {
  const repository = await world.makeRepository('app');
  world.writeFleet({
    runtimes: { idle: { command: ['sleep', 'infinity'] } },
    agents: [{ name: 'one', runtime: 'idle', worktree: { repository } }],
  });
  const message = `fatal: Unable to create '${repository}/.git/index.lock': File exists.`;
  const { env, calls } = standIn(world, ['git', 'add'], { times: 2, message });
  const { code, stdout, stderr } = await world.mosaic(['apply'], { env });
  assert.equal(code, 0, stdout + stderr);
  assert.equal(calls(), 3);
  assert.match(stdout + stderr, /retrying the worktree of one/);
});
