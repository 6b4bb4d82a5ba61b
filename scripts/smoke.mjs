// Takes the built command through one life of a fleet, on the Node that runs this file, in a home and on sockets of its
// own. Exits 0 when every step did what it should; otherwise says which did not, and how.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const mosaic = fileURLToPath(new URL('../dist/mosaic.js', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'mosaic-smoke-'));
const env = {
  PATH: process.env.PATH,
  HOME: join(scratch, 'home'),
  XDG_RUNTIME_DIR: join(scratch, 'run'),
  TMUX_TMPDIR: join(scratch, 'tmux'),
  SHELL: '/bin/sh',
  LC_ALL: 'C.UTF-8',
};
const fleet = `version: 1
name: smoke
tmux: { socket_name: test-smoke }
supervisor: none
runtimes:
  idle: { command: [sleep, infinity] }
agents:
  - { name: first, runtime: idle, working_directory: ${scratch} }
  - { name: second, runtime: idle, working_directory: ${scratch} }
`;

function fail(what, result) {
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`;
  throw new Error(`${what}: exit ${result.status ?? result.signal ?? result.error?.message}\n${output}`);
}

/** Runs a command and gives its output; throws when it fails or does not print what is expected. */
function step(what, file, args, expected) {
  const result = spawnSync(file, args, { cwd: scratch, env, encoding: 'utf8', timeout: 60_000 });
  if (result.status !== 0) fail(what, result);
  if (expected !== undefined && !expected.test(result.stdout)) fail(`${what}, expected ${expected}`, result);
  process.stdout.write(`ok: ${what}\n`);
  return result.stdout;
}

const run = (args, expected) =>
  step(`mosaic ${args.join(' ')}`, process.execPath, [mosaic, ...args], expected);
const sessions = () =>
  spawnSync('tmux', ['-L', 'test-smoke', 'list-sessions', '-F', '#S'], { env, encoding: 'utf8' });

try {
  for (const folder of [env.HOME, env.XDG_RUNTIME_DIR, env.TMUX_TMPDIR]) mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(scratch, 'fleet.yaml'), fleet);

  run(['--version'], /^\d+\.\d+\.\d+/);
  run(['validate']);
  run(['apply', '--dry-run'], /\b2 to start\b/);
  run(['apply']);
  step(
    'tmux shows both agents',
    'tmux',
    ['-L', 'test-smoke', 'list-sessions', '-F', '#S'],
    /^first\n(.*\n)*second\n/m,
  );
  run(['plan', '--detailed-exitcode']);
  run(['apply']);
  const status = JSON.parse(run(['status', '--json']));
  const running = status.agents.filter((agent) => agent.state === 'running');
  if (running.length !== 2)
    throw new Error(`status --json shows ${running.length} of 2 running:\n${JSON.stringify(status)}`);
  run(['down']);
  const left = sessions().stdout;
  if (/first|second/.test(left)) throw new Error(`down left sessions:\n${left}`);
  process.stdout.write(`smoke test passed on Node ${process.version}\n`);
} catch (error) {
  process.stderr.write(`smoke test failed on Node ${process.version}: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  spawnSync('tmux', ['-L', 'test-smoke', 'kill-server'], { env });
  rmSync(scratch, { recursive: true, force: true });
}
