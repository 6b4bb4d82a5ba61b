/** `mosaic formula check`: what is wrong in formula files. Runs nothing, and looks at no host. */
import { counted } from '../../base/text.ts';
import { visible } from '../../base/visible.ts';
import { loadFormula } from '../../formula/load.ts';
import { HostError } from '../../host/host.ts';
import type { Formula } from '../../model/formula.ts';
import type { Loaded } from '../../model/problem.ts';
import { annotations } from '../../report/annotations.ts';
import { formulaCheckJsonText } from '../../report/formula-check.ts';
import { formatProblems } from '../../report/problems.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext, FleetOptions } from '../context.ts';
import { findFleetFile, readFleet } from '../fleet-file.ts';
import { givenPath } from '../given-path.ts';

export interface FormulaCheckOptions extends FleetOptions {
  output?: 'text' | 'json' | 'github';
}

export async function formulaCheckCommand(
  context: CommandContext,
  files: readonly string[],
  options: FormulaCheckOptions,
): Promise<number> {
  const { host, terminal } = context;
  const { cwd } = host.facts;
  const runtimes = await runtimesOf(context, options);
  const loaded: Loaded<Formula>[] = [];
  for (const file of files) loaded.push(await loadFrom(context, givenPath(host, file), runtimes));
  const isGood = loaded.every(({ ok }) => ok);
  if (options.output === 'github') {
    for (const one of loaded) {
      const problems = problemsOf(one);
      if (problems.length > 0)
        terminal.out(annotations({ file: one.file, problems }, one.ok ? 'notice' : 'error', cwd));
    }
  }
  if (options.json === true || options.output === 'json') {
    terminal.out(formulaCheckJsonText(isGood, loaded));
    return isGood ? EXIT.ok : EXIT.invalid;
  }
  for (const one of loaded) {
    if (one.ok) for (const { message } of one.warnings) terminal.err(`Note: ${visible(message)}\n`);
    else terminal.err(formatProblems(one, { color: terminal.color, cwd }));
  }
  if (isGood) terminal.out(`${goodWords(loaded)}\n`);
  return isGood ? EXIT.ok : EXIT.invalid;
}

/** A file that is not there, or cannot be read, is a problem of that file. */
export async function loadFrom(
  { host, signal }: Pick<CommandContext, 'host' | 'signal'>,
  file: string,
  runtimes: readonly string[] | undefined,
): Promise<Loaded<Formula>> {
  const { home } = host.facts;
  const unread = (message: string): Loaded<Formula> => ({
    ok: false,
    file,
    text: '',
    problems: [{ message, path: '' }],
  });
  try {
    const text = await host.files.readInput(file, signal);
    if (text === undefined) return unread('it is not there');
    return loadFormula({ text, file, home, ...(runtimes === undefined ? {} : { runtimes }) });
  } catch (error) {
    if (signal.aborted) throw new CommandError('interrupted', EXIT.interrupted);
    if (!(error instanceof HostError)) throw error;
    return unread(error.message);
  }
}

const problemsOf = (loaded: Loaded<Formula>) => (loaded.ok ? loaded.warnings : loaded.problems);

function goodWords(loaded: readonly Loaded<Formula>[]): string {
  const [one] = loaded;
  if (loaded.length === 1 && one?.ok === true) {
    const { name, runtime, repository } = one.value;
    return visible(`${one.file} is valid: ${name}, ${runtime} in ${repository}.`);
  }
  return `${counted(loaded.length, 'formula')} are valid.`;
}

/** Of the fleet, where one is meant; undefined where there is none, or it is not valid, which is said. */
async function runtimesOf(
  context: CommandContext,
  options: FleetOptions,
): Promise<readonly string[] | undefined> {
  const { host, terminal } = context;
  const isNamed = options.file !== undefined || (host.facts.env['MOSAIC_FLEET'] ?? '') !== '';
  let file: string;
  try {
    file = await findFleetFile(host, options.file);
  } catch (error) {
    if (isNamed || !(error instanceof CommandError)) throw error;
    return undefined;
  }
  const loaded = await readFleet(context, file);
  if (loaded.ok) return Object.keys(loaded.value.runtimes);
  terminal.err(`Note: ${visible(file)} is not valid: whether the runtimes are among its, nobody can tell\n`);
  return undefined;
}
