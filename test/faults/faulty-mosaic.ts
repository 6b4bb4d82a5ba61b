/** `mosaic` on a host on which one call goes wrong, as MOSAIC_TEST_FAULT says; calls are listed in MOSAIC_TEST_CALLS. */
import { appendFileSync } from 'node:fs';
import { run } from '../../src/cli/run.ts';
import { realHost } from '../../src/host/real.ts';
import { type Fault, faultyHost, noFault } from './fault.ts';

const { MOSAIC_TEST_FAULT: text, MOSAIC_TEST_CALLS: log = '/dev/null' } = process.env;
const fault = text === undefined ? noFault : (JSON.parse(text) as Fault);

process.exitCode = await run(process.argv.slice(2), {
  host: faultyHost(realHost(), fault, (call) => appendFileSync(log, `${JSON.stringify(call)}\n`)),
  stdout: process.stdout,
  stderr: process.stderr,
  signal: new AbortController().signal,
});
