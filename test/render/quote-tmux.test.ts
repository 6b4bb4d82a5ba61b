/** Every value arrives in an agent's program byte for byte, through its rendered file and the real tmux. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { placesOf } from '../../src/model/places.ts';
import { renderAgent } from '../../src/render/artefacts.ts';
import { document, good } from '../fleet/helpers.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

/** Writes its arguments, its environment and where it is, each ended by NUL, then waits to be killed. */
const WITNESS = [
  'printf "%s\\0" "$@" > "$WITNESS/arguments"',
  'env -0 > "$WITNESS/environment"',
  'printf "%s" "$PWD" > "$WITNESS/folder"',
  'touch "$WITNESS/done"',
  'exec sleep 1000',
].join('\n');

interface Seen {
  arguments: string[];
  environment: Map<string, string>;
  folder: string;
}

let agents = 0;

/** Starts an agent with these arguments, variables and folder through a rendered file, and tells what its program was given. */
async function witness(
  world: World,
  given: { arguments: string[]; env?: Record<string, string>; folder?: string },
): Promise<Seen> {
  const name = `a${agents++}`;
  const place = world.path('witness', name);
  const folder = given.folder ?? world.cwd;
  mkdirSync(place, { recursive: true });
  mkdirSync(folder, { recursive: true });
  const fleet = good(document({ name: 'test', supervisor: 'none', agents: [{ name, runtime: 'shell' }] }));
  const [agent] = fleet.agents;
  assert.ok(agent);
  // The fleet file refuses some of these values with their place; what it takes is no matter here.
  const command = ['/bin/sh', '-c', WITNESS, 'witness', ...given.arguments];
  const hostile = { ...agent, command, env: { ...given.env, WITNESS: place } };
  const { text } = renderAgent(fleet, hostile, {
    places: placesOf('test', { home: world.home, env: {} }),
    supervisor: 'none',
    templates: { holder: '', agent: '', wake: '' },
    programs: { tmux: 'tmux', systemctl: 'systemctl', touch: '/usr/bin/touch' },
    path: '',
    secrets: new Map(),
    workplaces: new Map([[name, folder]]),
    definitions: new Map(),
    conversations: new Map(),
  });
  writeFileSync(`${place}/agent.tmux`, text);
  const { code, stderr } = await world.tmux('source-file', `${place}/agent.tmux`);
  assert.equal(code, 0, stderr);
  await world.until(`${name} has told`, () => existsSync(`${place}/done`));
  const read = (file: string): string => readFileSync(`${place}/${file}`, 'utf8');
  const pairs = read('environment').split('\0').slice(0, -1);
  const seen = {
    arguments: read('arguments').split('\0').slice(0, -1),
    environment: new Map(pairs.map((pair) => [pair.replace(/=[^]*/, ''), pair.replace(/^[^=]*=/, '')])),
    folder: read('folder'),
  };
  await world.tmux('kill-session', '-t', `=${name}`);
  rmSync(place, { recursive: true });
  return seen;
}

async function arrives(world: World, values: readonly string[]): Promise<void> {
  const env = Object.fromEntries(values.map((value, index) => [`V${index}`, value]));
  const seen = await witness(world, { arguments: [...values], env });
  assert.deepEqual(seen.arguments, values, 'as arguments');
  const told = values.map((_, index) => seen.environment.get(`V${index}`));
  assert.deepEqual(told, values, 'as variables');
}

const NASTY = [
  '',
  ' ',
  "'",
  '"',
  '\\',
  'ends in a backslash\\',
  'it\'s "quoted"',
  '\n',
  '\n\n  # no comment',
  'one\n   two\n\t# three\n#four',
  '\r\n',
  '\t',
  '#',
  '##',
  '#{session_name}',
  '#(touch hacked)',
  '#[fg=red]',
  '##[x] ###[y] #[',
  '%',
  '%%n %i %h',
  '$HOME',
  '$(touch hacked)',
  '`touch hacked`',
  '~',
  ';',
  '\\;',
  ' ; kill-server',
  '{',
  '}',
  '{ kill-server }',
  '-x',
  '--',
  '*?[a]',
  '\u001b[31mred\u001b]0;title\u0007',
  '\u0001\u007f\u0080\u009f',
  'Zoë → 日本語 👩‍💻',
  '\ufeff\u2028\u202e',
  '$a ${b} \\$c',
  '"\\n"',
  '=a:',
  '@1 $1 %1',
];

const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'\'"\\\n\r\t #{}$;%~`()[]*=-@a0'.split('')), maxLength: 30 }),
  fc.array(fc.constantFrom(...NASTY), { maxLength: 4 }).map((parts) => parts.join('')),
);

inWorld('every value arrives byte for byte through the real tmux', 'none', async (world) => {
  await world.tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'holder', 'sleep 1000');
  await arrives(world, NASTY);
  await arrives(world, [`${'0123456789'.repeat(10_000)}#{x}\n'`]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        value.map((text) => text.replaceAll('\0', '')),
        { minLength: 1, maxLength: 60, size: 'max' },
      ),
      (values) => arrives(world, values),
    ),
    { seed: 20_260_102, numRuns: 25 },
  );
  assert.equal(existsSync(`${world.cwd}/hacked`), false, 'nothing ran');
});

inWorld('every folder is where its agent works', 'none', async (world) => {
  await world.tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'holder', 'sleep 1000');
  const names = NASTY.filter((name) => name.trim() !== '' && !name.includes('/'));
  for (const name of names) {
    const folder = world.path('places', `x${name}`);
    const seen = await witness(world, { arguments: [], folder });
    assert.equal(seen.folder, folder);
  }
  assert.equal(existsSync(`${world.cwd}/hacked`), false, 'nothing ran');
});
