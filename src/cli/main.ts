#!/usr/bin/env node
import { EXIT } from '../commands/command-error.ts';
import { reasonOf } from '../host/failures.ts';
import { isHangUpIgnored } from '../host/hangup.ts';
import { HostError, type Host } from '../host/host.ts';
import { keepMemorySmall } from '../host/memory.ts';
import { realHost } from '../host/real.ts';
import { watchTerminals } from '../host/stdio.ts';
import { isUnread, steady } from './output.ts';
import { run, type Surroundings } from './run.ts';

keepMemorySmall();
process.on('exit', watchTerminals());

const stop = new AbortController();
const parting: NonNullable<Surroundings['parting']> = {};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one does not wait for the action in hand.
    if (stop.signal.aborted) {
      stderr.write(parting.words?.() ?? '');
      process.exit(EXIT.interrupted);
    }
    stop.abort();
  });
}
// A window that is closed sends several: one by the kernel, one by each shell in between.
const goesOn = isHangUpIgnored(process.env, process.ppid);
process.on('SIGHUP', () => {
  if (!goesOn) stop.abort();
});

/** A lock was asked for: from then on the machine may be changed, and the command goes on to its end. */
let acting = false;
let unwritten = false;

const stderr = steady(process.stderr, () => {});
const stdout = steady(process.stdout, (error) => {
  if (isUnread(process.stdout, error)) {
    if (!acting) process.exit(EXIT.ok);
    return;
  }
  stderr.write(`mosaic: cannot write to standard output: ${reasonOf(error)}\n`);
  unwritten = true;
  // What was written last may come to grief after the command has ended.
  if (process.exitCode !== undefined) process.exitCode = exitCode(Number(process.exitCode));
});

process.exitCode = exitCode(await main());

/** What nobody could be told is not done as it should be, though all else was. */
function exitCode(code: number): number {
  return unwritten && (code === EXIT.ok || code === EXIT.changes) ? EXIT.failed : code;
}

async function main(): Promise<number> {
  let host: Host;
  try {
    host = await machine();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    stderr.write(`mosaic: ${error.message}\n`);
    return EXIT.unavailable;
  }
  return run(process.argv.slice(2), { host, stdout, stderr, signal: stop.signal, parting });
}

async function machine(): Promise<Host> {
  const host = realHost();
  const level = process.env['MOSAIC_LOG'];
  const { withLog } = level === 'debug' || level === 'trace' ? await import('../host/log.ts') : {};
  const seen = withLog === undefined ? host : withLog(host, level ?? '');
  const lock: Host['files']['lock'] = (path, options) => {
    acting = true;
    return seen.files.lock(path, options);
  };
  return { ...seen, files: { ...seen.files, lock } };
}
