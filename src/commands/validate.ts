/** `mosaic validate`: checks a fleet file, and the host not at all. */
import { dirname } from 'node:path';
import { annotations } from '../report/annotations.ts';
import { formatProblems, problemsJson } from '../report/problems.ts';
import { counted } from '../base/text.ts';
import { visible } from '../base/visible.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Loaded } from '../model/problem.ts';
import { badFormulas, type BadFormula } from './bad-formulas.ts';
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
  const formulas = loaded.ok ? await badOf(context, loaded.value) : [];
  if (loaded.ok && formulas.length > 0) return tellFormulas(context, loaded, formulas, options);
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  if (options.output === 'github')
    terminal.out(annotations({ ...loaded, problems }, loaded.ok ? 'notice' : 'error', host.facts.cwd));
  if (options.json === true || options.output === 'json') {
    terminal.out(`${JSON.stringify(problemsJson({ ...loaded, problems }), undefined, 2)}\n`);
  } else if (!loaded.ok) {
    terminal.err(formatProblems(loaded, { color: terminal.color, cwd: host.facts.cwd }));
  } else {
    const { agents, elsewhere, missions, formulas: scheduled } = loaded.value;
    for (const warning of loaded.warnings) terminal.err(`Note: ${warning.message}\n`);
    const others = elsewhere.length === 0 ? '' : ` (${elsewhere.length} more on other hosts)`;
    terminal.out(
      `${path} is valid: ${counted(agents.length, 'agent')}${others}, ${counted(missions.length, 'mission')}${
        scheduled.length === 0 ? '' : `, ${counted(scheduled.length, 'formula')}`
      }.\n`,
    );
  }
  return loaded.ok ? EXIT.ok : EXIT.invalid;
}

/** Of the fleet's formulas. Where the fleet file is only reviewed, what is the host's own is not there. */
function badOf(context: CommandContext, fleet: Fleet): Promise<BadFormula[]> {
  const { host, terminal } = context;
  const [there, away]: [string[], string[]] = [[], []];
  for (const { file } of fleet.formulas) {
    const beside = file.startsWith(`${dirname(fleet.file)}/`);
    (beside || host.files.target(file) !== undefined ? there : away).push(file);
  }
  for (const file of new Set(away))
    terminal.err(`Note: the formula ${visible(file)} is not there, on this machine\n`);
  return badFormulas(context, fleet, there);
}

/** The fleet file is well in itself; for programs, what is wrong elsewhere stands with the entry that names it. */
function tellFormulas(
  { host, terminal }: CommandContext,
  fleet: Loaded<Fleet> & { ok: true },
  bad: readonly BadFormula[],
  options: ValidateCommandOptions,
): number {
  const { cwd } = host.facts;
  if (options.output === 'github') {
    for (const one of bad) terminal.out(annotations(one, 'error', cwd));
  } else if (options.json === true || options.output === 'json') {
    const problems = bad.flatMap((one) =>
      one.problems.map(({ message, fix, range }) => ({
        message: `${one.file}${range === undefined ? '' : `:${range.line}:${range.column}`}: ${message}`,
        ...(fix === undefined ? {} : { fix }),
        path: `formulas[${fleet.value.formulas.findIndex(({ file }) => file === one.file)}].file`,
      })),
    );
    terminal.out(`${JSON.stringify(problemsJson({ file: fleet.file, problems }), undefined, 2)}\n`);
  } else {
    for (const one of bad) terminal.err(formatProblems(one, { color: terminal.color, cwd }));
  }
  return EXIT.invalid;
}

async function asFollowed({ host }: CommandContext, loaded: Loaded<Fleet>): Promise<Loaded<Fleet>> {
  if (!loaded.ok) return loaded;
  const { unfollowable } = await import('./followable.ts');
  const { file, text } = loaded;
  const problems = await unfollowable(host, file, text);
  return problems.length === 0 ? loaded : { ok: false, file, text, problems };
}
