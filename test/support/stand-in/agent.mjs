#!/usr/bin/env node
/**
 * Behaves in a terminal as claude, codex and pi do, well or badly: `agent.mjs [--continue] FOLDER`. In FOLDER/$MOSAIC_AGENT lie
 * `options.json` (StandInOptions of runtime.ts, looked at again while it runs), `log.jsonl`, in which every message stands before
 * anything of it is shown, and `input.bin`, every byte that came.
 */
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { keyReader } from './keys.mjs';
import { liveLines, makeView, messageLines } from './view.mjs';

const words = process.argv.slice(2);
const folder = join(
  words.findLast((word) => !word.startsWith('-')) ?? '.',
  process.env.MOSAIC_AGENT ?? 'agent',
);
mkdirSync(folder, { recursive: true });
const logFile = join(folder, 'log.jsonl');

const DEFAULTS = {
  alternate: true,
  startMs: 0,
  busyMs: 300,
  busy: false,
  busyByTitle: false,
  dialog: false,
  resetWhileBusy: 'queued',
  placeholder: 'Try "write a test for it"',
  collapseLines: 10,
  collapseChars: 1000,
  readBytes: 0,
  readEveryMs: 1,
  pasteTakesMs: 0,
  enterGuardMs: 0,
  earlyEnter: 'newline',
  swallowFirst: 0,
  swallow: 0,
  dialogOnPaste: false,
  flickerMs: 0,
  crash: {},
  laterMs: 200,
  crashHow: 'any',
  refuseContinue: false,
  seed: 1,
};

let options = DEFAULTS;
let optionsRead = 0;
function readOptions() {
  const file = join(folder, 'options.json');
  try {
    const { mtimeMs } = statSync(file);
    if (mtimeMs === optionsRead) return;
    options = { ...DEFAULTS, ...JSON.parse(readFileSync(file, 'utf8')) };
    optionsRead = mtimeMs;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
readOptions();

const logged = () => {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
};

/** On disk before this returns. */
function log(what, more = {}) {
  const fd = openSync(logFile, 'a');
  writeSync(fd, `${JSON.stringify({ what, at: Date.now(), pid: process.pid, ...more })}\n`);
  fsyncSync(fd);
  closeSync(fd);
}

const textOf = (bytes) => {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? { text } : { text, base64: bytes.toString('base64') };
};

// Another fate after each restart, the same ones for a seed.
let random = (options.seed * 2_654_435_761 + logged().length * 40_503) >>> 0;
function chance(probability = 0) {
  random = (random + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(random ^ (random >>> 15), random | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296 < probability;
}

const view = makeView(process.stdout, options.alternate);
/** Pieces `{ bytes, shown }`; a long paste is shown as a word of its own. */
let draft = [];
let pastes = 0;
/** Newlines at the draft's end that an Enter left there. */
let newlines = 0;
let enters = 0;
/** Until then an Enter does not send; what is being taken in is in no draft yet. */
let takingUntil = 0;
let taking;
/** One more with each new beginning: what an earlier one had in mind is void. */
let life = 0;
let queue = [];
let busySince;
let dialog;
let isUp = false;
let busyTimer;

const isBusy = () => busySince !== undefined;
const draftBytes = () => Buffer.concat(draft.map(({ bytes }) => bytes));

let drawTimer;
function draw() {
  drawTimer ??= setTimeout(() => {
    drawTimer = undefined;
    if (!isUp) return;
    const show = () => {
      const shown = draft.map((piece) => piece.shown).join('');
      const state = { queue: queue.map(({ text }) => text), busySince, dialog, draft: shown };
      const { placeholder, busyByTitle } = options;
      view.draw(liveLines({ ...state, placeholder, hidesBusy: busyByTitle }, view.width(), Date.now()));
    };
    if (options.busyByTitle) view.title(isBusy() ? '⠙ stand-in' : 'stand-in');
    if (options.flickerMs === 0) return show();
    view.blank();
    setTimeout(show, options.flickerMs);
  }, 10);
}

function banner(line = 'Nothing said yet.') {
  view.clear();
  view.add(['Stand-in agent', line]);
}

/** Does it later, unless all has begun anew meanwhile. */
function after(ms, act) {
  const mine = life;
  setTimeout(() => mine === life && (act(), draw()), ms);
}

/** Ends it, or has it forget all within the same process and read nothing for a while, at a moment where that loses something. */
function mayCrash(when) {
  if (!chance(options.crash[when])) return false;
  const how = options.crashHow === 'any' ? (chance(0.5) ? 'exit' : 'reload') : options.crashHow;
  log('crash', { when, how });
  if (how === 'exit') process.exit(1);
  life++;
  [draft, queue, dialog, busySince, takingUntil, taking] = [[], [], undefined, undefined, 0, undefined];
  [newlines, enters] = [0, 0];
  clearTimeout(busyTimer);
  isUp = false;
  view.blank();
  setTimeout(come, options.startMs);
  return true;
}

function come() {
  if (life === 0) {
    process.stdin.setRawMode(true);
    view.open();
  }
  banner(life === 0 && words.includes('--continue') ? 'Conversation taken up.' : undefined);
  isUp = true;
  process.stdin.resume();
  log('ready');
  if (options.dialog) dialog = 'touch approved';
  draw();
}

function begin(message) {
  view.add(messageLines(message.text, view.width()));
  busySince = Date.now();
  busyTimer = setTimeout(finish, options.busyMs, message);
}

function finish(message) {
  if (options.busy) {
    busyTimer = setTimeout(finish, 20, message);
    return;
  }
  busySince = undefined;
  if (message !== undefined) view.add([`● Read ${message.bytes.length} bytes.`]);
  if (message !== undefined && options.askOn !== undefined && message.text.includes(options.askOn))
    dialog = 'touch approved';
  const next = queue.shift();
  if (next !== undefined) {
    if (next.isCommand) reset(next.text);
    else begin(next);
  }
  draw();
}

function reset(text) {
  log('cleared', { text });
  banner();
}

function submit() {
  const bytes = draftBytes();
  const text = bytes.toString('utf8');
  const last = text.trimEnd();
  // A backslash at the end has Enter begin a line; a file's name at the end has it chosen.
  if (last === text && last.endsWith('\\')) {
    draft = [{ bytes: bytes.subarray(0, -1), shown: text.slice(0, -1) }];
    return type(Buffer.from('\n'), '\n');
  }
  if (last === text && /(?:^|\s)@\S+$/.test(last)) {
    log('completed', { text });
    return type(Buffer.from('README.md '), 'README.md ');
  }
  draft = [];
  const trailing = newlines;
  [newlines, enters] = [0, 0];
  const trimmed = text.trim();
  if (trimmed === '/clear' || trimmed === '/new') {
    if (!isBusy()) reset(trimmed);
    else if (options.resetWhileBusy === 'queued') queue.push({ text: trimmed, bytes, isCommand: true });
    else {
      log('refused', { text: trimmed });
      view.add([`■ '${trimmed}' is disabled while a task is in progress.`]);
    }
  } else if (trimmed === 'exit' || trimmed === '/exit') leave(0, trimmed);
  else if (trimmed.startsWith('!') || trimmed.startsWith('/')) {
    log('command', { text });
    view.add([`■ ${trimmed.split('\n')[0]}`]);
  } else {
    log('taken', { ...textOf(bytes), queued: isBusy(), newlines: trailing });
    if (mayCrash('taken')) return;
    if (isBusy()) queue.push({ text, bytes });
    else begin({ text, bytes });
    after(options.laterMs, () => mayCrash('later'));
  }
}

function type(bytes, shown) {
  draft.push({ bytes, shown });
}

function enter() {
  if (dialog !== undefined) {
    log('approved', { dialog });
    dialog = undefined;
    return;
  }
  if (mayCrash('enter')) return;
  if (taking !== undefined || Date.now() < takingUntil) {
    if (options.earlyEnter === 'lost') return;
    newlines++;
    if (taking === undefined) type(Buffer.from('\n'), '\n');
    else taking.push({ bytes: Buffer.from('\n'), shown: '\n' });
    return;
  }
  if (draft.length === 0) return;
  enters++;
  if (enters <= options.swallowFirst || chance(options.swallow)) return;
  submit();
}

function pasted(bytes) {
  if (dialog !== undefined || mayCrash('pasted')) return;
  const text = bytes.toString('utf8');
  const lines = text.split('\n').length;
  const isLong = lines > options.collapseLines || text.length > options.collapseChars;
  const shown = isLong ? `[Pasted text #${++pastes} +${lines} lines]` : text;
  takingUntil = Date.now() + options.enterGuardMs;
  if (options.pasteTakesMs === 0) type(bytes, shown);
  else {
    taking = [...(taking ?? []), { bytes, shown }];
    after(options.pasteTakesMs, () => {
      draft.push(...(taking ?? []));
      taking = undefined;
    });
  }
  if (options.dialogOnPaste) dialog = 'touch approved';
}

const keys = {
  enter,
  newline: enter,
  escape() {
    if (dialog !== undefined) log('denied', { dialog });
    else if (isBusy()) {
      clearTimeout(busyTimer);
      finish();
    }
    dialog = undefined;
  },
  interrupt: () => (draft = []),
  'kill-line': () => (draft = []),
  end: () => draft.length === 0 && leave(0, 'end of input'),
  backspace() {
    const bytes = draftBytes();
    const text = [...bytes.toString('utf8')].slice(0, -1).join('');
    draft = text === '' ? [] : [{ bytes: Buffer.from(text), shown: text }];
  },
};

/** The life that a paste began in: one that began earlier is lost with that. */
let pasteLife = 0;

const read = keyReader((event) => {
  if (event.paste !== undefined) pasteLife = life;
  if (!isUp) return;
  if (event.paste !== undefined) mayCrash('paste');
  else if (event.pasted !== undefined) {
    if (pasteLife === life) pasted(event.pasted);
  } else if (event.typed !== undefined) {
    if (dialog === undefined) type(event.typed, event.typed.toString('utf8'));
    else if (/[1y]/.test(event.typed.toString('latin1'))) enter();
  } else keys[event.key]();
  draw();
});

let unread = Buffer.alloc(0);
function readSlowly() {
  const piece = unread.subarray(0, options.readBytes);
  unread = unread.subarray(piece.length);
  read(piece);
  if (unread.length > 0) setTimeout(readSlowly, options.readEveryMs);
  else process.stdin.resume();
}

function leave(code, why) {
  log('end', { why });
  view.close();
  process.exit(code);
}

log('start', { args: words.slice(0, -1) });
if (words.includes('--continue')) {
  const isSaid = logged().some((line) => line.includes('"what":"taken"'));
  if (options.refuseContinue || !isSaid) {
    process.stderr.write('No conversation found to continue\n');
    process.exit(1);
  }
}
process.on('SIGTERM', () => leave(143, 'SIGTERM'));
process.stdin.on('data', (bytes) => {
  appendFileSync(join(folder, 'input.bin'), bytes);
  readOptions();
  if (options.readBytes === 0) return read(bytes);
  process.stdin.pause();
  unread = Buffer.concat([unread, bytes]);
  readSlowly();
});
process.stdin.on('end', () => leave(129, 'hangup'));
process.stdin.pause();
process.stdout.on('resize', draw);
setInterval(() => {
  const before = options;
  readOptions();
  if (!isUp) return;
  if (options !== before && options.dialog !== before.dialog)
    dialog = options.dialog ? 'touch approved' : undefined;
  if (options.busy && !isBusy()) [busySince, busyTimer] = [Date.now(), setTimeout(finish, 20)];
  if (options !== before || isBusy()) draw();
}, 100);
setTimeout(come, options.startMs);
