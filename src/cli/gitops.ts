/** `mosaic gitops …`: this host follows a repository. */
import { Option, type Command } from 'commander';
import type { CommandContext } from '../commands/context.ts';
import type { BootstrapOptions } from '../commands/gitops/bootstrap.ts';
import type { FollowedOptions } from '../commands/gitops/followed.ts';
import type { SuspendOptions } from '../commands/gitops/suspend.ts';
import type { SyncOptions } from '../commands/gitops/sync.ts';
import { duration } from './options.ts';

const exitCodes = `
Exit codes:
  0    taken, or nothing new
  1    the commit is refused, or its apply failed; the last good revision stays in force
  64   the command line is wrong
  65   the fleet file, or the file of signers, is not valid; or nothing is followed
  69   the remote, git, tmux or the user manager did not answer
  75   another sync or apply is at work
  130  interrupted
`;

/** @param done takes the exit code of the command that ran */
export function addGitops(program: Command, context: CommandContext, done: (code: number) => void): void {
  const gitops = program
    .command('gitops')
    .description('follow a repository: what is pushed there is applied here')
    .addHelpText(
      'after',
      `
A new commit is taken when it comes after the one in force, bears a good signature where one is asked for, its fleet file is valid
here, so are its formulas, and its plan passes the brakes. Else the last good revision stays in force, and is reconciled; status and events say why.

From beginning to end:
  mosaic gitops bootstrap --repo git@git.example.org:team/fleet.git
  mosaic gitops status
  git revert HEAD && git push            rolls every host back
  mosaic gitops suspend --reason "moving the office"
${exitCodes}`,
    );
  const command = (name: string, description: string): Command =>
    gitops
      .command(name)
      .description(description)
      .option('--name <fleet>', 'the fleet, where several are followed');

  gitops
    .command('bootstrap')
    .description('make this host follow a repository; again with other values: change them')
    .requiredOption('--repo <url>', 'over ssh or https, or a folder of this machine')
    .option('--branch <branch>', 'the branch (new: main)')
    .option('--path <path>', 'of the fleet file in the repository (new: fleet.yaml)')
    .addOption(
      new Option('--interval <duration>', 'how often the remote is asked (new: 1m)').argParser(duration),
    )
    .addOption(new Option('--timeout <duration>', 'what one fetch may take (new: 5m)').argParser(duration))
    .option(
      '--verify-signatures <file>',
      'only commits signed by one of these: ALLOWED SIGNERS as of ssh-keygen(1), or an armoured OpenPGP export',
    )
    .option('--no-verify-signatures', 'ask for signatures no more')
    .option('--allow-mass-stop', 'the first revision may stop most of what runs')
    .option('--print', 'show the configuration and the units, and change nothing')
    .addHelpText(
      'after',
      `
The tip of the branch must be signed, not each commit below it: its signer vouches for all that it has. Where a forge makes the merges,
they bear the forge's own key, or none: add that key, or merge by hand. The file is of this host, and never taken from the repository.

Of a repository that is followed already, what is not given stays as it is: signatures above all.

A fleet of the same name that runs here from a file goes over to the repository's: no agent is restarted that its definition does not ask for.

Examples:
  mosaic gitops bootstrap --repo git@git.example.org:team/fleet.git
  mosaic gitops bootstrap --repo https://git.example.org/team/fleet --path hosts/fleet.yaml --interval 5m
  mosaic gitops bootstrap --repo /srv/git/fleet.git --verify-signatures ~/.config/mosaic/signers
${exitCodes}`,
    )
    .action(async ({ interval, timeout, ...options }: BootstrapFlags) => {
      const { gitopsBootstrapCommand } = await import('../commands/gitops/bootstrap.ts');
      done(
        await gitopsBootstrapCommand(context, {
          ...options,
          ...(interval === undefined ? {} : { intervalMs: interval }),
          ...(timeout === undefined ? {} : { timeoutMs: timeout }),
        }),
      );
    });

  command('status', 'what is followed: wanted, attempted and applied revision, last fetch, last trouble')
    .option('--json', 'for programs (schemas/gitops-status.schema.json)')
    .addHelpText(
      'after',
      `
Exit codes:
  0    all is well, or suspended
  1    the last round, or the apply after it, was not good
  65   nothing is followed

Examples:
  mosaic gitops status
  mosaic gitops status --json | jq -r .applied.sha`,
    )
    .action(async (options: FollowedOptions) => {
      const { gitopsStatusCommand } = await import('../commands/gitops/status.ts');
      done(await gitopsStatusCommand(context, options));
    });

  command('sync', 'ask the remote now, take what is new and good, and apply what is in force')
    .option('--accept-rewrite', 'take a commit that does not come after the one in force')
    .option('--allow-mass-stop', 'the new revision may stop most of what runs')
    .option('--no-gates', 'leave quality gates, which may take long, to the next apply')
    .addHelpText(
      'after',
      `
Examples:
  mosaic gitops sync
  mosaic gitops sync --accept-rewrite      after a push --force that is meant
${exitCodes}`,
    )
    .action(async (options: SyncOptions) => {
      const { gitopsSyncCommand } = await import('../commands/gitops/sync.ts');
      done(await gitopsSyncCommand(context, options));
    });

  command('suspend', 'ask the remote no more; what is in force is still reconciled')
    .option('--reason <text>', 'why, for whoever wonders')
    .addHelpText('after', '\nExample:\n  mosaic gitops suspend --reason "trying a change by hand"')
    .action(async (options: SuspendOptions) => {
      const { gitopsSuspendCommand } = await import('../commands/gitops/suspend.ts');
      done(await gitopsSuspendCommand(context, options));
    });

  command('resume', 'ask the remote again')
    .addHelpText('after', '\nExample:\n  mosaic gitops resume && mosaic gitops sync')
    .action(async (options: FollowedOptions) => {
      const { gitopsResumeCommand } = await import('../commands/gitops/suspend.ts');
      done(await gitopsResumeCommand(context, options));
    });

  command('leave', 'follow no longer; what is in force stays, and the agents go on')
    .addHelpText('after', '\nExample:\n  mosaic gitops leave')
    .action(async (options: FollowedOptions) => {
      const { gitopsLeaveCommand } = await import('../commands/gitops/leave.ts');
      done(await gitopsLeaveCommand(context, options));
    });
}

type BootstrapFlags = Omit<BootstrapOptions, 'intervalMs' | 'timeoutMs'> & {
  interval?: number;
  timeout?: number;
};
