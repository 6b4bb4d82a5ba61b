/** `mosaic fleet …`: the whole fleet on this host. */
import { Option, type Command } from 'commander';
import type { CommandContext } from '../commands/context.ts';
import type { FleetInitOptions } from '../commands/fleet/init.ts';
import type { FleetVerbOptions, Verb } from '../commands/fleet/verbs.ts';
import type { FleetVerifyOptions } from '../commands/fleet/verify.ts';
import type { StatusCommandOptions } from '../commands/status.ts';
import { addInstallCron } from './fleet-cron.ts';
import { addInstallSystemd } from './fleet-install.ts';
import { duration } from './options.ts';

const verbCodes = `
Exit codes:
  0    done, or nothing to do
  1    something failed; or what was asked for is held: the fleet file stops the agent, this command runs in its session
  64   the command line is wrong, or there is no such agent
  65   the fleet file is not valid
  69   tmux or the user manager did not answer
  75   another apply is at work, for a minute and more
  130  interrupted`;

/** @param done takes the exit code of the command that ran */
export function addFleet(program: Command, context: CommandContext, done: (code: number) => void): void {
  const fleet = program
    .command('fleet')
    .description('begin a fleet; start, stop and restart its agents by hand')
    .addHelpText(
      'after',
      `
Examples:
  mosaic fleet init --write                a fleet file to begin with
  mosaic fleet stop coder0                 keep it down until mosaic fleet start coder0
  mosaic fleet install-systemd             keep it so by itself, also after a reboot
  mosaic fleet verify                      does this host do what a fleet needs?`,
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

  const verb = (name: Verb, description: string, more: string): void => {
    command(name, description)
      .argument('[agent...]', 'these; without a name, all of the file on this host')
      .option('-n, --dry-run', 'show what would be done, and do nothing')
      .option('--status', 'end with the status table')
      .option('-v, --verbose', 'also a line for each file and lock')
      .option('--json', 'for programs (schemas/apply.schema.json; of a dry run, schemas/plan.schema.json)')
      .addHelpText('after', `\n${more}\n${verbCodes}`)
      .action(async (agents: string[], options: FleetVerbOptions) => {
        const { fleetVerbCommand } = await import('../commands/fleet/verbs.ts');
        done(await fleetVerbCommand(context, name, agents, options));
      });
  };
  verb(
    'start',
    'start agents that do not run: stopped by hand, completed, crashed too often',
    `What keeps them down is lifted: a fleet stop, a backoff, a crash-loop block. One that runs is left as it is.

Examples:
  mosaic fleet start
  mosaic fleet start coder0 coder1`,
  );
  verb(
    'stop',
    'stop agents, and keep them down until they are started again',
    `They stay down over reboots, and whatever applies the fleet; mosaic status shows since when.

Examples:
  mosaic fleet stop coder0
  mosaic fleet stop                        all of them; mosaic fleet start brings them back`,
  );
  verb(
    'restart',
    'restart agents, one that does not run too',
    `As mosaic apply --restart, of these agents alone. What keeps one down is lifted; without names, a fleet stop is not.

Examples:
  mosaic fleet restart coder0              takes up a held change of its definition
  mosaic fleet restart --dry-run`,
  );

  command('status', 'every agent: wanted, seen, since when; the same as mosaic status')
    .option('--json', 'for programs (schemas/status.schema.json)')
    .option('--watch', 'again and again')
    .addOption(
      new Option('--interval <duration>', 'how often with --watch').argParser(duration).default(2000, '2s'),
    )
    .action(async (options: StatusCommandOptions & { interval: number }) => {
      const { statusCommand } = await import('../commands/status.ts');
      done(await statusCommand(context, { ...options, intervalMs: options.interval }));
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

  addInstallSystemd(fleet, context, done);
  addInstallCron(fleet, context, done);
}
