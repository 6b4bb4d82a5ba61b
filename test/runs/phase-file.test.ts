/** The phase file, written in every way that an agent, its tools or a mistake may write it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import type { Files, FileStat } from '../../src/host/host.ts';
import { realHost } from '../../src/host/real.ts';
import { PHASES } from '../../src/model/formula.ts';
import { MAX_PHASE_BYTES, phaseFile, watchPhases, type PhaseEvent } from '../../src/runs/phase-file.ts';
import { maskOf } from '../../src/runs/secrets.ts';

const host = realHost();
const plain = (text: string): string => text;

function folder(t: TestContext): string {
  const path = fs.mkdtempSync(join(tmpdir(), 'mosaic-phase-'));
  t.after(() => fs.rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Bench {
  path: string;
  /** Writes by sh, as an agent does; `$1` is the file. */
  sh: (script: string) => void;
  /** Looks every 100 ms for so long. */
  wait: (ms: number, final?: boolean) => string[];
}

const words = (event: PhaseEvent): string => {
  switch (event.kind) {
    case 'phase':
      return event.reason === undefined ? event.phase : `${event.phase}: ${event.reason}`;
    case 'reason':
      return `+${event.phase}: ${event.reason}`;
    case 'unknown':
      return `?${event.word}`;
    case 'trouble':
      return `!${event.why.replace(/^\S+ /, '')}`;
  }
};

/** On real files and a clock of its own. */
function bench(t: TestContext, path = join(folder(t), 'phase')): Bench {
  const file = phaseFile(host.files, path, plain);
  let now = 1_000_000;
  return {
    path,
    sh: (script) => void execFileSync('sh', ['-c', script, 'sh', path]),
    wait(ms, final = false) {
      const told: string[] = [];
      for (const until = now + ms; now <= until; now += 100) {
        const { event } = file.read(now, final);
        if (event !== undefined) told.push(words(event));
      }
      return told;
    },
  };
}

test('written whole, replaced, and the same once more', (t) => {
  const { sh, wait } = bench(t);
  assert.deepEqual(wait(300), []);
  sh(`printf 'PHASE:awaiting_ci\\n' >"$1"`);
  assert.deepEqual(wait(0), ['awaiting_ci']);
  assert.deepEqual(wait(5_000), []);
  sh(`printf 'PHASE:awaiting_ci\\n' >"$1.new" && mv "$1.new" "$1"`);
  assert.deepEqual(wait(0), ['awaiting_ci']);
  sh(`sleep 0.01; printf 'PHASE:awaiting_ci\\n' >"$1"`);
  assert.deepEqual(wait(0), ['awaiting_ci'], 'in the same file');
  sh(`printf '  PHASE:done \\r\\nnotes\\n' >"$1"`);
  assert.deepEqual(wait(5_000), ['done: notes']);
});

test('in pieces', (t) => {
  const { sh, wait } = bench(t);
  sh(`printf 'PHA' >"$1"`);
  assert.deepEqual(wait(900), []);
  sh(`printf 'SE:do' >>"$1"`);
  assert.deepEqual(wait(900), []);
  sh(`printf 'ne' >>"$1"`);
  assert.deepEqual(wait(300), [], 'more may come');
  assert.deepEqual(wait(200), ['done']);
  sh(`printf '\\n' >>"$1"`);
  assert.deepEqual(wait(1_000), [], 'the end of the same line');
});

test('what is no phase yet is one at last, or unknown', (t) => {
  const { sh, wait } = bench(t);
  sh(`printf 'PHASE:awaiting' >"$1"`);
  assert.deepEqual(wait(2_900), []);
  assert.deepEqual(wait(200), ['?PHASE:awaiting']);
  sh(`printf 'PHASE:finished\\n' >"$1"`);
  assert.deepEqual(wait(0), ['?PHASE:finished']);
  assert.deepEqual(wait(5_000), []);
});

test('a reason that comes with it, after it, late, and never', (t) => {
  const { sh, wait } = bench(t);
  sh(`printf 'PHASE:failed\\nno key\\n' >"$1"`);
  assert.deepEqual(wait(0), ['failed: no key']);
  sh(`printf 'PHASE:escalate\\n' >"$1"`);
  assert.deepEqual(wait(300), []);
  sh(`printf 'which one?\\n' >>"$1"`);
  assert.deepEqual(wait(100), ['escalate: which one?']);
  sh(`printf 'PHASE:failed\\n' >"$1"`);
  assert.deepEqual(wait(400), []);
  assert.deepEqual(wait(200), ['failed']);
  sh(`printf 'too late\\n' >>"$1"`);
  assert.deepEqual(wait(600), ['+failed: too late']);
});

test('what is added to a phase is none of its own; written anew it is', (t) => {
  const { sh, wait } = bench(t);
  sh(`printf 'PHASE:awaiting_review\\n' >"$1"`);
  assert.deepEqual(wait(0), ['awaiting_review']);
  sh(`printf 'the pull request is 12\\n' >>"$1"`);
  assert.deepEqual(wait(1_000), ['+awaiting_review: the pull request is 12']);
  sh(`: >"$1"`);
  assert.deepEqual(wait(1_000), []);
  sh(`printf 'PHASE:awaiting_review\\nthe pull request is 12\\n' >"$1"`);
  assert.deepEqual(wait(0), ['awaiting_review: the pull request is 12']);
});

test('removed, emptied, and there again', (t) => {
  const { path, sh, wait } = bench(t);
  sh(`printf 'PHASE:escalate\\nwhy\\n' >"$1"`);
  assert.deepEqual(wait(0), ['escalate: why']);
  fs.rmSync(path);
  assert.deepEqual(wait(2_000), []);
  sh(`printf 'PHASE:escalate\\nwhy\\n' >"$1"`);
  assert.deepEqual(wait(0), ['escalate: why']);
});

test('what is no text file is told once, and nobody waits for it', (t) => {
  const { path, sh, wait } = bench(t);
  sh(`mkfifo "$1"`);
  assert.deepEqual(wait(2_000), ['!is no regular file: no phase is read from it']);
  sh(`rm "$1"; mkdir "$1"`);
  assert.deepEqual(wait(2_000), ['!is a folder: no phase is read from it']);
  sh(`rmdir "$1"; printf 'PHASE:done\\n' >"$1.other"; ln -s "$1.other" "$1"`);
  assert.deepEqual(wait(2_000), ['!is a symbolic link: no phase is read from it']);
  fs.rmSync(path);
  sh(`printf 'PHASE:done\\n' >"$1"`);
  assert.deepEqual(wait(0), ['done']);
});

test('with a log below it, which grows', (t) => {
  const { sh, wait } = bench(t);
  sh(`(printf 'PHASE:awaiting_ci\\npushed\\n'; head -c ${2 * MAX_PHASE_BYTES} /dev/urandom) >"$1"`);
  assert.deepEqual(wait(0), ['awaiting_ci: pushed']);
  sh(`head -c 1000 /dev/urandom >>"$1"`);
  assert.deepEqual(wait(1_000), []);
  sh(`yes PHASE:done | head -c ${MAX_PHASE_BYTES + 1} >"$1"`);
  assert.deepEqual(wait(1_000), ['done: PHASE:done']);
});

test('no part of a secret is told, and a phase that is some value counts', (t) => {
  const path = join(folder(t), 'phase');
  const value = `hidden-${'0123456789'.repeat(9)}`;
  const read = (text: string): string => {
    fs.writeFileSync(path, text);
    const { event } = phaseFile(host.files, path, maskOf([value, 'done'])).read(0, true);
    return event === undefined ? '' : words(event);
  };
  assert.equal(read(`cannot use ${value} here\n`), '?cannot use (secret) here');
  assert.equal(read(`${'x'.repeat(990)} ${value}\n`).includes('hidden'), false);
  assert.equal(read(`PHASE:failed\n${'x'.repeat(988)} ${value}\n`), `failed: ${'x'.repeat(988)} (secret)`);
  assert.equal(read(`PHASE:done\nall done\n`), 'done: all (secret)');
});

test('one that cannot be read is told once, and read when it can', () => {
  let text: string | undefined;
  const stat: FileStat = { kind: 'file', mode: 0, uid: 1, size: 11, modifiedAt: 1, inode: 1 };
  const files = {
    ...host.files,
    stat: () => stat,
    readStart() {
      if (text === undefined) throw new Error('cannot read it: permission denied');
      return text;
    },
  };
  const file = phaseFile(files, '/nowhere', plain);
  assert.deepEqual(file.read(0).event, { kind: 'trouble', why: 'cannot read it: permission denied' });
  assert.deepEqual(file.read(500), {});
  text = 'PHASE:done\n';
  assert.deepEqual(file.read(1_000).event, { kind: 'phase', phase: 'done' });
});

test('its writer has ended: what stands there counts at once', (t) => {
  const { sh, wait } = bench(t);
  sh(`printf 'PHASE:done' >"$1"`);
  assert.deepEqual(wait(0, true), ['done']);
  sh(`printf 'PHASE:failed\\n' >"$1"`);
  assert.deepEqual(wait(0, true), ['failed']);
  sh(`printf 'PHASE:fai' >"$1"`);
  assert.deepEqual(wait(0, true), ['?PHASE:fai']);
});

test('two side by side do not see each other', (t) => {
  const at = folder(t);
  const [one, other] = [bench(t, join(at, 'one')), bench(t, join(at, 'other'))];
  one.sh(`printf 'PHASE:done\\n' >"$1"`);
  assert.deepEqual([other.wait(1_000), one.wait(0)], [[], ['done']]);
});

test('it is told when it is written, by an event of the system: nobody looks by himself', async (t) => {
  const path = join(folder(t), 'phase');
  const phases = watchPhases(host, path, plain);
  t.after(phases.close);
  const told: string[] = [];
  phases.listen(() => told.push(...phases.take(Date.now(), false).events.map(words)));
  for (const [index, phase] of (['awaiting_ci', 'awaiting_ci', 'merged'] as const).entries()) {
    execFileSync('sh', ['-c', `printf 'PHASE:%s\\n' ${phase} >"$1.new" && mv "$1.new" "$1"`, 'sh', path]);
    for (let tries = 0; told.length <= index && tries < 400; tries++) await host.clock.sleep(50);
  }
  assert.deepEqual(told, ['awaiting_ci', 'awaiting_ci', 'merged']);
});

interface Write {
  /** Since the write before. */
  afterMs: number;
  text: string;
  how: 'rename' | 'truncate' | 'append' | 'remove';
}

/** A file system of one file, and a clock. */
function paper() {
  let file: { text: string; inode: number; modifiedAt: number } | undefined;
  let inode = 0;
  const files: Files = {
    ...host.files,
    stat: () =>
      file && {
        kind: 'file',
        mode: 0o600,
        uid: 1,
        size: file.text.length,
        modifiedAt: file.modifiedAt,
        inode: file.inode,
      },
    readStart: () => file?.text,
  };
  return {
    files,
    write: ({ text, how }: Pick<Write, 'text' | 'how'>, now: number): void => {
      if (how === 'remove') file = undefined;
      else if (how === 'append')
        file = { text: (file?.text ?? '') + text, inode: file?.inode ?? ++inode, modifiedAt: now };
      else file = { text, inode: how === 'truncate' ? (file?.inode ?? ++inode) : ++inode, modifiedAt: now };
    },
  };
}

test('whatever is written before, however it is looked at: what stands there at last is told within a second', () => {
  const noise = fc.record({
    afterMs: fc.integer({ min: 1, max: 1_500 }),
    text: fc.constantFrom(
      '',
      'PHASE:',
      'PHASE:do',
      'PHASE:done',
      'PHASE:escalate\n',
      'nonsense\n',
      'PHASE:awaiting_ci\n',
      'x',
    ),
    how: fc.constantFrom<Write['how'][]>('rename', 'truncate', 'append', 'remove'),
  });
  fc.assert(
    fc.property(
      fc.array(noise, { maxLength: 8 }),
      fc.constantFrom(...PHASES),
      fc.constantFrom('', '\n', '\nwhy', '\nwhy\n'),
      fc.constantFrom<Write['how'][]>('rename', 'truncate'),
      fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 12 }),
      (before, phase, end, how, steps) => {
        const { files, write } = paper();
        const file = phaseFile(files, '/phase', plain);
        const last: Write = { afterMs: 700, text: `PHASE:${phase}${end}`, how };
        const writes = [...before, last];
        let due = 10_000;
        const times = writes.map(({ afterMs }) => (due += afterMs));
        const written = times.at(-1) ?? 0;
        let told: string | undefined;
        for (let now = 10_000, step = 0, next = 0; now <= written + 1_000;) {
          for (; (times[next] ?? Infinity) <= now; next++) {
            const isMore =
              how === 'truncate' && last.text.startsWith(files.readStart('/phase', MAX_PHASE_BYTES) ?? '\0');
            write(writes[next] as Write, times[next] ?? 0);
            // Written into the same file, what begins as before cannot be told from what is added.
            if (next === writes.length - 1 && !isMore) told = undefined;
          }
          const { event, againAt } = file.read(now);
          if (event?.kind === 'phase' || event?.kind === 'reason') told = event.phase;
          else if (event !== undefined) told = undefined;
          const pause = steps[step++ % steps.length] ?? 500;
          now = Math.min(now + pause, againAt ?? Infinity);
        }
        return told === phase;
      },
    ),
    { numRuns: 1_000 },
  );
});
