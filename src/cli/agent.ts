/** `mosaic agent …`: talks to the agents of the fleet. */
import { Option, type Command } from 'commander';
import type { AgentStatusOptions, AgentTailOptions } from '../commands/agent/look.ts';
import type { AgentResetOptions } from '../commands/agent/reset.ts';
import type { SayOptions } from '../commands/agent/send.ts';
import type { CommandContext, FleetOptions } from '../commands/context.ts';
import { addServe } from './agent-serve.ts';
import { collect, count, duration } from './options.ts';

const sendCodes = `
Exit codes:
  0    sent: its program has taken it; queued: its program holds it until it is done with another
  1    there is no such agent, or it does not run: nothing was typed; or its program ended, and the message is lost
  2    it was typed, and whether it was taken could not be told (0 with --no-verify)
  3    a question or somebody's draft is in the way: nothing was typed
  64   the command line is wrong
  65   the fleet file is not valid
  69   its host, or tmux there, did not answer
  130  interrupted
`;

/** @param done takes the exit code of the command that ran */
export function addAgent(program: Command, context: CommandContext, done: (code: number) => void): void {
  const agent = program
    .command('agent')
    .description('talk to agents, and look at what they do')
    .addHelpText(
      'after',
      `
Examples:
  mosaic agent status                            who is busy, who waits, who asks something?
  mosaic agent send coder0 -m "The build is red: look at it first"
  git diff | mosaic agent send reviewer --wait idle
  mosaic agent broadcast --class reviewer -m "Freeze until noon"
  mosaic agent tail coder0 --follow
  mosaic agent attach coder0 --read-only`,
    );
  const command = (name: string, description: string): Command =>
    agent.command(name).description(description).option('-f, --file <file>', 'the fleet file');
  const json = (of: Command, schema: string): Command =>
    of.option('--json', `for programs (schemas/${schema}.schema.json)`);

  json(command('roster', 'the agents of the fleet file, and whether they run'), 'agent-roster').action(
    async (options: FleetOptions) => {
      const { agentRosterCommand } = await import('../commands/agent/look.ts');
      done(await agentRosterCommand(context, options));
    },
  );

  json(command('status', 'busy, idle, or waiting for an answer, as their screens show'), 'agent-status')
    .argument('[agent]', 'only this one, with what it asks and what stands in its editor')
    .option('--watch', 'again and again')
    .addOption(
      new Option('--interval <duration>', 'how often with --watch').argParser(duration).default(2000, '2s'),
    )
    .addHelpText(
      'after',
      `
Examples:
  mosaic agent status coder0
  mosaic agent status --json | jq -r '.agents[] | select(.activity == "dialog").agent'`,
    )
    .action(async (name: string | undefined, options: AgentStatusOptions & { interval: number }) => {
      const { agentStatusCommand } = await import('../commands/agent/look.ts');
      done(await agentStatusCommand(context, name, { ...options, intervalMs: options.interval }));
    });

  json(saying(agent.command('send').description('say something to one agent')), 'agent-send')
    .argument('<agent>')
    .addHelpText(
      'after',
      `
Everything arrives as one message, whatever is in it. Who speaks to whom goes before it: [HOST:SESSION -> HOST:SESSION].
${sendCodes}
Examples:
  mosaic agent send coder0 -m "Rebase onto main, please"
  mosaic agent send coder0 -f review.md --from lead
  npm test 2>&1 | tail -40 | mosaic agent send coder0 --wait idle --wait-at-most 10m`,
    )
    .action(async (name: string, options: Saying) => {
      const { agentSendCommand } = await import('../commands/agent/send.ts');
      done(await agentSendCommand(context, name, said(options)));
    });

  json(saying(agent.command('broadcast').description('say something to many agents')), 'agent-broadcast')
    .option('--class <class>', 'only to agents of this class; may be repeated', collect)
    .addHelpText(
      'after',
      `
To all agents that are to run, but for shells and the one who speaks.
The exit code is the worst of all: as of mosaic agent send.

Examples:
  mosaic agent broadcast -m "main is frozen until the release is out"
  mosaic agent broadcast --class reviewer -f checklist.md --wait idle`,
    )
    .action(async (options: Saying & { class?: string[] }) => {
      const { agentBroadcastCommand } = await import('../commands/agent/send.ts');
      done(
        await agentBroadcastCommand(context, {
          ...said(options),
          ...(options.class === undefined ? {} : { class: options.class }),
        }),
      );
    });

  json(command('reset', 'have it forget its conversation, and give it its kickstart again'), 'agent-reset')
    .argument('<agent>')
    .option('--clear', "type its runtime's command that clears the conversation")
    .option('--new', 'type its command for a new conversation')
    .option('--no-kickstart', 'leave the kickstart out')
    .addOption(new Option('--wait <state>', 'wait until it is idle').choices(['idle']))
    .option('--force', 'also while it is busy or asks something (it is restarted then), or keeps its persona')
    .addHelpText(
      'after',
      `
Where its runtime has no such command, or it does not take, its session is restarted without the conversation. A crash-loop block is lifted.

Exit codes:
  0    its conversation is empty, its kickstart given
  1    it could not be reset
  2    its conversation is empty; its kickstart is pending, or nobody can tell
  3    busy, a question, a draft or its persona was in the way: nothing was done
  64   the command line is wrong
  65   the fleet file is not valid
  69   its host, or tmux there, did not answer
  75   another apply is at work, for a minute and more
  130  interrupted

Examples:
  mosaic agent reset coder0 --clear
  mosaic agent reset coder0 --new --wait idle --no-kickstart`,
    )
    .action(async (name: string, options: AgentResetOptions) => {
      const { agentResetCommand } = await import('../commands/agent/reset.ts');
      done(await agentResetCommand(context, name, options));
    });

  json(command('tail', 'the end of its screen and of what scrolled off it'), 'agent-tail')
    .argument('<agent>')
    .addOption(new Option('-n, --lines <count>', 'how many lines').argParser(count).default(80))
    .option('--follow', 'go on with what comes, also after a restart')
    .option('--ansi', 'with its colours')
    .addHelpText(
      'after',
      `
Programs that draw on the whole screen (claude, codex) leave nothing that scrolled off.

Examples:
  mosaic agent tail coder0 -n 20
  mosaic agent tail coder0 --follow --ansi`,
    )
    .action(async (name: string, options: AgentTailOptions) => {
      const { agentTailCommand } = await import('../commands/agent/look.ts');
      done(await agentTailCommand(context, name, options));
    });

  command('attach', 'show its session in this terminal; Ctrl-b d leaves it')
    .argument('<agent>')
    .option('-r, --read-only', 'only look: keys do nothing')
    .action(async (name: string, options: FleetOptions & { readOnly?: boolean }) => {
      const { agentAttachCommand } = await import('../commands/agent/look.ts');
      done(await agentAttachCommand(context, name, options));
    });
  addServe(agent, context, done);
}

type Saying = SayOptions & { waitAtMost?: number };

const saying = (command: Command): Command =>
  command
    .option('-m, --message <text>', 'what is said; else -f, else standard input')
    .option('-f, --file <file>', 'a file with what is said; - for standard input')
    .option('--from <label>', 'who speaks; else the session that this runs in, else your name')
    .option('--no-preamble', 'without who speaks to whom')
    .addOption(new Option('--wait <state>', 'wait until it is idle first').choices(['idle']))
    .addOption(
      new Option('--wait-at-most <duration>', 'the same, and no longer than this').argParser(duration),
    )
    .addOption(
      new Option('--retries <count>', 'how often Enter is pressed again while it still stands in the editor')
        .argParser(count)
        .default(3),
    )
    .option('--no-verify', 'exit 0 also where nothing tells whether it was taken')
    .option('--force', 'send a draft of somebody else along; type also into a shell')
    .option('--fleet <file>', 'the fleet file');

const said = ({ waitAtMost, ...options }: Saying): SayOptions => ({
  ...options,
  ...(waitAtMost === undefined ? {} : { wait: 'idle' as const, waitMs: waitAtMost }),
});
