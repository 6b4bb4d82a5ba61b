/** Which files of its repository a fleet file needs beside itself. */
import { join, posix } from 'node:path';
import { quoted } from '../base/text.ts';
import { loadFleet } from '../fleet/load.ts';
import type { Fleet } from '../model/fleet.ts';
import { isInside } from './source.ts';

export interface Needed {
  /** Paths in the repository. */
  files: string[];
  /** What the fleet file names and a followed repository cannot give, in words. */
  wrong?: { reason: string; fix: string };
}

/** So many levels above the repository that no path climbs out of them by mistake. */
const ROOT = `${'/.outside'.repeat(32)}/.repository`;
/** Whether a path stood in the file as a relative one. */
const isRelative = (path: string): boolean => path.startsWith('/.outside');

/**
 * @param text of a fleet file that is valid
 * @param path of it in the repository
 */
export function neededFiles(text: string, path: string, home: string): Needed {
  const file = join(ROOT, path);
  const others = loadFleet({ text, file, home, hostnames: [] });
  if (!others.ok) return { files: [] };
  // Everybody's, so that nothing is missing when this host gets another name.
  const hostnames = [...new Set(others.value.elsewhere.map(({ host }) => host))];
  const loaded = loadFleet({ text, file, home, hostnames });
  if (!loaded.ok) return { files: [] };
  const fleet = loaded.value;
  const folder = foldersOf(fleet).find(({ at }) => isRelative(at));
  if (folder !== undefined) return { files: [], wrong: notChecked(folder.whose, relative(file, folder.at)) };
  const named = filesOf(fleet).filter(isRelative);
  const stray = named.find((name) => !isInside(inRoot(name)));
  if (stray !== undefined) {
    return {
      files: [],
      wrong: {
        reason: `${quoted(relative(file, stray))} leaves the repository`,
        fix: 'Files of the host are named by an absolute path, or beginning with ~.',
      },
    };
  }
  return { files: [...new Set(named.map(inRoot))] };
}

const inRoot = (path: string): string => (path.startsWith(`${ROOT}/`) ? path.slice(ROOT.length + 1) : '');

const relative = (file: string, path: string): string => posix.relative(posix.dirname(file), path) || '.';

/** Of a formula only its own file: what that names is of its repository, or of the host. */
const filesOf = ({ agents, formulas, hosts, tmux }: Fleet): string[] =>
  [
    tmux.extraConfig,
    ...formulas.map(({ file }) => file),
    ...agents.flatMap(({ kickstartTemplate, envFile }) => [kickstartTemplate, envFile]),
    ...Object.values(hosts).map(({ sshConfig }) => sshConfig),
  ].filter((path) => path !== undefined);

function foldersOf({ agents, missions }: Fleet): { whose: string; at: string }[] {
  return [
    ...agents.flatMap(({ name, worktree, workingDirectory }) => {
      const whose = `agent ${name}`;
      const tree = [worktree?.repository, worktree?.path].filter((path) => path !== undefined);
      return [workingDirectory, ...tree].map((at) => ({ whose, at }));
    }),
    ...missions.map(({ id, project }) => ({ whose: `mission ${id}`, at: project })),
  ];
}

const notChecked = (whose: string, path: string): { reason: string; fix: string } => ({
  reason: `${whose} works in ${quoted(path)}, beside the fleet file: of a followed repository only files are taken`,
  fix: 'Folders of the host are named by an absolute path, or beginning with ~.',
});
