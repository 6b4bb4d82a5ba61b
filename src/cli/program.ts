/** The command line: commands, options, help. Each command's own code is loaded when it runs. */
import { Command, Option } from 'commander';
import type { ApplyCommandOptions } from '../commands/apply.ts';
import { CommandError, EXIT } from '../commands/command-error.ts';
import type { CommandContext, FleetOptions } from '../commands/context.ts';
import type { DownCommandOptions } from '../commands/down.ts';
import type { EventsCommandOptions } from '../commands/events.ts';
import type { PlanCommandOptions } from '../commands/plan.ts';
import type { StatusCommandOptions } from '../commands/status.ts';
import type { ValidateCommandOptions } from '../commands/validate.ts';
import type { GcCommandOptions } from '../commands/worktree.ts';
import { addAgent } from './agent.ts';
import { completionSpec } from './completion-spec.ts';
import { addCoord } from './coord.ts';
import { addDoctor } from './doctor.ts';
import { addFleet } from './fleet.ts';
import { addFormula } from './formula.ts';
import { addGitops } from './gitops.ts';
import { addLaunch } from './launch.ts';
import { collect, duration } from './options.ts';
import { addReview } from './review.ts';

const exitCodes = `
Exit codes:
  0    done, or nothing to do
  1    something failed, a conflict, or a plan that is refused; the rest was done
  2    with --detailed-exitcode only: there are changes
  64   the command line is wrong
  65   the fleet file, or another input file, is not valid
  69   something needed is not there or did not answer (tmux, the user manager)
  75   another apply of this fleet is at work
  130  interrupted
`;

/** @param done takes the exit code of the command that ran */
export function createProgram(context: CommandContext, done: (code: number) => void): Command {
  const { terminal, version } = context;
  const program = new Command('mosaic')
    .description('Keeps a fleet of coding agents in tmux as fleet.yaml says.')
    .version(version, '-V, --version')
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      getOutHelpWidth: () => (Number.isFinite(terminal.columns) ? terminal.columns : 100),
    })
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false })
    .addHelpText(
      'after',
      `
Examples:
  mosaic validate              is the fleet file right?
  mosaic apply --dry-run       what would be done?
  mosaic apply                 do it
  mosaic status --watch        how are they?
  mosaic events --agent coder0 --since 2h
${exitCodes}
The fleet file: --file, else $MOSAIC_FLEET, else ./fleet.yaml, else ~/.config/mosaic/fleet.yaml,
else that of the repository that is followed (mosaic gitops).`,
    );
  const command = (name: string, description: string): Command =>
    program.command(name).description(description).option('-f, --file <file>', 'the fleet file');

  planning(
    command('apply [plan]', 'make the host as the fleet file says, or do exactly what a saved plan says'),
  )
    .option('-n, --dry-run', 'show what would be done, and do nothing')
    .option('--status', 'end with the status table')
    .addOption(
      new Option(
        '--watch',
        'apply again and again, and at once when the file changes or an agent ends',
      ).conflicts(['dryRun', 'wait', 'status', 'detailedExitcode']),
    )
    .addOption(interval('how often with --watch', '30s'))
    .addOption(
      new Option('--wait <duration>', 'let another apply that is at work finish').argParser(duration),
    )
    .option('-v, --verbose', 'also a line for each file and lock')
    .addOption(
      new Option('--gates-in <unit>', 'start this unit for quality gates; for units alone').hideHelp(),
    )
    .addHelpText(
      'after',
      `
Examples:
  mosaic apply --dry-run -o markdown     the table for a pull request
  mosaic apply --agent coder0            only this one
  mosaic apply --restart coder0          restart it now: takes up a held change, lifts a crash-loop block
  mosaic plan --out p.json && mosaic apply p.json
${exitCodes}`,
    )
    .action(
      async (
        plan: string | undefined,
        options: ApplyCommandOptions & Intervalled & { wait?: number },
        apply: Command,
      ) => {
        const isIntervalGiven = apply.getOptionValueSource('interval') !== 'default';
        refuseIgnored(plan, options, isIntervalGiven);
        if (plan === undefined && options.dryRun === true) {
          // What only shows loads nothing of what acts.
          const { planCommand } = await import('../commands/plan.ts');
          return done(await planCommand(context, options));
        }
        if (plan === undefined && options.watch === true) {
          const { watchCommand } = await import('../commands/watch.ts');
          return done(await watchCommand(context, { ...options, intervalMs: options.interval }));
        }
        const { applyCommand } = await import('../commands/apply.ts');
        const { interval: intervalMs, wait, ...asked } = options;
        const waitMs = wait === undefined ? {} : { waitMs: wait };
        done(await applyCommand(context, plan, { ...asked, intervalMs, ...waitMs }));
      },
    );

  planning(command('plan', 'show what apply would do; the same as apply --dry-run'))
    .option('--out <file>', 'also save it, for mosaic apply FILE to do exactly that')
    .action(async (options: PlanCommandOptions) => {
      const { planCommand } = await import('../commands/plan.ts');
      done(await planCommand(context, options));
    });

  command('status', 'every agent: wanted, seen, since when, and why it is not running')
    .option('--json', 'for programs (schemas/status.schema.json)')
    .option('--watch', 'again and again')
    .addOption(interval('how often with --watch', '2s'))
    .action(async (options: StatusCommandOptions & Intervalled) => {
      const { statusCommand } = await import('../commands/status.ts');
      done(await statusCommand(context, { ...options, intervalMs: options.interval }));
    });

  command('events', 'what was done and what happened')
    .option('--since <when>', 'a duration such as 2h, or a moment in ISO 8601')
    .option('--agent <name>', 'only of this agent; may be repeated', collect)
    .option('--json', 'one JSON object a line (schemas/event.schema.json)')
    .option('--follow', 'go on with what comes')
    .action(async (options: EventsCommandOptions) => {
      const { eventsCommand } = await import('../commands/events.ts');
      done(await eventsCommand(context, options));
    });

  command('validate [path]', 'check a fleet file, and the host not at all')
    .addOption(
      new Option('-o, --output <format>', 'github: also as annotations of a pull request').choices([
        'text',
        'json',
        'github',
      ]),
    )
    .option(
      '--followed',
      'also that hosts can follow it from its repository: what it names is there, and is no folder',
    )
    .option('--json', 'for programs (schemas/problems.schema.json)')
    .addHelpText(
      'after',
      `
Examples:
  mosaic validate
  mosaic validate --followed               before it is pushed to where mosaic gitops takes it from
  mosaic validate fleet.yaml -o github     in a workflow of GitHub Actions; see examples/ci/`,
    )
    .action(async (path: string | undefined, options: ValidateCommandOptions) => {
      const { validateCommand } = await import('../commands/validate.ts');
      done(await validateCommand(context, path, options));
    });

  addReview(program, context, done);

  const worktree = program.command('worktree').description("the agents' git worktrees");
  worktree
    .command('list')
    .description('every worktree that mosaic made for this fleet, and what is in it')
    .option('-f, --file <file>', 'the fleet file')
    .option('--json', 'for programs (schemas/worktrees.schema.json)')
    .action(async (options: FleetOptions) => {
      const { worktreeListCommand } = await import('../commands/worktree.ts');
      done(await worktreeListCommand(context, options));
    });
  worktree
    .command('gc')
    .description(
      'remove those that nobody needs; what only they hold is first saved under refs/mosaic/rescue/',
    )
    .option('-f, --file <file>', 'the fleet file')
    .addOption(
      new Option('--older-than <age>', 'only what has been still for as long')
        .argParser(duration)
        .default(undefined, '24h'),
    )
    .option('-n, --dry-run', 'show what would be removed')
    .option('--json', 'for programs (schemas/worktrees.schema.json)')
    .addHelpText(
      'after',
      `
Example:
  mosaic worktree gc --older-than 7d --dry-run
  git log refs/mosaic/rescue/coder0/…      what was saved; git branch NAME REF brings it back`,
    )
    .action(async ({ olderThan, ...options }: GcCommandOptions & { olderThan?: number }) => {
      const { worktreeGcCommand } = await import('../commands/worktree.ts');
      done(
        await worktreeGcCommand(context, {
          ...options,
          ...(olderThan === undefined ? {} : { olderThanMs: olderThan }),
        }),
      );
    });

  command('down', 'take the fleet away again: sessions, units, files, and only what is ours')
    .addOption(
      new Option('--name <fleet>', 'a fleet that stands on this host, in place of its file').conflicts(
        'file',
      ),
    )
    .option('-n, --dry-run', 'show what would be done')
    .option('--purge', 'also the event log and the crash records')
    .option('-v, --verbose', 'also a line for each file and lock')
    .addHelpText(
      'after',
      `
What applies the fleet by itself (units, the line of cron) goes first, once nothing is in the way of the rest.

Examples:
  mosaic down --dry-run
  mosaic down --name agents --purge     a fleet whose file names another now, or is gone`,
    )
    .action(async (options: DownCommandOptions) => {
      const { downCommand } = await import('../commands/down.ts');
      done(await downCommand(context, options));
    });

  addDoctor(program, context, done);
  addFleet(program, context, done);
  addAgent(program, context, done);
  addCoord(program, context, done);
  addFormula(program, context, done);
  addGitops(program, context, done);
  addLaunch(program, context, done);

  program
    .command('completion')
    .argument('<shell>', 'bash, zsh or fish')
    .description('print a completion script')
    .addHelpText(
      'after',
      `
Examples:
  mosaic completion bash > ~/.local/share/bash-completion/completions/mosaic
  mosaic completion zsh > "\${fpath[1]}/_mosaic"
  mosaic completion fish > ~/.config/fish/completions/mosaic.fish`,
    )
    .action(async (shell: string) => {
      const { completionCommand } = await import('../commands/completion.ts');
      done(await completionCommand(context, shell, completionSpec(program)));
    });
  program
    .command('__complete', { hidden: true })
    .argument('<what>')
    .action(async (what: string) => {
      const { completeAgentsCommand, completeFormulasCommand } = await import('../commands/completion.ts');
      done(await (what === 'formulas' ? completeFormulasCommand(context) : completeAgentsCommand(context)));
    });
  return program;
}

interface Intervalled {
  interval: number;
}

const LEAST_INTERVAL_MS = 1000;

/** What would be passed over without a word. Throws CommandError. */
function refuseIgnored(
  plan: string | undefined,
  { watch, interval: ms }: ApplyCommandOptions & Intervalled,
  isIntervalGiven: boolean,
): void {
  if (watch !== true && isIntervalGiven)
    throw new CommandError('--interval says how often with --watch, which is not given', EXIT.usage);
  if (watch === true && plan !== undefined)
    throw new CommandError('a saved plan is done once: it does not go with --watch', EXIT.usage);
  if (ms < LEAST_INTERVAL_MS)
    throw new CommandError('--interval is shorter than 1s', EXIT.usage, {
      fix: 'Changes of the file and ends of agents are seen at once whatever it is.',
    });
}

const planning = (command: Command): Command =>
  command
    .option('--agent <name>', 'only this agent; may be repeated', collect)
    .option('--restart <name>', 'restart this agent whatever its policy; may be repeated', collect)
    .option('--adopt <name>', 'take over a foreign session or file of this name; may be repeated', collect)
    .option('--allow-mass-stop', 'go on with a plan that would end most of the fleet')
    .option('--detailed-exitcode', 'of a dry run: exit 2 when there are changes')
    .addOption(new Option('-o, --output <format>', 'of a dry run').choices(['text', 'json', 'markdown']))
    .option('--json', 'for programs (schemas/plan.schema.json, schemas/apply.schema.json)');

const interval = (description: string, standard: string): Option =>
  new Option('--interval <duration>', description).argParser(duration).default(duration(standard), standard);
