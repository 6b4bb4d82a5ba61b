// Loaded before the measured command: writes its peak resident memory, in kB, to $BENCH_PEAK_FILE when it exits. This is
// asked of the process's own memory map: the kernel's figure for a child also counts what its parent was when it forked.
import { readFileSync, writeFileSync } from 'node:fs';

const file = process.env.BENCH_PEAK_FILE;
delete process.env.BENCH_PEAK_FILE;

process.once('exit', () => {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (file !== undefined && peak !== undefined) writeFileSync(file, peak);
});
