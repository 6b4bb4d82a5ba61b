/** From arguments to an exit code. */
import { CommanderError } from 'commander';
import { CommandError, EXIT } from '../commands/command-error.ts';
import type { CommandContext } from '../commands/context.ts';
import { HostError, type Host } from '../host/host.ts';
import { terminalFor, type OutputStream } from '../report/terminal.ts';
import { visible } from '../base/visible.ts';
import { createProgram } from './program.ts';

export interface Surroundings {
  host: Host;
  stdout: OutputStream;
  stderr: OutputStream;
  signal: AbortSignal;
  parting?: NonNullable<CommandContext['parting']>;
}

/** Runs one command line and says how it ended: every failure becomes a sentence on stderr and an exit code. */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { host, stdout, stderr, signal, parting } = surroundings;
  const terminal = terminalFor({ stdout, stderr }, host.facts.env);
  const context: CommandContext = {
    host,
    terminal,
    signal,
    ...(parting === undefined ? {} : { parting }),
    version: process.env['MOSAIC_VERSION'] ?? 'development',
    ...(process.env['MOSAIC_BUILD'] === undefined ? {} : { build: process.env['MOSAIC_BUILD'] }),
  };
  let code: number = EXIT.ok;
  const program = createProgram(context, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version are asked for; anything else commander has already said in words.
      return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    }
    if (error instanceof CommandError) {
      if (!error.shown) say(error.message, error.fix);
      return error.exitCode;
    }
    if (error instanceof HostError) {
      say(error.message, undefined);
      return error.code === 'EFLOCK' ? EXIT.unavailable : EXIT.failed;
    }
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say(
      `this is a mistake in mosaic itself: ${error instanceof Error ? error.message : String(error)}`,
      undefined,
    );
    if (host.facts.env['MOSAIC_DEBUG'] !== undefined) terminal.err(`${trace}\n`);
    else terminal.err('MOSAIC_DEBUG=1 shows where.\n');
    return EXIT.failed;
  }

  function say(message: string, fix: string | undefined): void {
    terminal.err(`mosaic: ${visible(message)}\n`);
    if (fix !== undefined) terminal.err(`  fix: ${visible(fix)}\n`);
  }
}
