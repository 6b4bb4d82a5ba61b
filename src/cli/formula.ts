/** `mosaic formula …`: agents that come again and again, and say when they are done. */
import { Option, type Command } from 'commander';
import type { CommandContext, FleetOptions } from '../commands/context.ts';
import type { FormulaCheckOptions } from '../commands/formula/check.ts';
import type { FormulaHistoryOptions } from '../commands/formula/history.ts';
import type { FormulaInstallOptions } from '../commands/formula/install.ts';
import type { FormulaRunOptions } from '../commands/formula/run.ts';
import { duration, someCount } from './options.ts';

/** @param done takes the exit code of the command that ran */
export function addFormula(program: Command, context: CommandContext, done: (code: number) => void): void {
  const formula = program
    .command('formula')
    .description('agents that come again and again, each with a definition of done')
    .addHelpText(
      'after',
      `
A formula is a TOML file: what to do, with which runtime, in which repository. A run of it has a session and a worktree of its own,
and ends when its agent says so, or has said nothing for too long.

Examples:
  mosaic formula check gardener.toml             is it right?
  mosaic formula run gardener.toml --dry-run     what would its agent be told?
  mosaic formula run gardener.toml               one run, from beginning to end
  mosaic formula install gardener.toml --every 6h
  mosaic formula list                            what runs, what comes next, how it went
  mosaic formula reply gardener "Yes, drop Node 18"`,
    );
  const command = (name: string, description: string): Command =>
    formula.command(name).description(description).option('-f, --file <file>', 'the fleet file');

  command('run', 'one run, from beginning to end')
    .argument('<formula-file>')
    .option(
      '-n, --dry-run',
      'say what its agent would be told, and whether it would be skipped; begins nothing',
    )
    .option('--json', 'for programs (schemas/formula-run.schema.json)')
    .addHelpText(
      'after',
      `
Says on standard error what happens. Ctrl-C or SIGTERM ends the run. While another run of the formula lasts, or where there is too
little memory, it is skipped.

Examples:
  mosaic formula run gardener.toml
  mosaic formula run gardener.toml --dry-run

Exit codes:
  0    done, merged, or skipped
  1    it failed, waited at its prompt without a word, or could not be started
  3    its program ended without a final phase, as often as it may
  64   the command line is wrong
  65   the formula or the fleet file is not valid
  69   something that it needs is not there: a program, a runtime, a variable
  124  it took too long, was quiet for too long, or nobody answered its escalation
  130  interrupted`,
    )
    .action(async (file: string, options: FormulaRunOptions) => {
      const { formulaRunCommand } = await import('../commands/formula/run.ts');
      done(await formulaRunCommand(context, file, options));
    });

  command('list', 'every formula known here: when it comes, whether it runs, how its last run ended')
    .option('--json', 'for programs (schemas/formula-list.schema.json)')
    .addHelpText(
      'after',
      `
Those of the fleet file, those installed on this host, and those that have run.

Examples:
  mosaic formula list
  mosaic formula list --json | jq -r '.formulas[] | select(.last.exit_code > 0).formula'

Exit codes:
  0    shown, however the runs went
  65   the fleet file is not valid`,
    )
    .action(async (options: FleetOptions) => {
      const { formulaListCommand } = await import('../commands/formula/list.ts');
      done(await formulaListCommand(context, options));
    });

  command('history', 'its runs, the newest first: phases, end, what is kept of them')
    .argument('<formula>')
    .addOption(new Option('-n, --last <count>', 'how many runs').argParser(someCount).default(20))
    .option('--json', 'for programs (schemas/formula-history.schema.json)')
    .addHelpText(
      'after',
      `
Examples:
  mosaic formula history gardener
  mosaic formula history gardener --last 1 --json | jq -r '.runs[0].reason'

Exit codes:
  0    shown
  64   the command line is wrong, or nobody knows such a formula
  65   the fleet file is not valid`,
    )
    .action(async (name: string, options: FormulaHistoryOptions) => {
      const { formulaHistoryCommand } = await import('../commands/formula/history.ts');
      done(await formulaHistoryCommand(context, name, options));
    });

  command('reply', 'answer its escalation: a run that lasts is told at once, else the next one')
    .argument('<formula>')
    .argument('[text...]', 'the answer; - or nothing: standard input, a file or a pipe')
    .option('--json', 'for programs (schemas/formula-reply.schema.json)')
    .addHelpText(
      'after',
      `
Each answer is given to one run, once; several are given in their order. One that is given in an agent's session names that agent.

Examples:
  mosaic formula reply gardener "Yes, drop Node 18"
  mosaic formula reply gardener - < answer.md

Exit codes:
  0    it is kept, and will be given
  1    it is called in a formula's own session, whose agent waits for a person's answer
  64   the command line is wrong, the answer is blank, or nobody knows such a formula
  65   the fleet file is not valid`,
    )
    .action(async (name: string, text: string[], options: FleetOptions) => {
      const { formulaReplyCommand } = await import('../commands/formula/reply.ts');
      done(await formulaReplyCommand(context, name, text, options));
    });

  command('check', 'what is wrong in formula files, each with its place; runs nothing')
    .argument('<formula-file...>')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json', 'github']))
    .option('--json', 'the same as -o json (schemas/formula-check.schema.json)')
    .addHelpText(
      'after',
      `
Where there is a fleet file, also whether the runtime is one of its.

Examples:
  mosaic formula check formulas/*.toml
  mosaic formula check formulas/*.toml -o github     at their lines of a pull request

Exit codes:
  0    all are right
  64   the command line is wrong
  65   at least one is not, or is not there`,
    )
    .action(async (files: string[], options: FormulaCheckOptions) => {
      const { formulaCheckCommand } = await import('../commands/formula/check.ts');
      done(await formulaCheckCommand(context, files, options));
    });

  command('install', 'have a timer of this host run a formula')
    .argument('<formula-file>')
    .addOption(
      new Option('--every <duration>', 'how often: what divides an hour or a day, 1d or 7d, such as 6h')
        .argParser(duration)
        .makeOptionMandatory(),
    )
    .option('--name <name>', "names its timer; the formula's own name unless given")
    .option('-n, --dry-run', 'show what would be done')
    .option('--json', 'for programs (schemas/apply.schema.json; with --dry-run schemas/plan.schema.json)')
    .addHelpText(
      'after',
      `
It comes by the clock (every 6h: at 0, 6, 12 and 18 o'clock, up to ten minutes later), and once for all that it missed while the machine
was off. Run again, it changes only what is not as it should be. A formula that the fleet file names ("formulas:") needs no installing:
mosaic apply does the same for it, and what the file says of a name counts.

Examples:
  mosaic formula install gardener.toml --every 6h
  mosaic formula install plan.toml --every 1d --name planner
  mosaic formula install gardener.toml --every 6h --dry-run

Exit codes:
  0    it is installed, or was
  1    something stands in its way, or failed
  64   the command line is wrong, or no timer can come at that interval
  65   the formula or the fleet file is not valid
  69   no user manager of systemd answers: the line for a crontab is told
  75   another apply of this fleet is at work`,
    )
    .action(async (file: string, { every, ...options }: FormulaInstallOptions & { every: number }) => {
      const { formulaInstallCommand } = await import('../commands/formula/install.ts');
      done(await formulaInstallCommand(context, file, { ...options, everyMs: every }));
    });

  command('uninstall', 'take its timer away again; a run that lasts goes on to its end')
    .argument('<formula>')
    .option('--json', 'for programs (schemas/apply.schema.json)')
    .addHelpText(
      'after',
      `
What its runs have left stays: their record, its notes.

Example:
  mosaic formula uninstall gardener

Exit codes:
  0    it is not installed any more, or was not
  1    the fleet file names it, or its timer could not be stopped
  65   the fleet file is not valid
  75   another apply of this fleet is at work`,
    )
    .action(async (name: string, options: FleetOptions) => {
      const { formulaUninstallCommand } = await import('../commands/formula/uninstall.ts');
      done(await formulaUninstallCommand(context, name, options));
    });
}
