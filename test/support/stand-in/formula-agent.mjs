#!/usr/bin/env node
/**
 * The program of a formula in tests: `formula-agent.mjs FOLDER [PROMPT]`. FOLDER/lives.json says what each of its lives does (FormulaStep of
 * formula.ts), one list after another, the last one for all that follow. It begins with the prompt, which it is given as a word or else has
 * typed to it. FOLDER/log.jsonl tells what it saw and did (FormulaDeed).
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyReader } from './keys.mjs';
import { liveLines, makeView, messageLines } from './view.mjs';

const [folder = '.', prompt] = process.argv.slice(2);
const logFile = join(folder, 'log.jsonl');
const textOf = (path) => (path !== undefined && existsSync(path) ? readFileSync(path, 'utf8') : undefined);

const log = (what, more = {}) =>
  appendFileSync(logFile, `${JSON.stringify({ what, at: Date.now(), pid: process.pid, ...more })}\n`);

const earlier = (textOf(logFile) ?? '').split('\n').filter((line) => line.includes('"what":"start"')).length;
const lives = JSON.parse(readFileSync(join(folder, 'lives.json'), 'utf8'));
const steps = lives[Math.min(earlier, lives.length - 1)] ?? [];

const view = makeView(process.stdout, true);
let draft = '';
let queue = [];
let busySince;
let dialog;
let isQuiet = false;
/** Messages that no step has heard yet. */
let unheard = [];
/** Called with each message, while it listens. */
let listener;

let drawTimer;
function draw() {
  if (isQuiet) return;
  drawTimer ??= setTimeout(() => {
    drawTimer = undefined;
    const state = { queue, busySince, dialog, draft, placeholder: 'Try "write a test for it"' };
    view.draw(liveLines(state, view.width(), Date.now()));
  }, 10);
}

function look(isBusy) {
  busySince = isBusy ? (busySince ?? Date.now()) : undefined;
  if (!isBusy) drain();
  draw();
}

function drain() {
  for (const text of queue) view.add(messageLines(text, view.width()));
  queue = [];
}

function submit() {
  const text = draft;
  draft = '';
  if (text.trim() === '') return;
  log('taken', { text });
  if (busySince === undefined) view.add(messageLines(text, view.width()));
  else queue.push(text);
  unheard.push(text);
  listener?.();
}

/** Resolves with the first message that has the text in it. Those before it are passed over. */
function heard(text) {
  return new Promise((resolve) => {
    listener = () => {
      const found = unheard.findIndex((one) => one.includes(text));
      if (found < 0) return;
      unheard = unheard.slice(found + 1);
      listener = undefined;
      resolve();
    };
    listener();
  });
}

const run = (script) =>
  new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes));
    child.once('error', reject);
    child.once('exit', (code) => {
      log('ran', { script, code, output });
      resolve();
    });
  });

const filledIn = (text) => text.replace(/\$\{(\w+)\}/g, (_, name) => process.env[name] ?? '');

const untilThere = (path) =>
  new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!existsSync(path)) return;
      clearInterval(timer);
      resolve();
    }, 20);
  });

async function live() {
  if (prompt === undefined) {
    look(false);
    log('ready');
    await heard('');
  } else log('ready');
  look(true);
  for (const step of steps) {
    if (step.sh !== undefined) await run(step.sh);
    if (step.file !== undefined) await untilThere(step.file);
    if (step.show !== undefined) view.add(filledIn(step.show).split('\n'));
    if (step.idle !== undefined) look(!step.idle);
    if (step.quiet === true) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      isQuiet = true;
    }
    if (step.dialog !== undefined) dialog = step.dialog;
    if (step.heard !== undefined) {
      look(false);
      await heard(step.heard);
      look(true);
    }
    log('did', { step });
    if (step.exit !== undefined) leave(step.exit);
    if (step.signal !== undefined) process.kill(process.pid, step.signal);
    draw();
  }
}

function leave(code) {
  view.close();
  process.exit(code);
}

const keys = {
  enter: submit,
  newline: submit,
  escape() {},
  interrupt: () => (draft = ''),
  'kill-line': () => (draft = ''),
  end() {},
  backspace: () => (draft = draft.slice(0, -1)),
};
const read = keyReader((event) => {
  if (event.pasted !== undefined) draft += event.pasted.toString();
  else if (event.typed !== undefined) draft += event.typed.toString();
  else if (event.key !== undefined) keys[event.key]();
  draw();
});

const environment = Object.entries(process.env);
log('start', {
  cwd: process.cwd(),
  prompt,
  promptFile: textOf(process.env.MOSAIC_PROMPT_FILE),
  env: Object.fromEntries(environment.filter(([name]) => name.startsWith('MOSAIC_'))),
  // Of all others a digest, so that no test finds a secret here.
  digests: Object.fromEntries(
    environment.map(([name, value]) => [name, createHash('sha256').update(value).digest('hex')]),
  ),
});
process.on('SIGTERM', () => {
  log('end', { why: 'SIGTERM' });
  leave(143);
});
process.stdin.setRawMode(true);
view.open();
view.add(['Stand-in agent', 'Nothing said yet.']);
process.stdin.on('data', read);
process.stdin.on('end', () => leave(129));
process.stdout.on('resize', draw);
// A program at work moves something all the time, one at its prompt nothing.
setInterval(() => busySince !== undefined && draw(), 100);
void live();
