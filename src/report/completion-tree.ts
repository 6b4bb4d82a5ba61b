/** The tree of commands that completion scripts are made from. */

/** Names that the command itself is asked for: `mosaic __complete agents`, `mosaic __complete formulas`. */
export type CompletionName = 'agent' | 'formula';

/** What a value may be: a path, such a name, one of these words, or anything. */
export type CompletionValue = 'file' | CompletionName | 'none' | readonly string[];

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

/** The command that prints such names, one a line, and nothing when it cannot. */
export const namesCommand = (program: string, name: CompletionName): string =>
  `${program} __complete ${name}s 2>/dev/null`;

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
