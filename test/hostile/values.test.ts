/** Whatever stands in a fleet file arrives as it is, or is refused with its place; nothing of it is run. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { forSupervisors, inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { dumper, filesBelow, givenTo, hostileTexts, requireNothingRan } from './hostile.ts';

forSupervisors('arguments and variables arrive byte for byte', async (world) => {
  const texts = hostileTexts(world);
  const short = texts.filter((text) => text.length < 1000);
  const env = Object.fromEntries(texts.map((text, index) => [`V${index}`, text]));
  const secrets = Object.fromEntries(short.filter(fitsOneLine).map((text, index) => [`S${index}`, text]));
  const envFile = world.path('secret values.env');
  writeFileSync(envFile, Object.entries(secrets).map(secretLine).join(''), { mode: 0o600 });
  world.writeFleet({
    agents: [
      {
        name: 'one',
        working_directory: '/',
        runtime: 'shell',
        command: dumper(world, 'one', ...texts),
        env,
        env_file: envFile,
      },
      // A program without arguments is another case: tmux would give a single word to a shell.
      ...short.filter(isProgramName).map((text, index) => ({
        name: `absent${index}`,
        working_directory: '/',
        runtime: 'shell',
        restart: { policy: 'never' },
        command: [text],
      })),
    ],
  });
  // Those whose program is not there fail to start, and only those.
  const { code, stdout, stderr } = await world.mosaic(['apply']);
  assert.equal(code, 1, stdout + stderr);
  const given = await givenTo(world, 'one');
  assert.deepEqual(given.args, texts);
  for (const [name, value] of Object.entries({ ...env, ...secrets })) {
    assert.equal(given.env[name], value, name);
  }
  const plan = await world.mosaic(['plan']);
  for (const text of [plan.stdout, plan.stderr, stdout, stderr]) {
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\u2066]/);
  }
  requireNothingRan(world);
});

/** A name that a shell would not find, and that the fleet file takes. */
const isProgramName = (text: string): boolean =>
  text !== '' && !text.startsWith('-') && !/[\u0000-\u001f\u007f-\u009f]/.test(text);

const fitsOneLine = (text: string): boolean => !/[\r\n]/.test(text);

const secretLine = ([name, value]: [string, string]): string =>
  `${name}="${value.replace(/[\\"$]/g, '\\$&')}"\n`;

inWorld(
  'in every field that is no free text, a hostile value is refused at its place',
  'none',
  async (world) => {
    const fields = (value: string): string => {
      const v = JSON.stringify(value);
      return [
        'version: 1',
        `name: ${v}`,
        'tmux:',
        `  socket_name: ${v}`,
        `  holder_session: ${v}`,
        'systemd:',
        `  unit_prefix: ${v}`,
        'defaults:',
        `  restart: { window: ${v} }`,
        'agents:',
        `  - name: ${v}`,
        `    renamed_from: ${v}`,
        `    host: ${v}`,
        `    state: ${v}`,
        `    runtime: ${v}`,
        `    resources: { memory_max: ${v} }`,
        '',
      ].join('\n');
    };
    const before = filesBelow(world.home);
    // What JSON's escapes write, YAML reads back in double quotes.
    for (const value of refused(world)) {
      const text = fields(value);
      writeFileSync(world.fleetFile, text);
      const { code, stderr } = await world.mosaic(['apply']);
      assert.equal(code, 65, `${JSON.stringify(value)}: ${stderr}`);
      const places = new Set([...stderr.matchAll(/fleet\.yaml:(\d+):\d+/g)].map(([, line]) => Number(line)));
      const missing = text
        .split('\n')
        .flatMap((line, index) =>
          line.endsWith(JSON.stringify(value)) || /[:] .*\}$/.test(line) ? [index + 1] : [],
        )
        .filter((line) => !places.has(line));
      assert.deepEqual(missing, [], `${JSON.stringify(value)}: ${stderr}`);
      assert.doesNotMatch(stderr, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\u2066]/);
    }
    assert.deepEqual(filesBelow(world.home), before);
    requireNothingRan(world);
  },
);

/** Some of each kind; test/fleet/hostile.test.ts has every value in every field. */
const refused = (world: World): string[] => [
  ...hostileTexts(world).filter((text, index) => index % 5 === 0 && text.length < 1000),
  'a\0b',
  'a:b',
  '../x',
  'a\u001b]0;x\u0007b',
];

for (const value of ['default', '=a', 'a.b', 'a:b', '@1', '$1', '%1', '-x', '.', '..', '*']) {
  inWorld(`the tmux socket and an agent are not called ${value}`, 'none', async (world) => {
    writeFileSync(
      world.fleetFile,
      `version: 1\ntmux: { socket_name: ${JSON.stringify(value)} }\nagents:\n  - { name: ${JSON.stringify(value)}, runtime: shell }\n`,
    );
    const { code, stderr } = await world.mosaic(['apply']);
    assert.equal(code, 65);
    assert.match(stderr, /fleet\.yaml:2:\d+/);
    if (value !== 'default') assert.match(stderr, /fleet\.yaml:4:\d+/);
  });
}

forSupervisors('a kickstart arrives as one paste, without control characters', async (world) => {
  const text =
    'first\u001b[201~ line\r\n\tsecond \u0003\u0004line\u009b\u007f $(touch canary) #(touch canary) \u0000\n\n';
  const typed = 'first[201~ line\n\tsecond line $(touch canary) #(touch canary) ';
  const template = world.path('a template #{pid}.md');
  writeFileSync(template, text);
  const listener = (name: string): object => ({
    name,
    runtime: 'listener',
    working_directory: '/',
    command: [
      'sh',
      '-c',
      `stty raw -echo; printf '\\033[?2004hready> '; cat >"$0"`,
      world.path(`${name}.typed`),
    ],
  });
  world.writeFleet({
    runtimes: { listener: { command: ['cat'], ready: '^ready>' } },
    agents: [
      { ...listener('one'), kickstart: text.replaceAll('\u0000', '') },
      { ...listener('two'), kickstart_template: template },
    ],
  });
  const { code, stdout, stderr } = await world.mosaic(['apply']);
  assert.equal(code, 0, stdout + stderr);
  for (const name of ['one', 'two']) {
    await world.until(`${name} got it`, () => {
      const file = world.path(`${name}.typed`);
      return existsSync(file) && readFileSync(file, 'utf8').endsWith('\r');
    });
    assert.equal(readFileSync(world.path(`${name}.typed`), 'utf8'), `\u001b[200~${typed}\u001b[201~\r`);
  }
  const again = await world.mosaic(['apply']);
  assert.match(again.stdout, /Nothing to do|up to date|in sync/i);
  requireNothingRan(world);
});
