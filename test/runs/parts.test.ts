/** What a run reads, hides and keeps: files of its worktree, secrets, answers, records. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { cutBytes } from '../../src/base/cut.ts';
import type { Host } from '../../src/host/host.ts';
import { realHost } from '../../src/host/real.ts';
import { formulaPlaces, runPlaces, type Formula, type RunRecord } from '../../src/model/formula.ts';
import { runCommand } from '../../src/runs/commands.ts';
import { NeedError } from '../../src/runs/error-need.ts';
import {
  contextParts,
  MAX_CONTEXT_BYTES,
  partsOf,
  reportPart,
  scratchPart,
} from '../../src/runs/prompt-parts.ts';
import { appendHistory, isRunning, readCurrent, readHistory, writeCurrent } from '../../src/runs/record.ts';
import {
  markTold,
  putBackReplies,
  putReply,
  readReplies,
  takeReplies,
  waitingReplies,
} from '../../src/runs/replies.ts';
import { newId } from '../../src/runs/run.ts';
import { maskOf, secretsOf } from '../../src/runs/secrets.ts';

const host = realHost();
const { files } = host;
const plain = (text: string): string => text;

function folder(t: TestContext): string {
  const path = fs.mkdtempSync(join(tmpdir(), 'mosaic-parts-'));
  t.after(() => fs.rmSync(path, { recursive: true, force: true }));
  return path;
}

test('context files: those that are there, none from elsewhere', (t) => {
  const at = folder(t);
  const work = join(at, 'work');
  fs.mkdirSync(join(work, 'docs'), { recursive: true });
  fs.writeFileSync(join(at, 'outside'), 'a secret');
  fs.writeFileSync(join(work, 'VISION.md'), 'far');
  fs.writeFileSync(join(work, 'large'), 'ä'.repeat(MAX_CONTEXT_BYTES));
  fs.writeFileSync(join(work, 'picture'), Buffer.from([0x89, 0x50, 0xff, 0x00]));
  fs.writeFileSync(join(work, 'nul'), 'a\0b');
  fs.symlinkSync('../../outside', join(work, 'docs/out'));
  fs.symlinkSync(join(at, 'outside'), join(work, 'absolute'));
  fs.symlinkSync('VISION.md', join(work, 'inside'));
  fs.symlinkSync('nowhere', join(work, 'dangling'));
  fs.symlinkSync(at, join(work, 'up'));
  fs.mkdirSync(join(work, '.git'));
  fs.writeFileSync(join(work, '.git/config'), 'url = https://token@forge.example');
  fs.symlinkSync('.git/config', join(work, 'remotes'));
  const read = (path: string): string | undefined => contextParts(files, work, [path], plain)[0]?.text;
  assert.equal(read('VISION.md'), 'far');
  assert.equal(read('inside'), 'far');
  assert.equal(read('missing'), undefined);
  for (const path of ['docs/out', 'absolute', 'up/outside'])
    assert.equal(read(path), '(It is not shown: it leads out of the repository.)', path);
  for (const path of ['remotes', '.git/config'])
    assert.equal(read(path), "(It is not shown: it is one of git's own files.)", path);
  assert.equal(read('dangling'), '(It is not shown: it is a link to nowhere.)');
  assert.equal(read('docs'), '(It is not shown: it is no file.)');
  for (const path of ['picture', 'nul']) assert.equal(read(path), '(It is not shown: it is no text.)', path);
  const [large] = contextParts(files, work, ['large'], plain);
  assert.deepEqual([large?.cut, large?.text], [true, 'ä'.repeat(MAX_CONTEXT_BYTES / 2)]);
});

test('a text is cut between characters, and never too long', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.integer({ min: 0, max: 60 }),
      (text, most) => {
        const { text: begin, cut } = cutBytes(text, most);
        assert.ok(Buffer.byteLength(begin) <= most && text.startsWith(begin));
        assert.equal(cut, begin !== text);
        assert.ok(!cut || Buffer.byteLength(begin) > most - 4);
      },
    ),
  );
});

test('notes of the run before', (t) => {
  const scratch = join(folder(t), 'scratch.md');
  assert.equal(scratchPart(files, { scratch }, plain), undefined);
  fs.writeFileSync(scratch, 'x'.repeat(9_000));
  assert.deepEqual(scratchPart(files, { scratch }, plain), { text: 'x'.repeat(8_192), cut: true });
  fs.rmSync(scratch);
  fs.symlinkSync('/etc/passwd', scratch);
  assert.equal(scratchPart(files, { scratch }, plain), undefined);
});

test('a report, one that fails, and one that does not end', async (t) => {
  const cwd = folder(t);
  const { signal } = new AbortController();
  const wish = { cwd, environment: { GREETING: 'hello-hidden' }, signal, mask: maskOf(['hello-hidden']) };
  const report = (...words: string[]) => reportPart(host, { commands: { report: words } }, wish);
  assert.equal(await reportPart(host, { commands: {} }, wish), undefined);
  assert.deepEqual(await report('sh', '-c', 'echo "$GREETING"; printf "\\033[31mred\\033[0m"; pwd'), {
    text: `(secret)\nred${fs.realpathSync(cwd)}\n`,
  });
  assert.deepEqual(await report('sh', '-c', 'exit 4'), { trouble: 'the command for it ended with 4' });
  const missing = await report('no-such-program-anywhere');
  assert.match((missing as { trouble: string }).trouble, /could not be started: no-such-program-anywhere/);
  const late = await runCommand(host, { ...wish, words: ['sh', '-c', 'sleep 60 & wait'], timeoutMs: 200 });
  assert.deepEqual([late.ok, late.how], [false, 'did not end within 200ms']);
});

test('secret values: every one, also one within another, and the lines of a long one', () => {
  const mask = maskOf(['abcd', 'abcdef', 'x', '', '-----BEGIN KEY-----\nMIIBsecretline\n-----END KEY-----']);
  assert.equal(mask('abcdef abcd x'), '(secret) (secret) x');
  assert.equal(mask('│ MIIBsecretline │'), '│ (secret) │');
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 4, unit: 'grapheme' })), fc.string(), (values, noise) => {
      const shown = maskOf(values)([noise, ...values, noise].join('\n'));
      for (const value of values)
        assert.ok(value.trim().length < 4 || !shown.replaceAll('(secret)', '\n').includes(value), value);
    }),
  );
});

test('secret values that overlap, that the mark has in it, and that are encoded', () => {
  const mask = maskOf(['abcdefOVER', 'OVERghijkl', 'secret', "to ken/+'1"]);
  assert.equal(mask('abcdefOVERghijkl, OVERghijkl'), '(secret), (secret)');
  assert.equal(mask('secret abcdefOVER'), '(secret) (secret)');
  assert.equal(mask(mask('a secret')), 'a (secret)');
  assert.equal(maskOf(['abab'])('ababab abab'), '(secret) (secret)');
  for (const path of ["to%20ken%2F%2B'1", 'to%20ken%2F%2B%271'])
    assert.equal(mask(`https://u:${path}@forge.example`), 'https://u:(secret)@forge.example');
  for (const user of ['', 'u:', 'uu:', 'uuu:']) {
    const shown = mask(Buffer.from(`${user}to ken/+'1`).toString('base64'));
    // What the user's last byte has a part in may stay.
    assert.match(shown, /^[\w+/]{0,6}\(secret\)[\w+/]?=*$/, user);
  }
  assert.equal(mask(Buffer.from("to ken/+'1").toString('base64url')), '(secret)');
});

test('secret values are hidden before a text is cut', async (t) => {
  const { own, run } = places(t);
  const work = folder(t);
  const value = 'hidden-0123456789-hidden';
  const mask = maskOf([value]);
  fs.writeFileSync(join(work, 'large'), `${'x'.repeat(MAX_CONTEXT_BYTES - 10)}${value}`);
  fs.writeFileSync(own.scratch, `${'x'.repeat(8_182)}${value}`);
  const formula = { context: ['large'], prompt: value, commands: {} } as unknown as Formula;
  const wish = {
    formula,
    run: { id: 'x', folder: '/' },
    places: { own, run: run('x') },
    folder: work,
    mask,
    takesInput: true,
  };
  const { context, scratch, replies, ...more } = await partsOf(host, { ...wish, replies: [value] });
  for (const part of [context[0]?.text, scratch?.text, replies[0], more.formula.prompt])
    assert.match(part ?? '', /^x*\(secret\)$/);
});

test('what is missing is named, and no value is', (t) => {
  const at = folder(t);
  const formula = (change: Partial<Formula>): Formula => ({ env: {}, ...change }) as Formula;
  const forge = { api: 'https://forge.example', tokenEnv: 'GARDEN_TOKEN' };
  const withEnv = (env: Record<string, string>): Host => ({ ...host, facts: { ...host.facts, env } });
  const refused = (change: Partial<Formula>, message: RegExp): void =>
    assert.throws(
      () => secretsOf(withEnv({}), formula(change)),
      (error) =>
        error instanceof NeedError &&
        message.test(error.message) &&
        !/hidden/.test(error.message + error.fix),
    );
  refused({ forge }, /the variable GARDEN_TOKEN/);
  refused({ envFile: join(at, 'none') }, /is not there/);
  fs.writeFileSync(join(at, 'bad'), 'GOOD=hidden-one\nhidden two\n');
  refused({ envFile: join(at, 'bad') }, /line 2: it is not NAME=VALUE/);
  refused({ envFile: at }, /it is a folder/);
  fs.writeFileSync(join(at, 'good'), 'GARDEN_TOKEN=hidden-one\n');
  assert.deepEqual(secretsOf(withEnv({}), formula({ forge, envFile: join(at, 'good') })).values, {
    GARDEN_TOKEN: 'hidden-one',
  });
  assert.equal(
    secretsOf(withEnv({ GARDEN_TOKEN: 'hidden-two' }), formula({ forge })).mask('hidden-two'),
    '(secret)',
  );
});

const places = (t: TestContext) => {
  const own = formulaPlaces({ formulas: folder(t) }, 'garden');
  files.mkdir(own.runs);
  return { own, run: (id: string) => runPlaces(own, id) };
};

test('answers: in their order, each to one run, and back where nobody was told', (t) => {
  const { own, run } = places(t);
  const [one, other] = [run('20260101-000000'), run('20260101-000001')];
  for (const text of ['first', 'second']) putReply(host, own, text);
  assert.deepEqual(
    readReplies(files, own).map(({ text }) => text),
    ['first', 'second'],
  );
  const taken = takeReplies(files, own, one);
  assert.deepEqual(
    taken.map(({ text }) => text),
    ['first', 'second'],
  );
  assert.deepEqual(takeReplies(files, own, other), []);
  putReply(host, own, 'third');
  markTold(files, one, taken.slice(0, 1));
  assert.equal(putBackReplies(files, own, one, taken), 0);
  assert.equal(putBackReplies(files, own, one), 1);
  assert.deepEqual(
    takeReplies(files, own, other).map(({ text }) => text),
    ['second', 'third'],
  );
  assert.deepEqual(waitingReplies(files, own), []);
  assert.equal(putBackReplies(files, own, one), 0);
});

test('answers that two take at the same moment are taken once', (t) => {
  const { own, run } = places(t);
  for (let count = 0; count < 20; count++) putReply(host, own, String(count));
  const [one, other] = [run('20260101-000000'), run('20260101-000001')];
  // The other comes in between, each time that one is about to take.
  const both: string[] = [];
  const racing = {
    ...files,
    rename(from: string, to: string) {
      if (both.length < 10)
        both.push(
          ...takeReplies(files, own, other)
            .slice(0, 1)
            .map(({ text }) => text),
        );
      files.rename(from, to);
    },
  };
  const got = takeReplies(racing, own, one).map(({ text }) => text);
  const told = files.list(other.replies).length + got.length;
  assert.equal(told, 20);
});

const record = (id: string, change: Partial<RunRecord> = {}): RunRecord => ({
  id,
  formula: 'garden',
  file: '/garden.toml',
  pid: process.pid,
  bootId: host.facts.bootId,
  startedAt: 1,
  begun: false,
  retries: 0,
  phases: [{ phase: 'escalate', at: 2, detail: 'why\n"so"' }],
  worktree: { repository: '/r', path: '/w', end: 'kept', why: 'in use' },
  folder: '/f',
  ...change,
});

test('records: read back as they were; a damaged line costs no other', (t) => {
  const { own } = places(t);
  assert.deepEqual([readCurrent(files, own), readHistory(files, own)], [{}, { runs: [], damaged: 0 }]);
  const first = record('20260101-000000', { takesInput: false, reason: 'done', exitCode: 0, endedAt: 5 });
  writeCurrent(files, own, first);
  assert.deepEqual(readCurrent(files, own), { run: first });
  appendHistory(files, own, first);
  appendHistory(files, own, first);
  fs.appendFileSync(own.history, '{"format_version":1,"id":"2026');
  const second = record('20260101-000001');
  appendHistory(files, own, second);
  assert.deepEqual(readHistory(files, own), { runs: [first, second], damaged: 1 });
  fs.writeFileSync(own.current, '{"half');
  assert.match((readCurrent(files, own) as { damaged: string }).damaged, /is damaged: it is not JSON/);
});

test('a run lasts as long as its mosaic lives', (t) => {
  const { own } = places(t);
  assert.equal(isRunning(host, own), false);
  const startTime = host.processes.startTime(process.pid) ?? 0;
  const says = (change: Partial<RunRecord>): boolean => {
    writeCurrent(files, own, record('20260101-000000', { pidStartTime: startTime, ...change }));
    return isRunning(host, own);
  };
  assert.equal(says({}), true);
  assert.equal(says({ pidStartTime: startTime + 1 }), false, 'another process has its number');
  assert.equal(says({ bootId: 'before' }), false);
  assert.equal(says({ pid: 2 ** 22 + 1 }), false);
});

test('names of runs are in their order, and none is given twice', () => {
  const now = Date.UTC(2026, 10, 21, 9, 5, 7);
  assert.equal(
    newId(now, () => false),
    '20261121-090507',
  );
  assert.equal(
    newId(now, (id) => !id.endsWith('-3')),
    '20261121-090507-3',
  );
});
