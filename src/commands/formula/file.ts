/** Reads and checks a formula's file. */
import { shellWord } from '../../base/shell.ts';
import { visible } from '../../base/visible.ts';
import { loadFormula } from '../../formula/load.ts';
import type { Formula } from '../../model/formula.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { givenPath } from '../given-path.ts';

/** Problems are shown and end the command. Throws CommandError. */
export async function requireFormula(context: CommandContext, given: string): Promise<Formula> {
  const { host, terminal, signal } = context;
  const file = givenPath(host, given);
  let text: string | undefined;
  try {
    text = await host.files.readInput(file, signal);
  } catch (error) {
    if (signal.aborted) throw new CommandError(`interrupted while reading ${file}`, EXIT.interrupted);
    throw new CommandError((error as Error).message, EXIT.invalid);
  }
  if (text === undefined) {
    throw new CommandError(`the formula ${file} is not there`, EXIT.invalid, {
      fix: 'Name the file of a formula, such as gardener.toml.',
    });
  }
  const loaded = loadFormula({ text, file, home: host.facts.home });
  if (loaded.ok) {
    for (const { message } of loaded.warnings) terminal.err(`Note: ${visible(message)}\n`);
    return loaded.value;
  }
  const { formatProblems } = await import('../../report/problems.ts');
  terminal.err(formatProblems(loaded, { color: terminal.color, cwd: host.facts.cwd }));
  throw new CommandError(`${file} is not valid`, EXIT.invalid, {
    fix: `See what is wrong: mosaic formula check ${shellWord(file)}`,
    shown: true,
  });
}
