import assert from 'node:assert/strict';
import { appendFileSync, cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandResult } from '../support/command.ts';
import { forSupervisors, inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

forSupervisors('the package works from an empty folder', async (world) => {
  const { folder, mosaic } = await install(world);
  assert.match(await ok(mosaic('--version')), /^\d+\.\d+\.\d+\n$/);
  const fleet = join(folder, 'node_modules/mosaic/fleet.yaml');
  await ok(mosaic('validate', fleet));
  const supervised = join(folder, 'fleet.yaml');
  cpSync(fleet, supervised);
  appendFileSync(supervised, `supervisor: ${world.supervisor}\n`);
  assert.match(await ok(mosaic('apply', '--dry-run')), /^Plan: 3 to start\b/m);
  assert.deepEqual(await world.sessions(), []);
});

inWorld('unit files come from the templates of the package', 'systemd', async (world) => {
  const { folder, mosaic } = await install(world);
  world.writeFleet({ agents: [{ name: 'one', runtime: 'shell' }] });
  const template = join(folder, 'node_modules/mosaic/units/mosaic-agent@.service');
  appendFileSync(template, '# added to the template\n');
  assert.match(
    await ok(mosaic('apply', '--dry-run', '--file', world.fleetFile)),
    /^\s*\+# added to the template$/m,
  );
});

inWorld('what the package holds is what it needs', 'none', async (world) => {
  const { folder, packed } = await install(world);
  const inside = join(folder, 'node_modules/mosaic');
  const needed = [
    'dist/mosaic.js',
    'units/mosaic-tmux-holder.service',
    'schemas/fleet.schema.json',
    'guides/mission-protocol.md',
    'skills/mosaic-tools/SKILL.md',
    'fleet.yaml',
  ];
  for (const file of [
    ...needed,
    'examples/minimal.fleet.yaml',
    'README.md',
    'ARCHITECTURE.md',
    'CHANGELOG.md',
  ]) {
    assert.ok(existsSync(join(inside, file)), `${file} is missing`);
  }
  const foreign = packed.filter((path) => /^(src|test|bench|scripts|\.ci|node_modules)\//.test(path));
  assert.deepEqual(foreign, []);
  assert.equal(existsSync(join(folder, 'node_modules/.package-lock.json')), true);
  const { stdout } = await world.run('npm', ['ls', '--all', '--parseable'], { cwd: folder });
  assert.deepEqual(stdout.trim().split('\n').slice(1), [inside], 'it needs nothing else at run time');
});

/** Packs the built package and installs the tarball, without any network, into an empty folder of the world. */
async function install(world: World): Promise<{
  folder: string;
  packed: string[];
  mosaic: (...args: string[]) => Promise<CommandResult>;
}> {
  const folder = world.path('elsewhere');
  mkdirSync(folder);
  // Building is left out: the tests run what was built for them, and it must not change under the others.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', world.folder];
  const [tarball] = JSON.parse(await ok(world.run('npm', pack, { cwd: root }))) as [
    { filename: string; files: { path: string }[] },
  ];
  const quietly = ['--offline', '--no-audit', '--no-fund'];
  await ok(world.run('npm', ['install', ...quietly, world.path(tarball.filename)], { cwd: folder }));
  return {
    folder,
    packed: tarball.files.map(({ path }) => path),
    mosaic: (...args) => world.run('npx', ['--offline', '--no', 'mosaic', ...args], { cwd: folder }),
  };
}

async function ok(running: Promise<CommandResult>): Promise<string> {
  const { code, stdout, stderr } = await running;
  assert.equal(code, 0, `${stdout}${stderr}`);
  return stdout;
}
