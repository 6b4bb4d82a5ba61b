/** A fleet with runs of formulas on record, as they are left by mosaic formula run. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '../../src/model/formula.ts';
import { formatRun } from '../../src/record/formula.ts';
import type { CommandResult } from '../support/command.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

export const HOUR = 3_600_000;

export interface Scene {
  world: World;
  /** Below the state folder of the fleet's formulas. */
  path: (...parts: string[]) => string;
  /** Writes a formula of that name to the folder `formulas` beside the fleet file. */
  writeFormula: (name: string) => void;
  /** A record of a run that was over an hour ago, unless told. */
  record: (formula: string, more?: Partial<RunRecord>) => RunRecord;
  /** Puts runs on record, in the order in which they ended. */
  past: (...runs: RunRecord[]) => void;
  /** A run that is not over, seen to by this very process; or by one that is gone. */
  current: (run: RunRecord, alive?: boolean) => void;
  /** Answers that wait for a formula's next run. */
  replies: (formula: string) => string[];
  /** `mosaic formula …`, with the exit code that is expected. */
  formula: (args: readonly string[], code?: number, input?: string) => Promise<CommandResult>;
}

export function inScene(name: string, body: (scene: Scene) => Promise<void>): void {
  inWorld(name, 'none', async (world) => {
    world.writeFleet({ agents: [] });
    const path = (...parts: string[]): string =>
      join(world.home, '.local/state/mosaic/test/formulas', ...parts);
    const folderOf = (formula: string): void => void mkdirSync(path(formula), { recursive: true });
    let count = 0;
    await body({
      world,
      path,
      writeFormula(name) {
        mkdirSync(join(world.cwd, 'formulas'), { recursive: true });
        const keys = { name, runtime: 'claude', repository: '~/app', prompt: 'Look after it.' };
        const lines = Object.entries(keys).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
        writeFileSync(join(world.cwd, 'formulas', `${name}.toml`), lines.join(''));
      },
      record(formula, more = {}) {
        const id = `20261120-08000${++count}`;
        const startedAt = Math.floor(Date.now() / 1000) * 1000 - 2 * HOUR;
        return {
          id,
          formula,
          file: world.path('formulas', `${formula}.toml`),
          pid: 2 ** 22 + 1,
          pidStartTime: 1,
          bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
          startedAt,
          begun: true,
          retries: 0,
          phases: [{ phase: 'done', at: startedAt + HOUR }],
          folder: path(formula, 'runs', id),
          endedAt: startedAt + HOUR,
          reason: 'done',
          exitCode: 0,
          ...more,
        };
      },
      past(...runs) {
        for (const run of runs) {
          folderOf(run.formula);
          appendFileSync(path(run.formula, 'history.jsonl'), `${formatRun(run)}\n`);
        }
      },
      current(run, alive = true) {
        folderOf(run.formula);
        const { endedAt: _, reason: __, exitCode: ___, ...open } = run;
        const own = { pid: process.pid, pidStartTime: startTime() };
        writeFileSync(
          path(run.formula, 'current.json'),
          `${formatRun({ ...open, ...(alive ? own : {}) })}\n`,
        );
      },
      replies(formula) {
        const folder = path(formula, 'replies');
        return readdirSync(folder)
          .toSorted()
          .map((file) => readFileSync(join(folder, file), 'utf8'));
      },
      async formula(args, code = 0, input) {
        const result = await world.mosaic(['formula', ...args], input === undefined ? {} : { input });
        assert.equal(
          result.code,
          code,
          `${args.join(' ')}: exit ${result.code}\n${result.stdout}${result.stderr}`,
        );
        return result;
      },
    });
  });
}

/** Of this process: field 22 of proc(5)'s stat, counted after the name, which may have spaces. */
function startTime(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}
