/** What shell completion needs to know, read off the command line's own definition. */
import type { Argument, Command, Option } from 'commander';
import { builtinRuntimes } from '../fleet/runtimes/index.ts';
import type {
  CompletionName,
  CompletionOption,
  CompletionSpec,
  CompletionValue,
} from '../report/completion-tree.ts';

const AGENT_OPTIONS = new Set(['--agent', '--restart', '--adopt', '--send']);
const FILE_OPTIONS = new Set(['--file', '--fleet', '--out', '--project', '--prompt', '--verify-signatures']);

export function completionSpec(command: Command): CompletionSpec {
  const shown = command.createHelp().visibleCommands(command);
  const args = command.registeredArguments.map(valueOfArgument);
  return {
    name: command.name(),
    description: command.description(),
    options: command.options.filter(({ hidden }) => !hidden).map(optionOf),
    commands: command.commands.filter((sub) => shown.includes(sub)).map(completionSpec),
    ...(args.length === 0 ? {} : { arguments: args }),
  };
}

function optionOf(option: Option): CompletionOption {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined);
  const base = { flags, description: option.description };
  if (!option.required && !option.optional) return base;
  return { ...base, argument: valueOfOption(option) };
}

function valueOfOption({ long, argChoices }: Option): CompletionValue {
  if (argChoices !== undefined) return argChoices;
  if (AGENT_OPTIONS.has(long ?? '')) return 'agent';
  if (long === '--runtime') return Object.keys(builtinRuntimes);
  return FILE_OPTIONS.has(long ?? '') ? 'file' : 'none';
}

function valueOfArgument(argument: Argument): CompletionValue {
  if (argument.name() === 'runtime') return Object.keys(builtinRuntimes);
  if (argument.name() === 'agent' || argument.name() === 'formula') return argument.name() as CompletionName;
  if (argument.name() === 'shell') return ['bash', 'zsh', 'fish'];
  return ['task', 'text'].includes(argument.name()) ? 'none' : 'file';
}
