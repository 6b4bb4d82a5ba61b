/** What is checked of each program. A check gives words where the program cannot do it, and throws where mosaic did wrong. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeName } from '../homes.ts';
import { KICKSTART, type Scene, type SceneWish } from './scene.ts';

export interface Check {
  name: string;
  scene: Omit<SceneWish, 'runtime' | 'supervisor'>;
  supervisors: readonly SceneWish['supervisor'][];
  run(scene: Scene): Promise<string | undefined>;
}

let made = 0;

/** Text that is nowhere else, of so many lines and at least so many bytes. */
function message(lines: number, bytes = 0): string {
  const mark = `m${++made}-${process.pid}`;
  const width = Math.max(30, Math.ceil(bytes / lines));
  const line = (index: number): string =>
    `${mark} line ${index}, "quoted" $HOME #{pid} \\n; äöü 漢字 🙂 שלום q\u0301 `.padEnd(width, `-${index}-`);
  return Array.from({ length: lines }, (_, index) => line(index).trimEnd()).join('\n');
}

const sizes = [
  ['1 line', () => message(1)],
  ['40 lines', () => message(40)],
  ['200 KB', () => message(2000, 200_000)],
] as const;

/** Waits until the text is in a request, and sees that it is there once, also a while later. */
async function arrivesOnce(scene: Scene, text: string): Promise<void> {
  await scene.world
    .until('it arrives', () => scene.times(text) > 0, 30_000)
    .catch(async () => {
      const said = scene.api
        .conversation()
        .at(-1)
        ?.said.filter(({ role }) => role === 'user');
      const last = JSON.stringify(said?.at(-1)?.text.slice(0, 300));
      throw new Error(`it did not arrive as it was; last said: ${last}; screen:\n${await scene.screen()}`);
    });
  await sleep(500);
  assert.equal(scene.times(text), 1, 'it arrives once');
}

async function whileIdle(scene: Scene): Promise<undefined> {
  for (const [what, make] of sizes) {
    await scene.until('idle');
    const text = make();
    const told = await scene.send(text);
    assert.deepEqual(
      [told.code, told.result],
      [0, 'sent'],
      `${what}: ${told.detail}\n${await scene.screen()}`,
    );
    await arrivesOnce(scene, text);
  }
}

async function whileBusy(scene: Scene): Promise<undefined> {
  await scene.until('idle');
  scene.api.next({ text: 'Thought about it.', hold: 'start' });
  await scene.send('Think for a while.');
  await scene.until('busy');
  const texts = [];
  for (const [what, make] of sizes) {
    const text = make();
    texts.push(text);
    const told = await scene.send(text);
    assert.ok(
      told.code === 0 && ['sent', 'queued'].includes(told.result),
      `${what}: ${told.result} ${told.detail}\n${await scene.screen()}`,
    );
  }
  await scene.api.release();
  await scene.until('idle', ({ queued }) => queued === false);
  for (const text of texts) await arrivesOnce(scene, text);
}

async function whileATool(scene: Scene): Promise<undefined> {
  await scene.until('idle');
  scene.api.next({ command: 'echo begun; node -e "setTimeout(()=>0,8000)"' });
  await scene.send('Run that.');
  await scene.until('busy');
  await sleep(1500);
  const texts = sizes.map(([, make]) => make());
  for (const [index, text] of texts.entries()) {
    const told = await scene.send(text);
    // codex asks its model again after ten seconds: the later ones may come after that.
    const may = index === 0 ? ['queued'] : ['queued', 'sent'];
    assert.ok(told.code === 0 && may.includes(told.result), `${told.detail}\n${await scene.screen()}`);
    if (index === 0) assert.equal((await scene.status()).queued, true, 'status tells that messages wait');
  }
  await scene.until('idle', ({ queued }) => queued === false);
  for (const text of texts) await arrivesOnce(scene, text);
}

async function reset(scene: Scene): Promise<undefined> {
  await scene.until('idle');
  const before = message(1);
  await scene.send(before);
  await arrivesOnce(scene, before);
  await scene.until('idle');
  const told = await scene.reset('--clear');
  assert.deepEqual([told.code, told.result], [0, 'cleared'], `${told.detail}\n${await scene.screen()}`);
  const after = message(1);
  await scene.until('idle');
  await scene.send(after);
  await arrivesOnce(scene, after);
  assert.equal(scene.times(before), 0, 'the conversation before is gone');
  assert.equal(scene.times(KICKSTART), 1, 'its kickstart was given again');
}

async function atADialog(scene: Scene): Promise<string | undefined> {
  const trace = join(scene.folder, 'approved');
  if (scene.runtime === 'pi') return 'asks for no permission';
  await scene.until('idle');
  scene.api.next({ command: `touch ${trace}`, asks: true });
  await scene.send('Touch it.');
  const seen = await scene.until('dialog');
  assert.match((seen.dialog ?? []).join('\n'), /touch/, 'the question is told');
  const requests = scene.api.conversation().length;
  const told = await scene.send(message(40));
  assert.deepEqual([told.code, told.result], [3, 'dialog'], told.detail);
  await sleep(1000);
  assert.ok(!existsSync(trace), 'nothing was approved');
  assert.equal(scene.api.conversation().length, requests, 'nothing was said to the model');
  assert.equal((await scene.status()).activity, 'dialog', 'it still asks');
  await scene.key('Enter');
  await scene.world.until('a person can approve it', () => existsSync(trace), 15_000);
  await scene.until('idle');
}

/** Ends it hard while a tool and a server of the tool's own run, and has mosaic start it again. */
async function killed(scene: Scene): Promise<void> {
  await scene.until('idle');
  const mark = `tool${++made}x${process.pid}`;
  const node = `node -e "setTimeout(()=>0,1e7)" ${mark}`;
  scene.api.next({ command: `(setsid ${node} >/dev/null 2>&1 &); ${node}` });
  await scene.send('Run that too.');
  await scene.world.until(
    'its tools run',
    async () => (await scene.running(`,1e7.*${mark}`)).length > 1,
    20_000,
  );
  const pid = await scene.pid();
  await scene.world.run('kill', ['-KILL', String(pid)]);
  await scene.world
    .until('it is seen to be dead', async () => (await scene.status()).presence !== 'live', 20_000)
    .catch(() => undefined);
  const applied = await scene.apply();
  assert.equal(applied.code, 0, applied.stdout + applied.stderr);
  await scene.until('idle', ({ presence }) => presence === 'live');
  assert.notEqual(await scene.pid(), pid);
  const left = await scene.running(`,1e7.*${mark}`);
  assert.deepEqual(left, [], 'nothing of it is left');
}

async function takesUp(scene: Scene): Promise<undefined> {
  await scene.until('idle');
  const before = message(1);
  await scene.send(before);
  await arrivesOnce(scene, before);
  await killed(scene);
  const after = message(1);
  const told = await scene.send(after);
  assert.equal(told.code, 0, told.detail);
  await arrivesOnce(scene, after);
  assert.equal(scene.times(before), 1, 'the earlier turns are there');
}

/** Where programs keep conversations. */
const conversations: Record<RuntimeName, string> = {
  claude: '.claude/projects',
  codex: '.codex/sessions',
  pi: '.pi/agent/sessions',
};

async function beginsAnew(scene: Scene): Promise<undefined> {
  await scene.until('idle');
  const pid = await scene.pid();
  const before = message(1);
  await scene.send(before);
  await arrivesOnce(scene, before);
  await scene.world.run('kill', ['-KILL', String(pid)]);
  await sleep(1000);
  const place = join(scene.home, conversations[scene.runtime]);
  assert.ok(readdirSync(place).length > 0, 'it kept its conversation where we believe');
  rmSync(place, { recursive: true, force: true });
  const applied = await scene.apply();
  assert.equal(applied.code, 0, applied.stdout + applied.stderr);
  await scene.until('idle', ({ presence }) => presence === 'live');
  const after = message(1);
  await scene.send(after);
  await arrivesOnce(scene, after);
  assert.equal(scene.times(before), 0, 'it began anew');
}

async function neverSpoken(scene: Scene): Promise<undefined> {
  await scene.until('idle');
  await scene.world.run('kill', ['-KILL', String(await scene.pid())]);
  await sleep(1000);
  const applied = await scene.apply();
  assert.equal(applied.code, 0, applied.stdout + applied.stderr);
  await scene.until('idle', ({ presence }) => presence === 'live');
}

async function kickstarted(scene: Scene): Promise<undefined> {
  await arrivesOnce(scene, KICKSTART);
  await scene.until('idle');
}

/** What a program changes in a text, by itself. */
const odd: readonly [what: string, text: string, becomes: string][] = [
  ['tabs become four spaces', 'a\tb\tc', 'a    b    c'],
  ['combining characters are composed (NFC)', 'cafe\u0301 a\u030a', 'caf\u00e9 \u00e5'],
];

async function oddText(scene: Scene): Promise<string | undefined> {
  const cannot: string[] = [];
  for (const [what, text, becomes] of odd) {
    await scene.until('idle');
    const [mark, end] = [message(1), message(1)];
    const [kept, changed] = [text, becomes].map((middle) => `${mark} ${middle} ${end}`);
    const told = await scene.send(kept ?? '');
    assert.equal(told.code, 0, told.detail);
    await scene.world.until('it arrives', () => scene.times(mark) > 0, 20_000);
    if (scene.times(kept ?? '') === 1) continue;
    assert.equal(scene.times(changed ?? ''), 1, 'it is changed in no other way');
    cannot.push(what);
  }
  return cannot.length === 0 ? undefined : cannot.join('; ');
}

const alone = ['none'] as const;
const both = ['none', 'systemd'] as const;

/** In their order; those of one kind of scene share it. */
export const checks: readonly Check[] = [
  {
    name: 'seen ready, gets its kickstart',
    scene: { kickstart: KICKSTART },
    supervisors: both,
    run: kickstarted,
  },
  { name: 'messages while idle', scene: { kickstart: KICKSTART }, supervisors: alone, run: whileIdle },
  { name: 'messages while it thinks', scene: { kickstart: KICKSTART }, supervisors: alone, run: whileBusy },
  {
    name: 'messages while a tool runs',
    scene: { kickstart: KICKSTART },
    supervisors: alone,
    run: whileATool,
  },
  {
    name: 'tabs and combining characters',
    scene: { kickstart: KICKSTART },
    supervisors: alone,
    run: oddText,
  },
  { name: 'reset --clear', scene: { kickstart: KICKSTART }, supervisors: alone, run: reset },
  {
    name: 'killed: takes up its conversation, nothing left',
    scene: { kickstart: KICKSTART },
    supervisors: both,
    run: takesUp,
  },
  {
    name: 'killed, conversation lost: begins anew',
    scene: { kickstart: KICKSTART },
    supervisors: both,
    run: beginsAnew,
  },
  { name: 'a message at a dialog', scene: { asks: true }, supervisors: alone, run: atADialog },
  { name: 'killed before anything was said', scene: {}, supervisors: alone, run: neverSpoken },
];
