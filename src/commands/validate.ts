/** `mosaic validate`: checks a fleet file, and the host not at all. */
import { annotations } from '../report/annotations.ts';
import { formatProblems, problemsJson } from '../report/problems.ts';
import { counted } from '../base/text.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Loaded } from '../model/problem.ts';
import { CommandError, EXIT } from './command-error.ts';
import type { CommandContext, FleetOptions } from './context.ts';
import { findFleetFile, readFleet } from './fleet-file.ts';
import { givenPath } from './given-path.ts';

export interface ValidateCommandOptions extends FleetOptions {
  output?: 'text' | 'json' | 'github';
  /** Also whether hosts could follow it from a repository. */
  followed?: boolean;
}

export async function validateCommand(
  context: CommandContext,
  file: string | undefined,
  options: ValidateCommandOptions,
): Promise<number> {
  const { host, terminal } = context;
  if (file !== undefined && options.file !== undefined)
    throw new CommandError(`two fleet files are named, ${file} and ${options.file}`, EXIT.usage, {
      fix: 'Name one: as the argument, or with --file.',
    });
  const path = file === undefined ? await findFleetFile(host, options.file) : givenPath(host, file);
  const read = await readFleet(context, path);
  const loaded = options.followed === true ? await asFollowed(context, read) : read;
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  if (options.output === 'github')
    terminal.out(annotations({ ...loaded, problems }, loaded.ok ? 'notice' : 'error', host.facts.cwd));
  if (options.json === true || options.output === 'json') {
    terminal.out(`${JSON.stringify(problemsJson({ ...loaded, problems }), undefined, 2)}\n`);
  } else if (!loaded.ok) {
    terminal.err(formatProblems(loaded, { color: terminal.color, cwd: host.facts.cwd }));
  } else {
    const { agents, elsewhere, missions } = loaded.value;
    for (const warning of loaded.warnings) terminal.err(`Note: ${warning.message}\n`);
    const others = elsewhere.length === 0 ? '' : ` (${elsewhere.length} more on other hosts)`;
    terminal.out(
      `${path} is valid: ${counted(agents.length, 'agent')}${others}, ${counted(missions.length, 'mission')}.\n`,
    );
  }
  return loaded.ok ? EXIT.ok : EXIT.invalid;
}

async function asFollowed({ host }: CommandContext, loaded: Loaded<Fleet>): Promise<Loaded<Fleet>> {
  if (!loaded.ok) return loaded;
  const { unfollowable } = await import('./followable.ts');
  const { file, text } = loaded;
  const problems = await unfollowable(host, file, text);
  return problems.length === 0 ? loaded : { ok: false, file, text, problems };
}
