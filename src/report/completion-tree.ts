/** The tree of commands that completion scripts are made from. */

/** What a value may be: a path, an agent's name (asked of `mosaic __complete agents`), one of these words, or anything. */
export type CompletionValue = 'file' | 'agent' | 'none' | readonly string[];

export interface CompletionOption {
  /** With their dashes, such as `['-o', '--output']`. */
  flags: readonly string[];
  description: string;
  /** Absent: the option takes no value. */
  argument?: CompletionValue;
}

export interface CompletionSpec {
  name: string;
  description: string;
  /** Those of a command are offered in its subcommands too. */
  options: readonly CompletionOption[];
  commands: readonly CompletionSpec[];
  /** By position; the last one may be repeated. Only where there are no subcommands. */
  arguments?: readonly CompletionValue[];
}

/** A command of the tree with where it stands and all options that it takes. */
export interface CompletionNode {
  /** Names from the program on, joined by a space. */
  path: string;
  spec: CompletionSpec;
  options: readonly CompletionOption[];
}

/** The command that prints the names of agents, one a line, and nothing when it cannot. */
export const agentsCommand = (program: string): string => `${program} __complete agents 2>/dev/null`;

/** The tree as a list, each command before its subcommands. */
export function flatten(
  spec: CompletionSpec,
  above: string,
  inherited: readonly CompletionOption[],
): CompletionNode[] {
  const path = above === '' ? spec.name : `${above} ${spec.name}`;
  // Help is everywhere, and a command's own option goes before one of the same name above it.
  const own = new Set(spec.options.flatMap(({ flags }) => flags));
  const options = [...spec.options, ...inherited.filter(({ flags }) => !flags.some((flag) => own.has(flag)))];
  return [{ path, spec, options }, ...spec.commands.flatMap((command) => flatten(command, path, options))];
}
