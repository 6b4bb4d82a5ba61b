/**
 * Runs the steps of the workflow files of examples/ci as a runner would, in a folder where the pull request is checked out. Knows what
 * those files use; anything else fails, so that no step goes untested.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { CommandResult } from '../support/command.ts';
import type { World } from '../support/world.ts';

export interface Job {
  world: World;
  /** Where the pull request is checked out. */
  checkout: string;
  /** What the runner sets by itself. */
  env: Record<string, string>;
  /** Values of expressions, such as `github.token`. */
  context: Record<string, string>;
  /** Values of Woodpecker's secrets. */
  secrets?: Record<string, string>;
  /** In place of what the file sets for a forge that does not exist. */
  override?: Record<string, string>;
}

export type StepResult = CommandResult & { name: string };

type Table = Record<string, unknown>;

const examples = fileURLToPath(new URL('../../examples/ci/', import.meta.url));

export const read = (file: string): Table => parse(readFileSync(join(examples, file), 'utf8')) as Table;

/** The steps up to the first that fails, as no step of ours goes on after one. */
export async function runActions(file: string, job: Job): Promise<StepResult[]> {
  const workflow = read(file);
  only(workflow, ['name', 'on', 'permissions', 'env', 'jobs'], file);
  assert.equal(workflow['on'], 'pull_request');
  const env = { ...job.env, ...texts(workflow['env'], job), ...job.override };
  const results: StepResult[] = [];
  for (const [name, value] of Object.entries(workflow['jobs'] as Record<string, Table>)) {
    only(value, ['runs-on', 'timeout-minutes', 'permissions', 'concurrency', 'steps'], name);
    const { group = '' } = (value['concurrency'] ?? {}) as { group?: string };
    evaluated(group, job);
    for (const step of value['steps'] as Table[]) {
      if (step['uses'] !== undefined) {
        checkUse(step);
        continue;
      }
      only(step, ['name', 'run', 'env'], 'a step');
      const script = step['run'] as string;
      assert.doesNotMatch(script, /\$\{\{/, 'a value of the event in a script would be run as a part of it');
      const own = { ...env, ...texts(step['env'], job) };
      results.push(await shell(job, step['name'] as string, script, ['bash', '-e'], own));
      if (results.at(-1)?.code !== 0) return results;
    }
  }
  return results;
}

export async function runWoodpecker(file: string, job: Job): Promise<StepResult[]> {
  const workflow = read(file);
  only(workflow, ['when', 'clone', 'steps'], file);
  assert.deepEqual(workflow['when'], [{ event: 'pull_request' }]);
  const [clone] = workflow['clone'] as Table[];
  assert.deepEqual(clone, {
    name: 'clone',
    image: 'woodpeckerci/plugin-git',
    settings: { partial: false },
  });
  const results: StepResult[] = [];
  for (const step of workflow['steps'] as Table[]) {
    only(step, ['name', 'image', 'environment', 'commands'], 'a step');
    const own = Object.entries((step['environment'] ?? {}) as Table).map(([name, value]) => {
      if (typeof value === 'string') return [name, job.override?.[name] ?? value];
      const { from_secret: secret } = value as { from_secret: string };
      return [name, job.secrets?.[secret] ?? ''];
    });
    const commands = step['commands'] as string[];
    for (const command of commands)
      assert.doesNotMatch(command, /\$\{/, 'Woodpecker replaces this before any shell sees it');
    const env = { ...job.env, ...(Object.fromEntries(own) as Record<string, string>) };
    results.push(await shell(job, step['name'] as string, commands.join('\n'), ['sh', '-e'], env));
    if (results.at(-1)?.code !== 0) return results;
  }
  return results;
}

async function shell(
  { world, checkout }: Job,
  name: string,
  script: string,
  [program = 'sh', ...args]: string[],
  env: Record<string, string>,
): Promise<StepResult> {
  const file = world.path('runner', `${name.replaceAll(/\W+/g, '-')}.sh`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${script}\n`);
  const result = await world.run(program, [...args, file], { cwd: checkout, env, timeoutMs: 60_000 });
  return { name, ...result };
}

function checkUse(step: Table): void {
  only(step, ['uses', 'with'], 'a step');
  const known: Record<string, Table> = {
    'actions/checkout@v4': { 'fetch-depth': 0, 'persist-credentials': false },
    'actions/setup-node@v4': { 'node-version': 20 },
  };
  assert.deepEqual(step['with'], known[String(step['uses'])], `uses ${String(step['uses'])}`);
}

function only(table: Table, keys: string[], what: string): void {
  for (const key of Object.keys(table)) assert.ok(keys.includes(key), `${what}: ${key} is not known here`);
}

const texts = (table: unknown, job: Job): Record<string, string> =>
  Object.fromEntries(
    Object.entries((table ?? {}) as Record<string, string>).map(([name, value]) => [
      name,
      evaluated(value, job),
    ]),
  );

const evaluated = (text: string, { context }: Job): string =>
  text.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => {
    const value = context[expression];
    assert.ok(value !== undefined, `the expression ${expression} is not known here`);
    return value;
  });
