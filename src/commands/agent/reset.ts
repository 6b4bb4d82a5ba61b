/** `mosaic agent reset`: has an agent forget its conversation. */
import type { Reset } from '../../model/messaging.ts';
import { resetJson, resetText } from '../../report/agent.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext, FleetOptions } from '../context.ts';
import { requireWay } from './way.ts';

export interface AgentResetOptions extends FleetOptions {
  clear?: boolean;
  new?: boolean;
  wait?: 'idle';
  force?: boolean;
  kickstart?: boolean;
}

export async function agentResetCommand(
  context: CommandContext,
  agent: string,
  options: AgentResetOptions,
): Promise<number> {
  if ((options.clear === true) === (options.new === true)) {
    throw new CommandError('say one of --clear and --new', EXIT.usage, {
      fix: 'With either it forgets its conversation; --new types the command for a new one, where its program parts the two.',
    });
  }
  const { transport } = await requireWay(context, options);
  const reset = await transport.reset(agent, {
    mode: options.new === true ? 'new' : 'clear',
    ...(options.wait === undefined ? {} : { wait: options.wait }),
    force: options.force ?? false,
    kickstart: options.kickstart ?? true,
  });
  const { terminal } = context;
  if (options.json === true) terminal.out(resetJson(reset));
  else {
    const { out, err } = resetText(reset);
    terminal.err(err);
    terminal.out(out);
  }
  return context.signal.aborted && reset.result === 'refused' ? EXIT.interrupted : exitOf(reset);
}

function exitOf({ result, kickstart }: Reset): number {
  if (result === 'failed') return EXIT.failed;
  if (result === 'refused') return 3;
  return kickstart === 'pending' || kickstart === 'unverified' ? 2 : EXIT.ok;
}
