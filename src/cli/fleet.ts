/** `mosaic fleet …`: the whole fleet on this host. */
import { Option, type Command } from 'commander';
import type { CommandContext } from '../commands/context.ts';
import type { FleetInitOptions } from '../commands/fleet/init.ts';
import type { FleetVerifyOptions } from '../commands/fleet/verify.ts';
import { addInstallCron } from './fleet-cron.ts';

/** @param done takes the exit code of the command that ran */
export function addFleet(program: Command, context: CommandContext, done: (code: number) => void): void {
  const fleet = program
    .command('fleet')
    .description('begin a fleet; start, stop and restart its agents by hand')
    .addHelpText(
      'after',
      `
Examples:
  mosaic fleet init --write                a fleet file to begin with`,
    );
  const command = (name: string, description: string): Command =>
    fleet.command(name).description(description).option('-f, --file <file>', 'the fleet file');

  command('init', 'print a fleet file to begin with, or write it; never over one that is there')
    .addOption(
      new Option('--profile <profile>', 'one agent, or a team of 13 on one repository')
        .choices(['minimal', 'software-factory'])
        .default('minimal'),
    )
    .option('--write', 'write it: to --file, else ./fleet.yaml')
    .addHelpText(
      'after',
      `
Examples:
  mosaic fleet init | less
  mosaic fleet init --write && mosaic apply --dry-run
  cd ~/src/app && mosaic fleet init --profile software-factory --write`,
    )
    .action(async (options: FleetInitOptions) => {
      const { fleetInitCommand } = await import('../commands/fleet/init.ts');
      done(await fleetInitCommand(context, options));
    });

  fleet
    .command('verify')
    .description('prove on this host, with two agents to throw away, that one agent cannot harm another')
    .option('--keep', 'leave them to be looked at; the next run takes them away')
    .option('--clear', 'only take away what an earlier run was killed over, or kept')
    .option('--json', 'for programs (schemas/fleet-verify.schema.json)')
    .addHelpText(
      'after',
      `
It makes a fleet of its own, with a tmux server and units of its own, and takes all of it away again, also when it is interrupted.

Exit codes:
  0    all of it is so
  1    something is not, as its line says
  69   there is no tmux, or the user manager does not answer
  130  interrupted

Examples:
  mosaic fleet verify
  mosaic fleet verify --json | jq -r '.properties[] | select(.result == "failed") | .detail'`,
    )
    .action(async (options: FleetVerifyOptions) => {
      const { fleetVerifyCommand } = await import('../commands/fleet/verify.ts');
      done(await fleetVerifyCommand(context, options));
    });

  addInstallCron(fleet, context, done);
}
