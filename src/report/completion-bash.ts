import { namesCommand } from './completion-tree.ts';
import type { CompletionNode, CompletionValue } from './completion-tree.ts';

/**
 * For bash 3.2 and later, without the bash-completion package. Nothing that was typed and no name of an agent is ever
 * expanded: `compgen -W`, which would, is not used.
 */
export function bashScript(nodes: readonly CompletionNode[], program: string): string {
  const f = `_${program.replaceAll('-', '_')}`;
  return `# bash completion for ${program}; load it with: source <(${program} completion bash)

# Adds those of its arguments that begin with the word at the cursor.
${f}_words() {
  local word
  for word in "$@"; do
    [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
  done
}

# Adds what a value of this kind may be: file, agent, formula, none, or words:…
${f}_values() {
  local line
  case $1 in
    file)
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
      ;;
    agent)
      while IFS= read -r line; do ${f}_words "$line"; done < <(${namesCommand(program, 'agent')})
      ;;
    formula)
      while IFS= read -r line; do ${f}_words "$line"; done < <(${namesCommand(program, 'formula')})
      ;;
    words:*)
      local IFS=' '
      ${f}_words \${1#words:}
      ;;
  esac
}

${f}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} at='${program}' pending='' plain='' seen=0 word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $pending ]]; then
      # --option=value comes in three words.
      [[ $word == '=' ]] || pending=''
      continue
    fi
    if [[ -n $plain || $word != -?* ]]; then
      case "$at $word" in
${pathCases(nodes)}
        *) seen=$((seen + 1)) ;;
      esac
      continue
    fi
    case "$at $word" in
      *' --') plain=1 ;;
${optionCases(nodes)}
    esac
  done
  if [[ -n $pending ]]; then
    [[ $cur == '=' ]] && cur=''
    ${f}_values "$pending"
  elif [[ -z $plain && $cur == -* ]]; then
    case $at in
${flagCases(nodes, f)}
    esac
  else
    case "$at $seen" in
${valueCases(nodes, f)}
    esac
  fi
}

complete -F ${f} ${program}
`;
}

const kindOf = (value: CompletionValue): string =>
  typeof value === 'object' ? `'words:${value.join(' ')}'` : value;

const indented = (lines: string[], spaces: number): string =>
  lines.map((line) => `${' '.repeat(spaces)}${line}`).join('\n');

function pathCases(nodes: readonly CompletionNode[]): string {
  return indented(
    nodes.slice(1).map(({ path }) => `'${path}') at='${path}' ;;`),
    8,
  );
}

/** The options that a value follows. */
function optionCases(nodes: readonly CompletionNode[]): string {
  const cases = nodes.flatMap(({ path, options }) =>
    options.flatMap(({ flags, argument }) =>
      argument === undefined
        ? []
        : [`${flags.map((flag) => `'${path} ${flag}'`).join(' | ')}) pending=${kindOf(argument)} ;;`],
    ),
  );
  return indented(cases, 6);
}

function flagCases(nodes: readonly CompletionNode[], f: string): string {
  const cases = nodes.map(({ path, options }) => {
    const flags = options.flatMap((option) => option.flags);
    return `'${path}') ${f}_words ${flags.join(' ')} ;;`;
  });
  return indented(cases, 6);
}

function valueCases(nodes: readonly CompletionNode[], f: string): string {
  const cases = nodes.flatMap(({ path, spec }) => {
    if (spec.commands.length > 0)
      return [`'${path} 0') ${f}_words ${spec.commands.map(({ name }) => name).join(' ')} ;;`];
    const values = spec.arguments ?? [];
    return values.map((value, i) => {
      const which = i === values.length - 1 ? `'${path} '*` : `'${path} ${i}'`;
      return `${which}) ${f}_values ${kindOf(value)} ;;`;
    });
  });
  return indented(cases, 6);
}
