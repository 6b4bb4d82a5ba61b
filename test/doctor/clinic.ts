/** A fleet that is well, one thing that is done to it, and the printed fix followed. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'node:test';
import { doctor as valid } from '../../src/generated/validators.js';
import type { RunOptions } from '../support/command.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

const mosaicFile = fileURLToPath(new URL('../../dist/mosaic.js', import.meta.url));

export interface Finding {
  check: string;
  health: 'ok' | 'warning' | 'broken' | 'not-applicable' | 'unknown';
  message: string;
  advice?: string;
  command?: string;
}

export interface Examined {
  code: number | null;
  findings: Finding[];
  /** Checks that are not well, with how they are. */
  ill: Record<string, string>;
  /** The troubles of one check. */
  of: (check: string) => Finding[];
}

export interface Clinic {
  world: World;
  t: TestContext;
  /** For everything that is run from then on. */
  env: Record<string, string>;
  examine(args?: readonly string[]): Promise<Examined>;
  /** A shell line, with `mosaic` in it as a person has it on the PATH. */
  shell(line: string, options?: RunOptions): Promise<string>;
  fleet(agents: readonly Record<string, unknown>[], rest?: Record<string, unknown>): void;
  apply(): Promise<void>;
  state(...parts: string[]): string;
}

export const clinicOf = (world: World, t: TestContext, given?: World['run']): Clinic => {
  const run: World['run'] = given ?? ((...words) => world.run(...words));
  const bin = world.path('bin');
  const clinic: Clinic = {
    world,
    t,
    env: {},
    async examine(args = []) {
      const words = [mosaicFile, 'doctor', '--json', ...args];
      const { code, stdout, stderr } = await run(process.execPath, words, {
        env: clinic.env,
        timeoutMs: 50_000,
      });
      assert.equal(stderr, '');
      const report = JSON.parse(stdout) as { findings: Finding[] };
      assert.ok(valid(report), JSON.stringify(valid.errors));
      const { findings } = report;
      const trouble = findings.filter(({ health }) => health !== 'ok' && health !== 'not-applicable');
      assert.equal(code, findings.some(({ health }) => health === 'broken') ? 1 : 0);
      return {
        code,
        findings,
        ill: Object.fromEntries(trouble.map(({ check, health }) => [check, health])),
        of: (check) => trouble.filter((finding) => finding.check === check),
      };
    },
    async shell(line, options = {}) {
      if (!existsSync(bin)) {
        await world.run('mkdir', [bin]);
        writeFileSync(`${bin}/mosaic`, `#!/bin/sh\nexec '${process.execPath}' '${mosaicFile}' "$@"\n`);
        chmodSync(`${bin}/mosaic`, 0o755);
      }
      const path = `${clinic.env['PATH'] ?? world.env['PATH']}:${bin}`;
      const { code, stdout, stderr } = await run('sh', ['-c', line], {
        ...options,
        env: { ...clinic.env, PATH: path },
      });
      assert.equal(code, 0, `${line}\n${stdout}\n${stderr}`);
      return stdout;
    },
    fleet(agents, { runtimes, ...rest } = {}) {
      world.writeFleet({
        runtimes: { idle: { command: ['sleep', 'infinity'] }, ...(runtimes as object | undefined) },
        defaults: { working_directory: world.cwd, runtime: 'idle' },
        ...rest,
        agents,
      });
    },
    async apply() {
      await clinic.shell('mosaic apply');
    },
    state: (...parts) => [`${world.env['XDG_STATE_HOME']}/mosaic/test`, ...parts].join('/'),
  };
  return clinic;
};

export interface Ailment {
  /** The check that is to turn, and how. */
  check: string;
  health: 'warning' | 'broken' | 'unknown';
  /** What it says. */
  says: RegExp;
  /** Before: the fleet that is well; one agent `coder` that runs unless told. */
  well?(clinic: Clinic): void | Promise<void>;
  breaks(clinic: Clinic): unknown;
  /** Checks that cannot tell, or are ill, because this is broken. */
  also?: Record<string, string>;
  /** Checks of which nothing is told then. */
  untold?: readonly string[];
  /** What the advice has a person do; absent: the printed command is run. */
  mend?(clinic: Clinic, finding: Finding): unknown;
  args?: readonly string[];
}

export function ailment(name: string, supervisor: World['supervisor'], what: Ailment): void {
  inWorld(name, supervisor, (world, t) => treat(clinicOf(world, t), what), { timeout: 120_000 });
}

/** Exactly the one check turns, and following its fix turns it back. */
export async function treat(clinic: Clinic, what: Ailment): Promise<void> {
  if (what.well === undefined) {
    clinic.fleet([{ name: 'coder' }]);
    await clinic.apply();
  } else await what.well(clinic);
  const before = await clinic.examine(what.args);
  assert.equal(before.ill[what.check], undefined, `${what.check} is ill from the start`);
  await what.breaks(clinic);
  const broken = await clinic.examine(what.args);
  const expected: Record<string, string> = { ...before.ill, ...what.also, [what.check]: what.health };
  for (const check of what.untold ?? []) delete expected[check];
  assert.deepEqual(broken.ill, expected);
  const [finding, ...more] = broken.of(what.check);
  assert.ok(finding);
  assert.deepEqual(more, []);
  assert.match(finding.message, what.says);
  if (what.mend === undefined) {
    assert.ok(finding.command, 'it names a command');
    await clinic.shell(finding.command);
  } else {
    assert.ok(finding.advice ?? finding.command, 'it names a way out');
    await what.mend(clinic, finding);
  }
  const after = await clinic.examine(what.args);
  assert.deepEqual(after.ill, before.ill, 'the fix did not mend it');
}
