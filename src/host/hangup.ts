/** Whether a hang-up is to be passed over, as nohup(1) has it. */
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** `SigIgn` of proc_pid_status(5) is a mask in hexadecimal digits, whose lowest bit is SIGHUP's. */
const IGNORED = /^SigIgn:\s*[0-9a-f]*[13579bdf]$/m;
/** `flags` of proc_pid_fdinfo(5) are octal digits, whose lowest says how it was opened: for writing only. */
const WRITE_ONLY = /^flags:\s*[0-7]*[15]$/m;

/**
 * A signal that we were given as ignored should stay so. Node has set it back before our first line runs, so that only traces tell: what
 * started us ignores it itself, as a shell below nohup does; or the shell says that it called nohup; or standard input is the
 * unreadable /dev/null that nohup puts in place of a terminal.
 * @param proc where proc(5) stands
 */
export function isHangUpIgnored(
  env: Readonly<Record<string, string | undefined>>,
  parent: number,
  proc = '/proc',
): boolean {
  if (basename(env['_'] ?? '') === 'nohup') return true;
  if (IGNORED.test(textOf(`${proc}/${parent}/status`))) return true;
  return WRITE_ONLY.test(textOf(`${proc}/self/fdinfo/0`)) && linkOf(`${proc}/self/fd/0`) === '/dev/null';
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
