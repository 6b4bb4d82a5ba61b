/** `mosaic coord …`: the commands of missions. */
import { Option, type Command } from 'commander';
import type { CommandContext } from '../commands/context.ts';
import type { CoordContinueOptions } from '../commands/coord/continue.ts';
import type { CoordInitOptions } from '../commands/coord/init.ts';
import type { CoordOptions } from '../commands/coord/project.ts';
import type { CoordResumeOptions } from '../commands/coord/resume.ts';
import type { CoordRunOptions } from '../commands/coord/run.ts';
import { duration } from './options.ts';

const exitCodes = `
Exit codes:
  0    done
  1    it stands otherwise: a session is at work, a file is in the way, a task is done
  64   the command line is wrong
  65   there is no mission, or one of its files is not valid
  69   something needed is not there (the program to run)
  75   another mosaic has been changing the mission for a minute
`;

/** @param done takes the exit code of the command that ran */
export function addCoord(program: Command, context: CommandContext, done: (code: number) => void): void {
  const coord = program
    .command('coord')
    .description('missions: work that goes on across sessions')
    .addHelpText(
      'after',
      `
From beginning to end:
  mosaic coord init --name "Checkout v2" --milestones "Schema, API" --quality-gates "npm test"
  mosaic coord continue                the prompt for the first session, to paste
  mosaic coord run T-01                or a session here, in this terminal
  mosaic coord verify                  are the finished milestones really done?
  mosaic coord mission                 how far is it, what is wrong, what comes next?
  mosaic coord resume                  after a crash: what was left, and how to go on
${exitCodes}
Files: .mosaic/orchestrator/mission.json, docs/MISSION-MANIFEST.md, docs/TASKS.md, docs/scratchpads/ID.md`,
    );
  const command = (name: string, description: string, schema: string): Command =>
    coord
      .command(name)
      .description(description)
      .option(
        '--project <dir>',
        'the project; else $MOSAIC_PROJECT within its repository, else the repository around',
      )
      .option('--json', `for programs (schemas/${schema}.schema.json)`);

  command('init', "make a mission's files; deletes nothing", 'coord-init')
    .requiredOption('--name <name>', 'its name for people')
    .requiredOption('--milestones <list>', 'names parted by commas; ids are M1, M2 … or given as ID=NAME')
    .option('--id <id>', 'its id; made of the name unless given')
    .option('--description <text>', 'what it is about')
    .option('--quality-gates <command>', 'a shell line that must succeed before a milestone counts as done')
    .option('--task-prefix <prefix>', 'what the ids of its tasks begin with')
    .option('--prompt <file>', 'its first prompt, kept at the top of the scratchpad')
    .addHelpText(
      'after',
      `
Refuses while the project has a mission, or a file is in the way.

Examples:
  mosaic coord init --name "Checkout v2" --milestones "Schema, API, Screens"
  mosaic coord init --name "Checkout v2" --milestones 'DB=Schema, "API, v2"' --prompt goal.md`,
    )
    .action(async (options: CoordInitOptions) => {
      const { coordInitCommand } = await import('../commands/coord/init.ts');
      done(await coordInitCommand(context, options));
    });

  command(
    'mission',
    'the dashboard: how far, which sessions, what is wrong, what comes next',
    'coord-mission',
  )
    .addHelpText(
      'after',
      `
Examples:
  mosaic coord mission
  mosaic coord mission --project ~/src/shop --json | jq .progress`,
    )
    .action(async (options: CoordOptions) => {
      const { coordMissionCommand } = await import('../commands/coord/mission.ts');
      done(await coordMissionCommand(context, options));
    });

  command('status', 'is a session at work?', 'coord-status')
    .addOption(
      new Option('--stale-after <duration>', 'how long nothing may change in a live session')
        .argParser(duration)
        .default(undefined, '30m'),
    )
    .addHelpText(
      'after',
      `
Exit codes:
  0    a session is running
  5    it is stale: alive, but nothing has changed (lock, TASKS.md, scratchpad, git, terminal)
  3    it is dead: its process is gone
  4    there is none
  65   there is no mission, or mission.json or the lock is not valid

Examples:
  mosaic coord status --stale-after 2h
  mosaic coord status >/dev/null; [ $? -eq 3 ] && mosaic coord resume`,
    )
    .action(async (options: CoordOptions & { staleAfter?: number }) => {
      const { coordStatusCommand } = await import('../commands/coord/status.ts');
      done(await coordStatusCommand(context, options));
    });

  command('continue', 'the prompt for the next session, on standard output', 'coord-continue')
    .option('--task <id>', 'the task to go on with; else the next one')
    .option('--runtime <runtime>', 'the runtime it is for; else that of the last session, else claude')
    .option('--send <agent>', "type it to this running agent of the fleet, as a session's begin")
    .option('-f, --file <file>', 'the fleet file, for --send')
    .addHelpText(
      'after',
      `
Without --send nothing is changed but the capsule, .mosaic/orchestrator/next-task.json.
With it, the prompt is typed only where the agent's runtime shows that it takes input, and never into a shell.

Examples:
  mosaic coord continue | wl-copy
  claude "$(mosaic coord continue)"
  mosaic coord continue --task T-07 --send coder0`,
    )
    .action(async (options: CoordContinueOptions) => {
      const { coordContinueCommand } = await import('../commands/coord/continue.ts');
      done(await coordContinueCommand(context, options));
    });

  command('run', 'a session on a task, in this terminal', 'coord-run')
    .argument('<task>', 'its id in TASKS.md')
    .argument('[command...]', 'after --: the program to run instead of the configured one')
    .option('--runtime <runtime>', 'whose command to run; else that of the last session, else claude')
    .addOption(
      new Option('--mode <mode>', 'print-only: write the capsule, print the command line, do nothing else')
        .choices(['interactive', 'print-only'])
        .default('interactive'),
    )
    .option('-f, --file <file>', 'the fleet file, for its runtimes')
    .addHelpText(
      'after',
      `
The prompt takes the place of {prompt} in the command, or is its last argument. The exit code is the program's (128 and its number
for a signal); how the session ended is written down: completed, handoff, premature, killed or crashed.
With --json, standard output has the report alone, at the end: what the program prints there goes to standard error.

Examples:
  mosaic coord run T-07
  mosaic coord run T-07 --runtime codex --mode print-only
  mosaic coord run T-07 -- claude --model opus {prompt}`,
    )
    .action(async (task: string, words: string[], options: CoordRunOptions) => {
      const { coordRunCommand } = await import('../commands/coord/run.ts');
      done(await coordRunCommand(context, task, words, options));
    });

  command('verify', 'run the quality gates over the milestones whose tasks are all closed', 'coord-verify')
    .addHelpText(
      'after',
      `
When they pass, the milestones are completed. When they fail (exit 1), a task to mend it is appended to TASKS.md, the end of what they
printed to the scratchpad, and the milestones stay open. mosaic apply does this by itself for the missions of the fleet file.

Example:
  mosaic coord verify && mosaic coord continue`,
    )
    .action(async (options: CoordOptions) => {
      const { coordVerifyCommand } = await import('../commands/coord/verify.ts');
      done(await coordVerifyCommand(context, options));
    });

  command('resume', 'after a crash: what the dead session left, and a prompt to recover', 'coord-resume')
    .argument('[task]', 'mark the dead session ended, and start the next one on this task')
    .option('--clean-lock', 'mark the dead session crashed and clear its lock')
    .option('--runtime <runtime>', 'whose command to run; else that of the last session, else claude')
    .option('-f, --file <file>', 'the fleet file, for its runtimes')
    .addHelpText(
      'after',
      `
Only looks, unless --clean-lock or a task is given. A live session is never touched.

Exit codes:
  0    told, or done; a live session is told of too
  4    there has been no session yet
  65   there is no mission, or one of its files (the lock too) is not valid
  with a task: as mosaic coord run, also with --json

Examples:
  mosaic coord resume
  mosaic coord resume --clean-lock
  mosaic coord resume T-07`,
    )
    .action(async (task: string | undefined, options: CoordResumeOptions) => {
      const { coordResumeCommand } = await import('../commands/coord/resume.ts');
      done(await coordResumeCommand(context, task, options));
    });
}
