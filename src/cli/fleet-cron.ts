/** `mosaic fleet install-cron`. */
import { Option, type Command } from 'commander';
import type { CommandContext } from '../commands/context.ts';
import type { InstallCronOptions } from '../commands/fleet/install-cron.ts';
import { duration } from './options.ts';

/** @param done takes the exit code of the command that ran */
export function addInstallCron(fleet: Command, context: CommandContext, done: (code: number) => void): void {
  fleet
    .command('install-cron')
    .description(
      'where there is no systemd: have cron apply the fleet file, by one marked line in the crontab',
    )
    .option('-f, --file <file>', 'the fleet file')
    .addOption(
      new Option('--interval <duration>', 'how often; else as the line stands, at first 1m').argParser(
        duration,
      ),
    )
    .option('--print', 'show the line, and change nothing')
    .option('--uninstall', 'take the line out again')
    .option('--yes', 'also where systemd units apply the fleet already')
    .option('--json', 'for programs (schemas/fleet-install-cron.schema.json)')
    .addHelpText(
      'after',
      `
Nothing else of the crontab is changed. cron gives the PATH and the XDG variables of who installs. What a run printed last stands
in cron.log in the fleet's state folder; what was done, in mosaic events.

Examples:
  mosaic fleet install-cron --print
  mosaic fleet install-cron --interval 5m
  mosaic fleet install-cron --uninstall`,
    )
    .action(
      async ({ interval, ...options }: Omit<InstallCronOptions, 'intervalMs'> & { interval?: number }) => {
        const { installCronCommand } = await import('../commands/fleet/install-cron.ts');
        const asked = interval === undefined ? {} : { intervalMs: interval };
        done(await installCronCommand(context, { ...options, ...asked }));
      },
    );
}
