/** `mosaic fleet install-systemd`. */
import { Option, type Command } from 'commander';
import type { CommandContext } from '../commands/context.ts';
import type { InstallSystemdOptions } from '../commands/fleet/install-systemd.ts';
import { duration } from './options.ts';

/** @param done takes the exit code of the command that ran */
export function addInstallSystemd(
  fleet: Command,
  context: CommandContext,
  done: (code: number) => void,
): void {
  fleet
    .command('install-systemd')
    .description('have the user manager keep the fleet as the file says, from now on and after a reboot')
    .option('-f, --file <file>', 'the fleet file')
    .addOption(
      new Option(
        '--interval <duration>',
        'how often at the least; 1m unless another is installed already',
      ).argParser(duration),
    )
    .option('--linger', 'also turn lingering on, so that the agents need no login')
    .option('-n, --dry-run', 'show what would be done, and do nothing')
    .option('--uninstall', 'take it all away again, the fleet too, as mosaic down --purge does')
    .addOption(
      new Option(
        '--name <fleet>',
        'with --uninstall: a fleet that stands here, in place of its file',
      ).conflicts('file'),
    )
    .option('--yes', 'with --uninstall: end running agents without asking')
    .option('--json', 'for programs (schemas/fleet-install-systemd.schema.json)')
    .addHelpText(
      'after',
      `
An apply runs when the manager starts, at each interval, when the fleet file changes and when an agent's program ends. Nothing stays in
memory between. Run again, it changes only what is not as it should be: a moved node or mosaic, another interval.

Exit codes:
  0    done, or nothing to do
  1    something failed, or is in the way; without --yes: nobody agreed to end running agents
  64   the command line is wrong, or no timer can come at that interval
  65   the fleet file is not valid
  69   no user manager answers
  75   another apply is at work, for a minute and more

Examples:
  mosaic fleet install-systemd --dry-run
  mosaic fleet install-systemd --interval 5m --linger
  mosaic fleet install-systemd --uninstall
  mosaic fleet install-systemd --uninstall --name agents`,
    )
    .action(async ({ interval, ...options }: InstallSystemdOptions & { interval?: number }) => {
      const { installSystemdCommand } = await import('../commands/fleet/install-systemd.ts');
      const intervalMs = interval === undefined ? {} : { intervalMs: interval };
      done(await installSystemdCommand(context, { ...options, ...intervalMs }));
    });
}
