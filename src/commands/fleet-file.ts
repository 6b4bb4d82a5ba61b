/** Finds and loads the fleet file. */
import { isAbsolute, join, resolve } from 'node:path';
import { loadFleet } from '../fleet/load.ts';
import type { Host } from '../host/host.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Loaded, Problem } from '../model/problem.ts';
import { canonicalPath } from '../observe/git-folders.ts';
import { CommandError, EXIT } from './command-error.ts';
import type { CommandContext } from './context.ts';

/** `--file`, else $MOSAIC_FLEET, else ./fleet.yaml, else the one in the configuration folder. Throws CommandError. */
export function findFleetFile(host: Host, file: string | undefined): string {
  const { env, cwd, home } = host.facts;
  const given = file ?? (env['MOSAIC_FLEET'] === '' ? undefined : env['MOSAIC_FLEET']);
  if (given !== undefined) return resolve(cwd, given);
  const config = env['XDG_CONFIG_HOME'];
  const places = [
    join(cwd, 'fleet.yaml'),
    join(config !== undefined && isAbsolute(config) ? config : join(home, '.config'), 'mosaic/fleet.yaml'),
  ];
  const found = places.find((path) => host.files.target(path) !== undefined);
  if (found === undefined) {
    throw new CommandError(`there is no fleet file: neither ${places.join(' nor ')} is there`, EXIT.invalid, {
      fix: 'Name one with --file, or begin with a copy of an example that ships with mosaic (examples/).',
    });
  }
  return found;
}

/** Reads and checks a fleet file; a file that is not there or cannot be read is a CommandError. */
export function readFleet(host: Host, file: string): Loaded<Fleet> {
  const text = readText(host, file);
  const { hostname, machineId } = host.facts;
  const loaded = loadFleet({
    text,
    file,
    home: host.facts.home,
    hostnames: [hostname, ...(machineId === undefined ? [] : [machineId])],
  });
  return loaded.ok ? withFiles(host, loaded) : loaded;
}

function readText(host: Host, file: string): string {
  let text: string | undefined;
  try {
    text = host.files.read(file);
  } catch (error) {
    throw new CommandError((error as Error).message, EXIT.invalid);
  }
  if (text === undefined) {
    throw new CommandError(`the fleet file ${file} is not there`, EXIT.invalid, {
      fix: 'Name another with --file or MOSAIC_FLEET.',
    });
  }
  return text;
}

/** Kickstart templates are read, and worktree paths written as git will record them. */
function withFiles(host: Host, loaded: Loaded<Fleet> & { ok: true }): Loaded<Fleet> {
  const problems: Problem[] = [];
  const agents = loaded.value.agents.map((agent) => {
    const result = { ...agent };
    if (agent.worktree?.path !== undefined) {
      result.worktree = { ...agent.worktree, path: canonicalPath(host.files, agent.worktree.path) };
    }
    if (agent.kickstartTemplate === undefined) return result;
    const path = `agents.${agent.name}.kickstart_template`;
    try {
      const text = host.files.read(agent.kickstartTemplate);
      if (text === undefined) {
        problems.push({ path, message: `${path}: the file ${agent.kickstartTemplate} is not there` });
      } else {
        result.kickstart = text;
      }
    } catch (error) {
      problems.push({ path, message: `${path}: ${(error as Error).message}` });
    }
    return result;
  });
  if (problems.length > 0) return { ok: false, file: loaded.file, text: loaded.text, problems };
  return { ...loaded, value: { ...loaded.value, agents } };
}

/** As `readFleet`; problems are shown and end the command. */
export async function requireFleet(
  { host, terminal }: CommandContext,
  options: { file?: string },
): Promise<{ fleet: Fleet; text: string; warnings: Problem[] }> {
  const loaded = readFleet(host, findFleetFile(host, options.file));
  if (loaded.ok) return { fleet: loaded.value, text: loaded.text, warnings: loaded.warnings };
  const { formatProblems } = await import('../report/problems.ts');
  terminal.err(formatProblems(loaded, { color: terminal.color, cwd: host.facts.cwd }));
  throw new CommandError(`${loaded.file} is not valid`, EXIT.invalid, { shown: true });
}
