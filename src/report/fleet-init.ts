/** What is said beside a new fleet file: what to edit in it, and what comes next. */
import { listed } from '../base/text.ts';
import { shellWord } from '../base/shell.ts';
import { visible } from '../base/visible.ts';
import type { Fleet } from '../model/fleet.ts';

export interface NewFleetFile {
  file: string;
  written: boolean;
  /** It is where every command looks first. */
  default: boolean;
  fleet: Fleet;
  missing: readonly { runtime: string; install?: string }[];
  /** A path of the example that is nobody's. */
  toReplace?: string;
  /** It names folders beside itself. */
  standsHere: boolean;
}

export function advice({
  file,
  written,
  default: usual,
  fleet,
  missing,
  toReplace,
  standsHere,
}: NewFleetFile): string {
  const named = usual ? '' : ` --file ${shellWord(file)}`;
  const lines = [
    ...(written ? [`Wrote ${file}: the fleet ${fleet.name}, ${agents(fleet)}.`] : []),
    ...(toReplace === undefined
      ? []
      : [`Before it can start: replace ${toReplace} in it by the git repository that they are to work on.`]),
    ...missing.map(
      ({ runtime, install }) =>
        `Not installed here: ${runtime}${install === undefined ? '' : ` (${install})`}.`,
    ),
    written
      ? `Next: mosaic apply --dry-run${named} shows what it would do here, mosaic apply${named} does it.`
      : `Only printed: --write puts it into ${file}.`,
    ...(standsHere
      ? [
          'Hosts that are to follow it from a repository need folders named by ~/ or /, not from the file: mosaic validate --followed checks it.',
        ]
      : []),
  ];
  return lines.map((line) => `${visible(line)}\n`).join('');
}

const agents = ({ agents: list }: Fleet): string =>
  list.length <= 3 ? listed(list.map(({ name }) => name)) : `${list.length} agents`;
