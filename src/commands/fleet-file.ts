/** Finds and loads the fleet file. */
import { join } from 'node:path';
import { visible } from '../base/visible.ts';
import type { Host } from '../host/host.ts';
import type { Agent, Fleet } from '../model/fleet.ts';
import { absoluteOr, placesOf } from '../model/places.ts';
import type { Loaded, Problem } from '../model/problem.ts';
import { canonicalPath } from '../observe/git-folders.ts';
import { CommandError, EXIT } from './command-error.ts';
import type { CommandContext } from './context.ts';
import { fleetCache } from './fleet-cache.ts';
import { givenPath } from './given-path.ts';

/**
 * `--file`, else $MOSAIC_FLEET, else ./fleet.yaml, else the one in the configuration folder, else that of the one repository that is
 * followed. Throws CommandError.
 */
export async function findFleetFile(host: Host, file: string | undefined): Promise<string> {
  const { env, cwd, cwdGone, home } = host.facts;
  const given = file ?? (env['MOSAIC_FLEET'] === '' ? undefined : env['MOSAIC_FLEET']);
  if (given !== undefined) return givenPath(host, given);
  const own = join(absoluteOr(env['XDG_CONFIG_HOME'], join(home, '.config')), 'mosaic/fleet.yaml');
  const places = cwdGone === true ? [own] : [join(cwd, 'fleet.yaml'), own];
  const found =
    places.find((path) => host.files.target(path) !== undefined) ??
    (await import('./in-force.ts')).followedFile(host);
  if (found === undefined) {
    const missing =
      cwdGone === true
        ? `the folder that this command works in was removed, and ${own} is not there`
        : `neither ${places.join(' nor ')} is there`;
    throw new CommandError(`there is no fleet file: ${missing}`, EXIT.invalid, {
      fix: 'Name one with --file, or make one: mosaic fleet init --write.',
    });
  }
  return found;
}

/**
 * Reads and checks a fleet file; a file that is not there or cannot be read is a CommandError.
 * @param options.remember keep what was loaded, so that the same text need not be parsed and checked again: only for
 * commands that may write
 */
export async function readFleet(
  { host, build, signal }: Pick<CommandContext, 'host' | 'build' | 'signal'>,
  file: string,
  options: { remember?: boolean } = {},
): Promise<Loaded<Fleet>> {
  const text = await readText(host, file, signal);
  const { hostname, machineId, home } = host.facts;
  const input = { text, file, home, hostnames: [hostname, ...(machineId === undefined ? [] : [machineId])] };
  const cache = build === undefined ? undefined : fleetCache(host, build, input);
  const remembered = cache?.read();
  if (remembered !== undefined) return withFiles(host, { ok: true, file, text, ...remembered });
  // Parsing and checking is most of what a run that finds nothing to do would spend its time on.
  const { loadFleet } = await import('../fleet/load.ts');
  const loaded = loadFleet(input);
  if (!loaded.ok) return loaded;
  if (options.remember === true) cache?.write({ value: loaded.value, warnings: loaded.warnings });
  return withFiles(host, loaded);
}

async function readText(host: Host, file: string, signal: AbortSignal): Promise<string> {
  let text: string | undefined;
  try {
    text = await host.files.readInput(file, signal);
  } catch (error) {
    if (signal.aborted) throw new CommandError(`interrupted while reading ${file}`, EXIT.interrupted);
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
  const agents = loaded.value.agents.map((agent) => {
    const worktree = agent.worktree;
    const path = worktree?.path;
    const canonical =
      worktree === undefined || path === undefined
        ? agent
        : { ...agent, worktree: { ...worktree, path: canonicalPath(host.files, path) } };
    return agent.kickstartTemplate === undefined
      ? canonical
      : { ...canonical, ...readKickstart(host, agent.kickstartTemplate) };
  });
  return { ...loaded, value: { ...loaded.value, agents } };
}

/** A template that cannot be read is the trouble of its agent alone: it is kept from being started, and says why. */
function readKickstart(host: Host, path: string): Pick<Agent, 'kickstart' | 'kickstartTrouble'> {
  try {
    const text = host.files.read(path);
    return text === undefined ? { kickstartTrouble: `${path} is not there` } : { kickstart: text };
  } catch (error) {
    return { kickstartTrouble: (error as Error).message };
  }
}

/**
 * As `readFleet`; problems are shown and end the command. What acts on it may not be beside a followed repository.
 * @param options.asFound take the file even where its fleet follows a repository, as it would be once it is in force there
 */
export async function requireFleet(
  context: CommandContext,
  options: { file?: string; remember?: boolean; asFound?: boolean },
): Promise<{ fleet: Fleet; text: string; warnings: Problem[] }> {
  const { host, terminal } = context;
  const loaded = await readFleet(context, await findFleetFile(host, options.file), options);
  if (loaded.ok) {
    const following = await followingRules(host, loaded.value);
    const beside = following?.besideFollowed(host, loaded.value);
    if (following !== undefined && beside !== undefined) {
      const isNamed = options.file !== undefined || (host.facts.env['MOSAIC_FLEET'] ?? '') !== '';
      const { name, file } = loaded.value;
      const note = `Note: the fleet ${name} follows a repository; ${visible(file)}`;
      if (options.asFound === true) {
        terminal.err(`${note} is not in force: this shows what it would do\n`);
        const there = following.asInForce(host, file, beside);
        const as = there && (await readFleet({ ...context, host: there }, beside.inForce));
        if (as?.ok === true) return { fleet: as.value, text: as.text, warnings: as.warnings };
      } else if (!isNamed) {
        terminal.err(`${note} is left aside\n`);
        return requireFleet(context, { ...options, file: beside.inForce });
      } else if (options.remember === true) following.refuseBesideFollowed(host, loaded.value);
    }
    return { fleet: loaded.value, text: loaded.text, warnings: loaded.warnings };
  }
  const { formatProblems } = await import('../report/problems.ts');
  terminal.err(formatProblems(loaded, { color: terminal.color, cwd: host.facts.cwd }));
  throw new CommandError(`${loaded.file} is not valid`, EXIT.invalid, { shown: true });
}

/** What holds of a fleet that follows a repository. Few do, and every command comes by here: it is loaded for those alone. */
const followingRules = async ({ files, facts }: Host, { name }: Fleet) =>
  files.stat(placesOf(name, facts).gitopsFile) === undefined ? undefined : import('./in-force.ts');
