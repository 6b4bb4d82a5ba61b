/** `mosaic fleet init`: a fleet file to begin with, on standard output or written where none is. */
import { basename, dirname, join } from 'node:path';
import { builtinRuntimes } from '../../fleet/runtimes/index.ts';
import { EXAMPLE_REPOSITORY, fillProfile, fleetNameOf, type ProfileValues } from '../../fleet/profile.ts';
import { agentPath } from '../../host/exec.ts';
import { HostError, type Host } from '../../host/host.ts';
import { packageFile } from '../../host/package.ts';
import { findProgram } from '../../host/program-path.ts';
import type { Fleet } from '../../model/fleet.ts';
import { branchOf, gitDirAround } from '../../observe/git-folders.ts';
import { advice } from '../../report/fleet-init.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { givenPath } from '../given-path.ts';

export const PROFILES = ['minimal', 'software-factory'] as const;

export interface FleetInitOptions {
  profile: (typeof PROFILES)[number];
  write?: boolean;
  file?: string;
}

/** Programs that think, before the shell that only waits for a person. */
const PREFERRED = ['claude', 'codex', 'pi'];

export async function fleetInitCommand(context: CommandContext, options: FleetInitOptions): Promise<number> {
  const { host, terminal } = context;
  const file = givenPath(host, options.file ?? 'fleet.yaml');
  const values = valuesFor(host, dirname(file), options.profile);
  const text = fillProfile(packageFile(`examples/${options.profile}.fleet.yaml`), values);
  const { loadFleet } = await import('../../fleet/load.ts');
  const { neededFiles } = await import('../../gitops/needed.ts');
  const loaded = loadFleet({ text, file, home: host.facts.home, hostnames: [host.facts.hostname] });
  if (!loaded.ok) throw new Error(`the profile ${options.profile} is not valid here`);
  if (options.write === true) write(host, file, text);
  else terminal.out(text);
  terminal.err(
    advice({
      file,
      written: options.write === true,
      default: options.file === undefined,
      fleet: loaded.value,
      missing: missingPrograms(host, loaded.value),
      standsHere: neededFiles(text, basename(file), host.facts.home).wrong !== undefined,
      ...(options.profile === 'minimal' || values.repository !== undefined
        ? {}
        : { toReplace: EXAMPLE_REPOSITORY }),
    }),
  );
  return EXIT.ok;
}

function valuesFor(host: Host, folder: string, profile: FleetInitOptions['profile']): ProfileValues {
  const { facts, files } = host;
  const installed = PREFERRED.find((name) => isInstalled(host, builtinRuntimes[name]?.command[0] ?? name));
  const gitDir = profile === 'minimal' ? undefined : gitDirAround(files, folder);
  const branch = gitDir === undefined ? undefined : branchOf(files, gitDir);
  // A branch may bear any name; one that would need quoting is for the person to write down.
  const plain = branch !== undefined && /^[\w./-]+$/.test(branch) ? branch : undefined;
  const top = plain === undefined ? undefined : topOf(host, folder);
  return {
    name: fleetNameOf(basename(folder)) ?? fleetNameOf(facts.user) ?? 'mosaic',
    // The factory is of several runtimes; what is missing of them is told.
    runtime: profile === 'minimal' ? (installed ?? 'shell') : 'claude',
    ...(plain === undefined || top === undefined ? {} : { repository: { path: top, branch: plain } }),
  };
}

/** The top of the working tree around a folder, as a path beside the file; undefined where it cannot be written plainly. */
function topOf({ files }: Host, folder: string): string | undefined {
  let up = '.';
  for (let at = folder; files.stat(join(at, '.git')) === undefined; at = dirname(at)) {
    if (at === dirname(at)) return undefined;
    up = up === '.' ? '..' : `${up}/..`;
  }
  return up;
}

const isInstalled = ({ files, facts }: Host, program: string): boolean =>
  findProgram(files, program, agentPath(facts.env['PATH'] ?? '')) !== undefined;

/** Runtimes of the roster whose program is not on the PATH, with how to install them. */
function missingPrograms(host: Host, fleet: Fleet): { runtime: string; install?: string }[] {
  const used = [...new Set(fleet.agents.map(({ runtime }) => runtime))];
  return used.flatMap((name) => {
    const runtime = fleet.runtimes[name];
    const program = runtime?.command[0];
    if (runtime === undefined || program === undefined || isInstalled(host, program)) return [];
    return [{ runtime: name, ...(runtime.install === undefined ? {} : { install: runtime.install }) }];
  });
}

function write({ files }: Host, file: string, text: string): void {
  try {
    // The roster holds no secret, and others may read what is in a repository.
    files.write(file, text, { mode: 0o644, fresh: true });
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'EEXIST') throw error;
    throw new CommandError(`${file} is there already, and stays as it is`, EXIT.failed, {
      fix: 'Name another with --file; without --write it is only printed.',
    });
  }
}
