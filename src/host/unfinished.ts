/** New files that are moved into place once they are whole, and what is left of them where their writer was killed. */
import { join } from 'node:path';
import type { Host } from './host.ts';

/** The clock of the machine and the start of a process are told to a second or so. */
const INEXACT_MS = 2_000;

let counter = 0;

/** What a file is called until it is whole: hidden, beside the one that it becomes. */
export const unfinishedName = (): string => `.mosaic-${process.pid}.${counter++}.tmp`;

const writerOf = (name: string): number | undefined => {
  const pid = /^\.mosaic-(\d+)\.\d+\.tmp$/.exec(name)?.[1];
  return pid === undefined ? undefined : Number(pid);
};

/** Whether a file is one of ours that is not whole yet, or never became so. */
export const isUnfinished = (name: string): boolean => writerOf(name) !== undefined;

/** Removes those in a folder whose writer is gone. Throws HostError. */
export function clearUnfinished(host: Pick<Host, 'files' | 'processes'>, folder: string): void {
  for (const name of host.files.list(folder)) {
    const writer = writerOf(name);
    if (writer === undefined) continue;
    const path = join(folder, name);
    if (!writes(host, writer, path)) host.files.remove(path);
  }
}

/** A pid alone does not tell: in a container the next mosaic may well have that of one that was killed. */
function writes({ files, processes }: Pick<Host, 'files' | 'processes'>, pid: number, path: string): boolean {
  // Our own are written in one go: what is there when somebody looks is an earlier process's.
  if (pid === process.pid || processes.startTime(pid) === undefined) return false;
  const [started, modified] = [processes.startedAt(pid), files.stat(path)?.modifiedAt];
  return started === undefined || modified === undefined || started <= modified + INEXACT_MS;
}
