/** `mosaic agent serve`, which help does not show: another host's mosaic runs it. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/context.ts';

/** @param done takes the exit code of the command that ran */
export function addServe(agent: Command, context: CommandContext, done: (code: number) => void): void {
  agent
    .command('serve', { hidden: true })
    .description('carry out one request of a mosaic on another host: JSON on standard input and output')
    .action(async () => {
      const [{ serveCommand }, { openLocalWay }] = await Promise.all([
        import('../commands/agent/serve.ts'),
        import('../commands/agent/way.ts'),
      ]);
      done(await serveCommand(context, (fleet) => openLocalWay(context, fleet)));
    });
}
