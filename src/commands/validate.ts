/** `mosaic validate`: checks a fleet file, and the host not at all. */
import { annotations } from '../report/annotations.ts';
import { formatProblems, problemsJson } from '../report/problems.ts';
import { EXIT } from './command-error.ts';
import type { CommandContext, FleetOptions } from './context.ts';
import { findFleetFile, readFleet } from './fleet-file.ts';
import { givenPath } from './given-path.ts';

export interface ValidateCommandOptions extends FleetOptions {
  output?: 'text' | 'json' | 'github';
}

export async function validateCommand(
  context: CommandContext,
  file: string | undefined,
  options: ValidateCommandOptions,
): Promise<number> {
  const { host, terminal } = context;
  const path = file === undefined ? findFleetFile(host, options.file) : givenPath(host, file);
  const loaded = await readFleet(context, path);
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
    terminal.out(`${path} is valid: ${agents.length} agents${others}, ${missions.length} missions.\n`);
  }
  return loaded.ok ? EXIT.ok : EXIT.invalid;
}
