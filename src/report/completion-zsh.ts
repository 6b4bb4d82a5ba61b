import { namesCommand } from './completion-tree.ts';
import type { CompletionName, CompletionNode, CompletionOption, CompletionValue } from './completion-tree.ts';

/** For zsh's own completion system, with descriptions; works sourced and from a folder of `$fpath`. */
export function zshScript(nodes: readonly CompletionNode[], program: string): string {
  return `#compdef ${program}
# zsh completion for ${program}; load it with: source <(${program} completion zsh)

${namesFunction(program, 'agent')}
${namesFunction(program, 'formula')}
${nodes.toReversed().map(commandFunction).join('\n')}
if [[ \${funcstack[1]} == ${functionName(program)} ]]; then
  ${functionName(program)} "$@"
else
  compdef ${functionName(program)} ${program}
fi
`;
}

const namesFunction = (program: string, name: CompletionName): string =>
  `${functionName(program)}__${name}s() {
  local -a names
  names=(\${(f)"$(${namesCommand(program, name)})"})
  compadd -a names
}
`;

const functionName = (path: string): string => `_${path.replaceAll(/[ -]/g, '_')}`;

function commandFunction({ path, spec, options }: CompletionNode): string {
  const program = path.split(' ')[0] ?? path;
  const specs = options.flatMap((option) => optionSpecs(option, program));
  const name = functionName(path);
  if (spec.commands.length === 0) {
    const values = spec.arguments ?? [];
    const places = values.map((value, i) => {
      const place = i === values.length - 1 ? '*' : String(i + 1);
      return quoted(`${place}:${labelOf(value)}:${actionOf(value, program)}`);
    });
    return `${name}() {\n  _arguments -S${continued([...specs, ...places])}\n}\n`;
  }
  const commands = spec.commands.map((command) => quoted(`${command.name}:${command.description}`));
  const cases = spec.commands.map((command) => {
    const word = command.name;
    return `    ${word}) ${functionName(`${path} ${word}`)} ;;`;
  });
  return `${name}() {
  local context state state_descr line
  local -A opt_args
  _arguments -C -S${continued([...specs, "'1: :->command'", "'*:: :->rest'"])}
  case $state in
  command)
    local -a commands
    commands=(${commands.map((command) => `\n      ${command}`).join('')}
    )
    _describe -t commands command commands
    ;;
  rest)
    case $line[1] in
${cases.join('\n')}
    esac
    ;;
  esac
}
`;
}

const continued = (words: string[]): string => words.map((word) => ` \\\n    ${word}`).join('');

/** A flag that takes a value may come again; another one excludes its other spellings. */
function optionSpecs({ flags, description, argument }: CompletionOption, program: string): string[] {
  const text = description.replace(/[[\]:\\]/g, '\\$&');
  if (argument === undefined)
    return flags.map((flag) => quoted(`${flags.length > 1 ? `(${flags.join(' ')})` : ''}${flag}[${text}]`));
  const value = `:${labelOf(argument)}:${actionOf(argument, program)}`;
  return flags.map((flag) => quoted(`*${flag}${flag.startsWith('--') ? '=' : '+'}[${text}]${value}`));
}

function labelOf(value: CompletionValue): string {
  if (typeof value === 'object') return 'value';
  return value === 'none' ? 'value' : value;
}

function actionOf(value: CompletionValue, program: string): string {
  if (typeof value === 'object') return `(${value.join(' ')})`;
  const names = (name: CompletionName): string => `${functionName(program)}__${name}s`;
  const actions = { file: '_files', agent: names('agent'), formula: names('formula'), none: ' ' };
  return actions[value];
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
