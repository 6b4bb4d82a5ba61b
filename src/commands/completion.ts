/** `mosaic completion SHELL`, and what the scripts ask back. */
import { completionScript } from '../report/completion.ts';
import type { CompletionSpec } from '../report/completion-tree.ts';
import { CommandError, EXIT } from './command-error.ts';
import type { CommandContext } from './context.ts';
import { findFleetFile, readFleet } from './fleet-file.ts';

export function completionCommand(
  { terminal }: CommandContext,
  shell: string,
  spec: CompletionSpec,
): Promise<number> {
  if (shell !== 'bash' && shell !== 'zsh' && shell !== 'fish') {
    throw new CommandError(`there is no completion for ${shell}`, EXIT.usage, {
      fix: 'bash, zsh and fish have it.',
    });
  }
  terminal.out(completionScript(shell, spec));
  return Promise.resolve(EXIT.ok);
}

/** The formulas that this host knows of, one a line; nothing where there is no fleet file that is valid. */
export async function completeFormulasCommand(context: CommandContext): Promise<number> {
  const { host, terminal } = context;
  const loaded = await readFleet(context, await findFleetFile(host, undefined));
  if (!loaded.ok) return EXIT.ok;
  const { knownFormulas } = await import('./formula/known.ts');
  terminal.out(
    knownFormulas(host, loaded.value)
      .map(({ name }) => `${name}\n`)
      .join(''),
  );
  return EXIT.ok;
}

/** The agents of the fleet file, on whatever host, one a line; nothing when there is none that is valid. */
export async function completeAgentsCommand(context: CommandContext): Promise<number> {
  const { host, terminal } = context;
  const loaded = await readFleet(context, await findFleetFile(host, undefined));
  if (!loaded.ok) return EXIT.ok;
  const { agents, elsewhere } = loaded.value;
  terminal.out([...agents, ...elsewhere].map(({ name }) => `${name}\n`).join(''));
  return EXIT.ok;
}
