/** Runs `driver.ts`, bundled once. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { MissionStart } from '../../src/coord/init.ts';
import { noFault, type Call, type Fault } from '../faults/fault.ts';
import { atExit } from '../support/exit.ts';

export type MissionCall =
  | { kind: 'init'; wish: MissionStart }
  | { kind: 'begin'; at: number }
  | { kind: 'join'; session: string; pid: number }
  | { kind: 'end'; session: string; at: number }
  | { kind: 'add'; number: number };

export interface DriverCall {
  project: string;
  call: MissionCall;
  fault: Fault;
  /** Where each call on the host is listed. */
  log: string;
}

export interface Driven {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
  calls: Call[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
let bundle: Promise<{ program: string; folder: string }> | undefined;
let runs = 0;

export async function drive(project: string, call: MissionCall, fault: Fault = noFault): Promise<Driven> {
  const { program, folder } = await (bundle ??= bundled());
  const log = join(folder, `calls-${runs++}.jsonl`);
  writeFileSync(log, '');
  const argument: DriverCall = { project, call, fault, log };
  const child = spawn(process.execPath, [program, JSON.stringify(argument)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('close', (...end) => resolve(end)),
  );
  const lines = readFileSync(log, 'utf8').split('\n').filter(Boolean);
  return { code, signal, stderr, calls: lines.map((line) => JSON.parse(line) as Call) };
}

async function bundled(): Promise<{ program: string; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'mosaic-coord-driver-'));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'driver.mjs');
  await build({
    entryPoints: [join(root, 'test/coord/driver.ts')],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  });
  return { program, folder };
}
