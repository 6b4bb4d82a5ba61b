/** `mosaic agent serve`, which help does not show: another host's mosaic runs it. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/context.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Transport } from '../transport/transport.ts';

/**
 * @param local makes the way to the agents of this host, and to no others
 * @param done takes the exit code of the command that ran
 */
export function addServe(
  agent: Command,
  context: CommandContext,
  done: (code: number) => void,
  local: (context: CommandContext, fleet: Fleet) => Transport,
): void {
  agent
    .command('serve', { hidden: true })
    .description('carry out one request of a mosaic on another host: JSON on standard input and output')
    .action(async () => {
      const { serveCommand } = await import('../commands/agent/serve.ts');
      done(await serveCommand(context, (fleet) => local(context, fleet)));
    });
}
