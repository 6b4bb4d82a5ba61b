/** Runs mosaic with a fault in a world. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { atExit } from '../support/exit.ts';
import type { CommandResult } from '../support/command.ts';
import type { World } from '../support/world.ts';
import type { Call, Fault } from './fault.ts';

export interface FaultyRun extends CommandResult {
  calls: Call[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
let bundle: Promise<string> | undefined;

/** Runs `mosaic ARGS` in the world, with the fault; the result lists every call that it made on the host. */
export async function runFaulty(world: World, args: readonly string[], fault: Fault): Promise<FaultyRun> {
  const program = await (bundle ??= bundled());
  const log = world.path('calls.jsonl');
  writeFileSync(log, '');
  const result = await world.run(process.execPath, [program, ...args], {
    env: { MOSAIC_TEST_FAULT: JSON.stringify(fault), MOSAIC_TEST_CALLS: log },
    timeoutMs: 60_000,
  });
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  return { ...result, calls: lines.filter(Boolean).map((line) => JSON.parse(line) as Call) };
}

/** One file that starts in a third of the time of its sources, in a folder that looks like the package's to it. */
async function bundled(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mosaic-faulty-'));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['package.json', 'units']) symlinkSync(join(root, name), join(folder, name));
  const outfile = join(folder, 'faulty-mosaic.js');
  await build({
    entryPoints: [join(root, 'test/faults/faulty-mosaic.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
    banner: {
      js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
    },
  });
  return outfile;
}
