/** Values that somewhere else would be run, or would change what is run; and what would show that one was. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../support/world.ts';

/** A file that no program has a reason to make: wherever it appears, a value was run. */
const canary = 'canary';

/** @param touch makes the canary; by an absolute path where the value may hold a slash */
const running = (touch: string): string[] => [
  `#(${touch})`,
  `##(${touch})`,
  `#{?1,#(${touch}),}`,
  `$(${touch})`,
  `\`${touch}\``,
  `; ${touch} ;`,
  `'; ${touch} #`,
  `"; ${touch} #`,
  `| ${touch}`,
  `& ${touch} &`,
];

const changing = [
  '#{pid}#S',
  '%n%i%h%%',
  '$HOME',
  '${HOME}',
  '~',
  `it's "quoted"`,
  'backslash\\',
  'a\\nb\\',
  '-leading',
  '--help',
  ';',
  '[a]*?{b,c}',
  '  spaces  ',
  'ünï 漢字 😀',
  '\u202eright to left\u2066',
  '=target:0.0',
  '@HEADER@',
  '{',
  '}',
  '#',
  '# comment',
];

const controls = [
  'a\nb',
  'a\n# b\nkill-server\n',
  '\n',
  'tab\there',
  'a\r\nb',
  'a\u001b]0;x\u0007b',
  'a\u009b31mb',
  'a\u007fb',
];

/** For arguments, variables and the like: anything but NUL. */
export const hostileTexts = (world: World): string[] => [
  ...running(`touch ${world.path(canary)}`),
  ...running(`touch ${canary}`),
  ...changing,
  ...controls,
  '',
  '../../../etc/passwd',
  'x'.repeat(100_000),
];

/** For the name of a folder: one line, no slash. */
export const hostileNames: string[] = [
  ...running(`touch ${canary}`),
  ...changing.filter((name) => name !== '~'),
];

/** Fails if any hostile value was run: looks through the whole world, and where a program without a place of its own works. */
export function requireNothingRan(world: World): void {
  const found = filesBelow(world.folder).filter((path) => path.endsWith(`/${canary}`));
  assert.deepEqual(
    [...found, ...['/', process.cwd()].map((folder) => join(folder, canary)).filter(existsSync)],
    [],
  );
}

export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** What an agent was given, byte for byte. */
export interface Given {
  args: string[];
  env: Record<string, string>;
  cwd: string;
}

/** A command that writes down what it is given, then stays. */
export function dumper(world: World, name: string, ...args: string[]): string[] {
  const program = world.path('dump.sh');
  const script = `out=$1
shift
printf '%s\\0' "$@" >"$out.args"
cat /proc/$$/environ >"$out.env"
readlink -n /proc/$$/cwd >"$out.cwd"
: >"$out.done"
exec sleep infinity
`;
  writeFileSync(program, script);
  return ['sh', program, world.path(name), ...args];
}

/** Waits for what the agent of that `dumper` wrote down. */
export async function givenTo(world: World, name: string): Promise<Given> {
  const out = world.path(name);
  await world.until(`${name} has begun`, () => existsSync(`${out}.done`));
  const words = (text: string): string[] => text.split('\0').slice(0, -1);
  const pairs = words(readFileSync(`${out}.env`, 'utf8')).map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return {
    args: words(readFileSync(`${out}.args`, 'utf8')),
    env: Object.fromEntries(pairs),
    cwd: readFileSync(`${out}.cwd`, 'utf8'),
  };
}
