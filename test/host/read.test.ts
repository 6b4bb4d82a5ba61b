/** What is read, and what is refused; a test that waits for ever fails by its time limit, if its process can still tell. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HostError } from '../../src/host/host.ts';
import { readFile as read, readInput } from '../../src/host/read.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'mosaic-test-read-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function pipeIn(path: string): string {
  const pipe = join(path, 'pipe');
  execFileSync('mkfifo', [pipe]);
  return pipe;
}

/** Writes to a pipe from another process, as a user's command would. */
const writeTo = (pipe: string, script: string): void => {
  spawn('sh', ['-c', `exec >"$1"; ${script}`, 'sh', pipe], { stdio: ['ignore', 'ignore', 'inherit'] });
};

const refusal =
  (words: RegExp) =>
  (error: unknown): boolean =>
    error instanceof HostError && words.test(error.message);

test('a regular file, also one whose size the kernel does not tell', async (t) => {
  const path = join(folder(t), 'file');
  writeFileSync(path, 'grün\n');
  assert.equal(read(path), 'grün\n');
  assert.equal(await readInput(path), 'grün\n');
  assert.match(read('/proc/self/status') ?? '', /^Name:/);
});

test('nothing at all', async (t) => {
  const path = folder(t);
  for (const absent of [join(path, 'absent'), join(path, 'absent/below')]) {
    assert.equal(read(absent), undefined);
    assert.equal(await readInput(absent), undefined);
  }
});

test('folders and devices are refused', async (t) => {
  const path = join(folder(t), 'inner');
  mkdirSync(path);
  for (const [what, words] of [
    [path, /: it is a folder$/],
    ['/dev/zero', /^cannot read \/dev\/zero: it is no regular file$/],
    ['/dev/tty', /^cannot read \/dev\/tty: /],
  ] as const) {
    assert.throws(() => read(what), refusal(words));
    await assert.rejects(readInput(what), refusal(words));
  }
});

test('a pipe that nobody writes to is refused, not waited for', { timeout: 10_000 }, (t) => {
  assert.throws(() => read(pipeIn(folder(t))), refusal(/pipe: it is no regular file$/));
});

test('what is larger than 64 MiB is refused', async (t) => {
  const path = join(folder(t), 'large');
  writeFileSync(path, '');
  truncateSync(path, 64 * 1024 * 1024 + 1);
  assert.throws(() => read(path), refusal(/larger than 64 MiB/));
  await assert.rejects(readInput(path), refusal(/larger than 64 MiB/));
});

test('a pipe that the user names is read to its end', { timeout: 10_000 }, async (t) => {
  const pipe = pipeIn(folder(t));
  writeTo(pipe, "printf 'first '; sleep 0.2; printf 'gr\\303'; sleep 0.1; printf '\\274n'");
  assert.equal(await readInput(pipe), 'first grün');
});

test('a pipe without end is refused', { timeout: 20_000 }, async (t) => {
  const pipe = pipeIn(folder(t));
  writeTo(pipe, 'exec 2>/dev/null; exec cat /dev/zero');
  await assert.rejects(readInput(pipe), refusal(/larger than 64 MiB/));
});

test('waiting for a pipe can be ended', { timeout: 10_000 }, async (t) => {
  const pipe = pipeIn(folder(t));
  const stop = new AbortController();
  const reading = readInput(pipe, stop.signal);
  setTimeout(() => stop.abort(), 50);
  await assert.rejects(reading, { name: 'HostError', code: 'ABORT_ERR' });
});

test('standard input that is a socket is read to its end', { timeout: 10_000 }, async () => {
  // What node:child_process gives for a pipe is a socket (child_process.spawn on Linux).
  const reader = fileURLToPath(new URL('../../src/host/read.ts', import.meta.url));
  const script = `import { fstatSync } from 'node:fs'; import { readInput } from ${JSON.stringify(reader)};
    console.log(fstatSync(0).isSocket(), await readInput('/dev/stdin'));`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  child.stdin.write('first ');
  setTimeout(() => child.stdin.end('grün'), 100);
  const printed: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  await once(child, 'close');
  assert.equal(Buffer.concat(printed).toString(), 'true first grün\n');
});
