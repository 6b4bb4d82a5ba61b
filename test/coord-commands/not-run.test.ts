/** mosaic coord run where the process of its program cannot be written down. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CommandError } from '../../src/commands/command-error.ts';
import { coordRunCommand } from '../../src/commands/coord/run.ts';
import { HostError, type Files, type Host } from '../../src/host/host.ts';
import { withMissionMade, type World } from '../coord/world.ts';

/** Fails each write of a lock that has a process in it. */
function withoutJoins({ host, places }: World): Host {
  const write: Files['write'] = (path, text, options) => {
    if (path === places.lock && !text.includes('"pid": 0'))
      throw new HostError(`cannot write ${path}: no space is left on the device`, { code: 'ENOSPC', path });
    host.files.write(path, text, options);
  };
  return { ...host, files: { ...host.files, write } };
}

test('run: a program whose process cannot be written down is not run; its session ends', async (t) => {
  const world = await withMissionMade(t);
  const told: string[] = [];
  const terminal = { out: () => {}, err: (text: string) => void told.push(text) };
  const context = {
    host: withoutJoins(world),
    terminal: { ...terminal, color: false, columns: Infinity, interactive: false },
    signal: new AbortController().signal,
    version: '0',
  };
  const ran = join(world.project, 'ran');
  await assert.rejects(
    coordRunCommand(context, 'T2', ['touch', ran, '{prompt}'], { project: world.project }),
    (error: unknown) => {
      assert.ok(error instanceof CommandError);
      assert.equal(error.exitCode, 1);
      assert.match(
        error.message,
        /could not be written down, and the program was not run: cannot write .*no space/,
      );
      return true;
    },
  );
  assert.equal(existsSync(ran), false);
  assert.equal(existsSync(world.places.lock), false);
  const [session] = world.record().sessions;
  assert.equal(session?.ended_reason, 'killed');
});
