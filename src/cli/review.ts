/** Commands for who reviews a change of a fleet file. */
import { Option, type Command } from 'commander';
import type { CommandContext } from '../commands/context.ts';
import type { DiffCommandOptions } from '../commands/diff.ts';

/** @param done takes the exit code of the command that ran */
export function addReview(program: Command, context: CommandContext, done: (code: number) => void): void {
  program
    .command('diff')
    .description('two fleet files side by side: what differs, and what would come of it')
    .argument('<base>', 'a file, REV:PATH as git has it, or - for standard input')
    .argument('<head>', 'the other one')
    .addOption(new Option('-o, --output <format>').choices(['text', 'json', 'markdown']))
    .option('--json', 'for programs (schemas/diff.schema.json)')
    .option('--detailed-exitcode', 'exit 2 when there are differences')
    .addHelpText(
      'after',
      `
No host is looked at: the consequences are those where the base is in force and all that it wants up runs. Files beside the fleet file
that it names (kickstart_template, env_file, tmux.extra_config) are compared too; of an env_file, only the names of its variables are shown.

Exit codes:
  0    compared, also where there are differences
  2    with --detailed-exitcode only: there are differences
  65   one of the two is not there or not valid; a base that its revision does not have counts as no fleet yet.
       -o markdown and json tell also of this
  69   git did not answer

Examples:
  mosaic diff HEAD:fleet.yaml fleet.yaml                        what have I changed?
  mosaic diff origin/main:fleet.yaml HEAD:fleet.yaml -o markdown   a comment for a pull request (examples/ci/)`,
    )
    .action(async (base: string, head: string, options: DiffCommandOptions) => {
      const { diffCommand } = await import('../commands/diff.ts');
      done(await diffCommand(context, base, head, options));
    });
}
