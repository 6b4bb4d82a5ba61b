/** `mosaic diff`: two fleet files side by side, for who reviews a change; the host is not looked at. */
import { parseEnvFile } from '../fleet/env-file.ts';
import { loadFleet } from '../fleet/load.ts';
import type { FleetDiff } from '../model/diff.ts';
import { isSame } from '../model/diff.ts';
import type { Agent, Fleet } from '../model/fleet.ts';
import type { Loaded } from '../model/problem.ts';
import { compareFleets, type Side } from '../plan/compare.ts';
import type { InvalidSide } from '../report/diff-invalid.ts';
import { formatProblems } from '../report/problems.ts';
import { CommandError, EXIT } from './command-error.ts';
import type { CommandContext } from './context.ts';
import { openSource, type Beside, type FleetSource } from './fleet-source.ts';

export interface DiffCommandOptions {
  output?: 'text' | 'json' | 'markdown';
  json?: boolean;
  detailedExitcode?: boolean;
}

export async function diffCommand(
  context: CommandContext,
  base: string,
  head: string,
  options: DiffCommandOptions,
): Promise<number> {
  const { terminal } = context;
  if (base === '-' && head === '-')
    throw new CommandError('standard input can be one of the two files, not both', EXIT.usage);
  const output = options.json === true ? 'json' : (options.output ?? 'text');
  const [old, now] = [await openSource(context, base), await openSource(context, head)];
  const [before, after] = [load(old), load(now)];
  if (after === undefined) {
    // Where neither has one, the path is more likely a mistake than a removal.
    if (before !== undefined && output !== 'text') await showGone(context, output, before, head);
    throw new CommandError(`there is no fleet file ${head}`, EXIT.invalid, {
      fix: 'Name the one that is to be reviewed. Where it is removed, hosts keep what they have.',
    });
  }
  const invalid = [
    ...(before === undefined || before.ok ? [] : [{ side: 'base' as const, ...before }]),
    ...(after.ok ? [] : [{ side: 'head' as const, ...after }]),
  ];
  if (!after.ok || before?.ok === false) {
    const valid = [before, after].find((loaded) => loaded?.ok);
    return refuse(context, output, invalid, valid?.ok === true ? valid.value.name : undefined);
  }
  if (output === 'text') for (const { message } of after.warnings) terminal.err(`Note: ${message}\n`);
  const diff = compareFleets(
    before === undefined ? undefined : await sideOf(before.value, old),
    await sideOf(after.value, now),
  );
  await show(context, diff, output, { base, head });
  return options.detailedExitcode === true && !isSame(diff) ? EXIT.changes : EXIT.ok;
}

async function show(
  { terminal }: CommandContext,
  diff: FleetDiff,
  output: 'text' | 'json' | 'markdown',
  names: { base: string; head: string },
): Promise<void> {
  if (output === 'json') {
    const { diffJsonText } = await import('../report/diff-json.ts');
    terminal.out(diffJsonText(diff, names));
  } else if (output === 'markdown') {
    const { diffMarkdown } = await import('../report/diff-markdown.ts');
    terminal.out(diffMarkdown(diff));
  } else {
    const { diffScreen } = await import('../report/diff-text.ts');
    terminal.out(diffScreen(diff, terminal));
  }
}

/** A removal is told as what cannot be compared is, so that an older comment does not go on to be believed. */
async function showGone(
  { terminal }: CommandContext,
  output: 'json' | 'markdown',
  before: Loaded<Fleet>,
  head: string,
): Promise<void> {
  const { goneMarkdown, goneSide, invalidJsonText } = await import('../report/diff-invalid.ts');
  if (output === 'json') terminal.out(invalidJsonText([goneSide(head)]));
  else terminal.out(goneMarkdown(head, before.ok ? before.value.name : undefined, before.text));
}

async function refuse(
  { host, terminal }: CommandContext,
  output: 'text' | 'json' | 'markdown',
  invalid: InvalidSide[],
  name: string | undefined,
): Promise<number> {
  const { invalidJsonText, invalidMarkdown } = await import('../report/diff-invalid.ts');
  if (output === 'json') {
    terminal.out(invalidJsonText(invalid));
    return EXIT.invalid;
  }
  // A comment that told of an older state would be worse than none.
  if (output === 'markdown') terminal.out(invalidMarkdown(invalid, name));
  for (const failure of invalid)
    terminal.err(formatProblems(failure, { color: terminal.color, cwd: host.facts.cwd }));
  return EXIT.invalid;
}

/**
 * Both files count as standing at the same place, and home stays `~`: what is compared is what they say, wherever they were
 * checked out. Undefined where there is none.
 */
function load({ text, label }: FleetSource): Loaded<Fleet> | undefined {
  if (text === undefined) return undefined;
  return { ...loadFleet({ text, file: 'fleet.yaml', home: '~', hostnames: 'all' }), file: label };
}

/** With what the fleet names beside itself. */
async function sideOf(fleet: Fleet, source: FleetSource): Promise<Side> {
  const seen = new Map<string, Beside>();
  const read = async (path: string): Promise<Beside> => {
    const known = seen.get(path);
    if (known !== undefined) return known;
    const found = /^[~/]/.test(path) ? { kind: 'elsewhere' as const } : await source.beside(path);
    seen.set(path, found);
    return found;
  };
  const agents: Agent[] = [];
  const secrets = new Map<string, Record<string, string>>();
  for (const agent of fleet.agents) {
    const { envFile, kickstartTemplate } = agent;
    const template = kickstartTemplate === undefined ? undefined : await read(kickstartTemplate);
    agents.push(withKickstart(agent, template, source));
    const values = envFile === undefined ? undefined : await read(envFile);
    if (envFile !== undefined && values?.kind === 'text')
      secrets.set(envFile, parseEnvFile(values.text).values);
  }
  const { extraConfig } = fleet.tmux;
  const extra = extraConfig === undefined ? undefined : await read(extraConfig);
  return {
    fleet: { ...fleet, agents },
    secrets,
    ...(extra?.kind === 'text' && { extraConfig: extra.text }),
  };
}

function withKickstart(agent: Agent, template: Beside | undefined, { label }: FleetSource): Agent {
  if (template?.kind === 'text') return { ...agent, kickstart: template.text };
  if (template?.kind !== 'absent') return agent;
  const kickstartTrouble = `its kickstart_template ${agent.kickstartTemplate} is not there (${label})`;
  return { ...agent, kickstartTrouble };
}
