/** One call on the host fails in the middle of an apply: said, nothing torn, the others go on, and the next apply ends it. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { forSupervisors, inWorld } from '../support/supervisors.ts';
import type { Call, Fault } from './fault.ts';
import { type FaultyRun, runFaulty } from './faulty.ts';
import { sessionsOf } from './picture.ts';
import { inTurn } from './in-turn.ts';
import { disturb, makeScene, recover, requireEnd, type Scene } from './scene.ts';

const long = { timeout: 1_800_000 };

describe('a call that fails during an apply', { concurrency: 3 }, () => {
  const ofFiles = (calls: readonly Call[]): Fault[] =>
    calls
      .filter(({ name }) => name !== 'exec' && name !== 'signal')
      .flatMap(({ number, name }) => {
        const fills = ['write', 'append', 'mkdir', 'lock'].includes(name);
        return fills ? [no('space', number), no('permission', number)] : [no('permission', number)];
      });
  inWorld(
    'on a file: no space, or no permission',
    'none',
    (world, t) => inTurn(world, t, failedAt, ofFiles),
    long,
  );

  const ofPrograms =
    (hows: readonly Fault['how'][], wanted: (call: Call) => boolean) =>
    (calls: readonly Call[]): Fault[] =>
      calls
        .filter((call) => call.name === 'exec' && wanted(call))
        .flatMap(({ number }) => hows.map((how) => ({ at: number, how })));
  const any = (): boolean => true;
  inWorld(
    'of a program: does nothing and fails, or hangs',
    'none',
    (world, t) => inTurn(world, t, failedAt, ofPrograms(['fail', 'hang'], any)),
    long,
  );
  inWorld(
    'of a program: does its work, but hangs, or answers garbage',
    'none',
    (world, t) => inTurn(world, t, failedAt, ofPrograms(['lost', 'garbage'], any)),
    long,
  );
  inWorld(
    'of systemctl, in each of these ways',
    'systemd',
    (world, t) =>
      inTurn(
        world,
        t,
        failedAt,
        ofPrograms(['fail', 'hang', 'lost', 'garbage'], ({ subject }) => subject.startsWith('systemctl ')),
      ),
    long,
  );

  forSupervisors('of every file: a disk that stays full costs nothing but this apply', async (world) => {
    const scene = await makeScene(world);
    const side = await disturb(scene);
    const { code, stderr } = await runFaulty(world, ['apply'], {
      at: 1,
      how: 'no-space',
      onwards: true,
    });
    assert.notEqual(code, 0);
    assert.match(stderr, /no space is left on the device/);
    await recover(scene, side, 'a full disk');
  });
});

const no = (what: 'space' | 'permission', at: number): Fault => ({ at, how: `no-${what}` });

async function failedAt(scene: Scene, fault: Fault): Promise<void> {
  const { world } = scene;
  const side = await disturb(scene);
  const before = await sessionsOf(world);
  const run = await runFaulty(world, ['apply'], fault);
  const call = run.calls.find(({ hit }) => hit);
  const said = `exit ${run.code}\n${run.stdout}${run.stderr}`;
  const where = `${fault.how} at call ${fault.at} (${call?.name} ${call?.subject}): ${said}`;
  // The last calls are not always as many: whoever looks again until an agent is ready may look once less.
  assert.ok(call !== undefined || run.calls.length < fault.at, `${where}: was not`);
  try {
    assert.ok([0, 1, 69].includes(run.code ?? -1), where);
    assert.doesNotMatch(run.stderr, /mistake in mosaic|^ {4}at /m, where);
    if (call !== undefined && isLook(run, call)) assert.deepEqual(await sessionsOf(world), before, where);
    if (call !== undefined && isOfOneAgent(call)) await requireOthers(scene, side, where);
  } finally {
    // What ended well must be whole as it is, with nothing left for the next apply.
    if (run.code === 0) await requireEnd(scene, side, where);
    else await recover(scene, side, where);
  }
}

/** The first question to tmux or systemd, on which every decision rests. */
function isLook(run: FaultyRun, call: Call): boolean {
  const look = /list-panes|list-units/.exec(call.subject)?.[0];
  return look !== undefined && run.calls.find(({ subject }) => subject.includes(look)) === call;
}

/** About a file, a worktree or a crash record of one agent, and not one that all starts hang on. */
const isOfOneAgent = ({ subject }: Call): boolean =>
  /\/(?:only|dirty|moved|crasher)\b/.test(subject) && !/^(?:tmux|systemctl) /.test(subject);

async function requireOthers(scene: Scene, side: 'a' | 'b', where: string): Promise<void> {
  const { sessions } = await sessionsOf(scene.world);
  const wanted = scene.expected[side].sessions.filter((line) => /^(?:pause|changed)/.test(line));
  assert.deepEqual(
    sessions.filter((line) => /^(?:pause|changed)/.test(line)),
    wanted,
    `${where}: the others did not go on`,
  );
}
