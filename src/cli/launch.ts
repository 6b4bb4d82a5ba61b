/** `mosaic yolo RUNTIME …` and `mosaic run RUNTIME …`. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/context.ts';

const about = `
Runs the program of a runtime in this terminal: claude, codex, pi, shell, or one of the fleet file. Before it starts, you are told of the
mission that is in the project around, and the mission's lock is taken with the program's own pid, so that no session is begun beside it.

What stands after the runtime goes to the program, options too. Terminal, signals and exit code are the program's own; where Node can
do it (22.15 and later), this process becomes the program.

pi is started with few skills, to leave it its context (folders of skills: $MOSAIC_HOME, or else ~/.config/mosaic):
  MOSAIC_PI_FORCE_SKILLS   names parted by colons, of skills/; mosaic-tools unless set
  MOSAIC_PI_SKILL_MODE     default: only those; all: every skill of skills/, skills-local/, ~/.pi/agent/skills and
                           ./.pi/skills too; discover: those that pi finds, and the forced ones that it would not
`;

const exitCodes = `
Exit codes:
  64   the command line is wrong, or MOSAIC_PI_SKILL_MODE
  65   there is no such runtime, or the fleet file is not valid
  69   its program is not installed, or could not be started
  130  interrupted before it started
  else the program's own; a signal that ended it ends this command too`;

/** @param done takes the exit code of the command that ran */
export function addLaunch(program: Command, context: CommandContext, done: (code: number) => void): void {
  const command = (how: 'yolo' | 'run', description: string, examples: string): Command =>
    program
      .command(how)
      .description(description)
      .argument('<runtime>', 'whose program to run')
      .argument('[args...]', 'for the program')
      .option('-f, --file <file>', 'the fleet file, for its runtimes')
      .passThroughOptions()
      .addHelpText('after', `${about}\nExamples:\n${examples}\n${exitCodes}`)
      .action(async (runtime: string, args: string[], options: { file?: string }) => {
        const { launchCommand } = await import('../commands/launch/launch.ts');
        const { exitCode, signal } = await launchCommand(context, { ...options, how, runtime, args });
        done(exitCode);
        if (signal !== undefined) endBy(signal);
      });

  command(
    'yolo',
    "a runtime's program in this terminal, asking for no permission",
    `  mosaic yolo claude
  mosaic yolo codex exec "run the tests"
  MOSAIC_PI_FORCE_SKILLS=mosaic-tools:review mosaic yolo pi
  mosaic yolo claude --help               the program's help, not this one`,
  );
  command(
    'run',
    "a runtime's program in this terminal",
    `  mosaic run claude --continue
  mosaic run -f team/fleet.yaml our-agent`,
  );
}

/** Those that end a process without leaving anything behind, and that Node does not keep for itself. */
const ENDING: readonly NodeJS.Signals[] = [
  'SIGHUP',
  'SIGINT',
  'SIGTERM',
  'SIGKILL',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
];

/** Whoever waits for us is told the truth: a loop of a shell ends with a program that Ctrl-C has ended, and not with an exit code. */
function endBy(name: string): void {
  const signal = ENDING.find((one) => one === name);
  if (signal === undefined) return;
  if (signal !== 'SIGKILL') process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
