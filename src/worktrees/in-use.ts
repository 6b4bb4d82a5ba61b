/** Whether anybody works in a worktree. */
import { quoted } from '../base/text.ts';
import type { Host } from '../host/host.ts';
import type { Source } from '../model/source.ts';

/** The folders that tmux panes stand in, of all sessions that count. */
export type PanePaths = Source<readonly string[]>;

/** Who uses a folder, in words, also when that cannot be told; undefined when nobody does. */
export type UsedBy = (path: string) => string | undefined;

/** Looks once at where all processes and panes are. */
export function seeUsers(host: Host, panes: PanePaths): UsedBy {
  if (!panes.known) return () => `it cannot be told which tmux panes use it: ${panes.why}`;
  const { processes, facts } = host;
  // Where even our own folder cannot be seen, nobody else's can.
  if (processes.cwd(facts.pid) === undefined) return () => 'it cannot be told which processes use it';
  const paneFolders = panes.value.flatMap((folder) => [folder, realOr(host, folder)]);
  const working = processes.list().map(({ pid }) => ({ pid, folder: processes.cwd(pid) }));
  return (path) => {
    const within = (folder: string | undefined): boolean =>
      folder === path || folder?.startsWith(`${path}/`) === true;
    const pane = paneFolders.find(within);
    if (pane !== undefined) return `a tmux pane is in ${quoted(pane)}`;
    const process = working.find(({ folder }) => within(folder));
    return process === undefined ? undefined : `process ${process.pid} works in it`;
  };
}

function realOr(host: Host, folder: string): string {
  try {
    return host.files.realpath(folder) ?? folder;
  } catch {
    return folder;
  }
}
