/** Shell completion: a script per shell, written out from the tree of commands so that a TAB starts no program. */
import { bashScript } from './completion-bash.ts';
import { fishScript } from './completion-fish.ts';
import { flatten } from './completion-tree.ts';
import type { CompletionOption, CompletionSpec } from './completion-tree.ts';
import { zshScript } from './completion-zsh.ts';

export type { CompletionOption, CompletionSpec, CompletionValue } from './completion-tree.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

/**
 * The completion script of a shell, to be sourced or put where that shell looks for completions. Names, flags and values
 * must be plain words: throws where one would mean something to a shell.
 */
export function completionScript(shell: Shell, spec: CompletionSpec): string {
  const nodes = flatten(spec, '', []);
  for (const { spec: command, options } of nodes)
    for (const word of [command.name, ...(command.arguments ?? []).flat(), ...options.flatMap(wordsOf)])
      if (!/^[\w.-]+$/.test(word)) throw new Error(`not a plain word: ${JSON.stringify(word)}`);
  const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
  return scripts[shell](nodes, spec.name);
}

const wordsOf = ({ flags, argument }: CompletionOption): string[] => [
  ...flags,
  ...(typeof argument === 'object' ? argument : []),
];
