import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CommandResult } from '../test/support/command.ts';
import type { World } from '../test/support/world.ts';

const peakHook = fileURLToPath(new URL('peak-memory.mjs', import.meta.url));
const mosaicFile = fileURLToPath(new URL('../dist/mosaic.js', import.meta.url));
const timeoutMs = 900_000;

export const names = (size: number): string[] => Array.from({ length: size }, (_, index) => `agent${index}`);

/** A fleet of agents that do nothing, all in one folder. */
export function writeFleet(world: World, size: number): void {
  world.writeFleet({
    defaults: { working_directory: world.cwd },
    runtimes: { idle: { command: ['sleep', 'infinity'] } },
    agents: names(size).map((name) => ({ name, runtime: 'idle' })),
  });
}

/** Runs a program, which must end well; resolves with what it took and printed. */
export async function timed(
  world: World,
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CommandResult> {
  const result = await world.run(file, args, { timeoutMs, env });
  if (result.code === 0) return result;
  const output = `${result.stderr}${result.stdout}`.slice(0, 2000);
  throw new Error(
    `${file} ${args.slice(0, 5).join(' ')}: exit ${result.code ?? String(result.signal)}\n${output}`,
  );
}

export async function take(world: World, file: string, args: readonly string[]): Promise<number> {
  return (await timed(world, file, args)).durationMs;
}

/** The built command in a world; resolves with its duration and its peak memory in MB (10^6 bytes). */
export async function mosaic(
  world: World,
  args: readonly string[],
): Promise<{ durationMs: number; stdout: string; megabytes: number }> {
  const file = world.path('peak');
  const env = { BENCH_PEAK_FILE: file };
  const result = await timed(world, process.execPath, ['--import', peakHook, mosaicFile, ...args], env);
  return { ...result, megabytes: (Number(readFileSync(file, 'utf8')) * 1024) / 1e6 };
}

/** The same without the memory hook, as a person runs it. */
export const mosaicTake = (world: World, args: readonly string[]): Promise<number> =>
  take(world, process.execPath, [mosaicFile, ...args]);
