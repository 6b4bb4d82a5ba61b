/** `mosaic doctor`. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/context.ts';
import type { DoctorCommandOptions } from '../commands/doctor.ts';

/** @param done takes the exit code of the command that ran */
export function addDoctor(program: Command, context: CommandContext, done: (code: number) => void): void {
  program
    .command('doctor')
    .description('what is wrong with this machine, or will be, and what mends each')
    .option('-f, --file <file>', 'the fleet file; without any, the machine alone is looked at')
    .option('--remote', "also ask the fleet's other hosts, over ssh")
    .option('--json', 'for programs (schemas/doctor.schema.json)')
    .addHelpText(
      'after',
      `
Changes nothing; a file is written into the state folder and removed again, to see whether it can be.

Exit codes:
  0    nothing is broken (there may be warnings)
  1    something is

Examples:
  mosaic doctor
  mosaic doctor --json | jq -r '.findings[] | select(.health == "broken") | .command'`,
    )
    .action(async (options: DoctorCommandOptions) => {
      const { doctorCommand } = await import('../commands/doctor.ts');
      done(await doctorCommand(context, options));
    });
}
