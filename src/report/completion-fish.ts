import { namesCommand } from './completion-tree.ts';
import type { CompletionName, CompletionNode, CompletionOption, CompletionValue } from './completion-tree.ts';

/** For fish 3 and later, with descriptions. */
export function fishScript(nodes: readonly CompletionNode[], program: string): string {
  const f = `__${program.replaceAll('-', '_')}`;
  const rules = nodes.flatMap((node) => [
    ...node.options.map((option) => optionRule(option, node.path, f, program)),
    ...argumentRules(node, f, program),
  ]);
  return `# fish completion for ${program}; load it with: ${program} completion fish | source

# Prints the command that the cursor is in, and how many of its arguments come before the cursor.
function ${f}_place
    set -l at ${program}
    set -l seen 0
    set -l skip 0
    set -l tokens (commandline -opc)
    for word in $tokens[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch "$at $word"
${placeCases(nodes)}
            case '* -*'
            case '*'
                set seen (math $seen + 1)
        end
    end
    echo $at
    echo $seen
end

# Whether the cursor is in this command and, where numbers follow, at one of its arguments from the first to the last.
function ${f}_at -a command first last
    set -l place (${f}_place)
    test "$place[1]" = "$command"; or return 1
    test -z "$first"; or test $place[2] -ge $first; or return 1
    test -z "$last"; or test $place[2] -le $last
end

complete -c ${program} -f
${rules.join('\n')}
`;
}

function placeCases(nodes: readonly CompletionNode[]): string {
  const commands = nodes.slice(1).map(({ path }) => [`'${path}'`, `set at '${path}'`] as const);
  const options = nodes.flatMap(({ path, options }) => {
    const flags = options.flatMap((option) => (option.argument === undefined ? [] : option.flags));
    return flags.length === 0
      ? []
      : [[flags.map((flag) => `'${path} ${flag}'`).join(' '), 'set skip 1'] as const];
  });
  return [...commands, ...options]
    .map(([patterns, action]) => `            case ${patterns}\n                ${action}`)
    .join('\n');
}

function optionRule(
  { flags, description, argument }: CompletionOption,
  path: string,
  f: string,
  program: string,
): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = argument === undefined ? '' : ` -r${valueOf(argument, program)}`;
  return `complete -c ${program} -n ${quoted(`${f}_at '${path}'`)} ${names.join(' ')}${value} -d ${quoted(description)}`;
}

function argumentRules({ path, spec }: CompletionNode, f: string, program: string): string[] {
  const values = spec.arguments ?? [];
  return [
    ...spec.commands.map(
      ({ name, description }) =>
        `complete -c ${program} -n ${quoted(`${f}_at '${path}' 0 0`)} -a ${name} -d ${quoted(description)}`,
    ),
    ...values.map((value, i) => {
      const range = i === values.length - 1 ? String(i) : `${i} ${i}`;
      return `complete -c ${program} -n ${quoted(`${f}_at '${path}' ${range}`)}${valueOf(value, program)}`;
    }),
  ];
}

function valueOf(value: CompletionValue, program: string): string {
  if (typeof value === 'object') return ` -f -a ${quoted(value.join(' '))}`;
  const names = (name: CompletionName): string => ` -f -a ${quoted(`(${namesCommand(program, name)})`)}`;
  const forms = { file: ' -F', agent: names('agent'), formula: names('formula'), none: ' -f' };
  return forms[value];
}

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
