// Drives the real claude, codex and pi through mosaic against a stand-in for their models' APIs. Installs them from npm, under
// MOSAIC_RUNTIMES_DIR where that is set, so that the next run finds them there; else in a folder that is removed again.
// Arguments: the runtimes to try; none is all.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const homes = readFileSync(join(root, 'test/runtimes/homes.ts'), 'utf8');
const packages = [...homes.matchAll(/^ {2}(\w+): '((?:@[\w-]+\/)?[\w-]+)@([\d.]+)',$/gm)];
const asked = process.argv.slice(2);
const wanted = packages.filter(([, name]) => asked.length === 0 || asked.includes(name));
if (wanted.length === 0 || asked.length > wanted.length) {
  process.stderr.write(`runtimes: ${packages.map(([, name]) => name).join(', ')}\n`);
  process.exit(64);
}

const kept = process.env['MOSAIC_RUNTIMES_DIR'];
const folder = kept ? resolve(kept) : mkdtempSync(join(tmpdir(), 'mosaic-runtimes-'));
const run = (file, args, options = {}) => {
  const result = spawnSync(file, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) throw result.error;
  return result.status ?? 1;
};

function install(name, pack, version) {
  const place = join(folder, name);
  const manifest = join(place, 'node_modules', pack, 'package.json');
  const isThere = existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version;
  if (!isThere) {
    mkdirSync(place, { recursive: true });
    process.stderr.write(`installing ${pack}@${version}\n`);
    const status = run('npm', [
      'install',
      '--no-audit',
      '--no-fund',
      '--prefix',
      place,
      `${pack}@${version}`,
    ]);
    if (status !== 0) throw new Error(`npm could not install ${pack}@${version}`);
  }
  // mosaic leaves npm's own folders out of the PATH of agents.
  const bin = join(place, 'bin');
  mkdirSync(bin, { recursive: true });
  rmSync(join(bin, name), { force: true });
  symlinkSync(join(place, 'node_modules/.bin', name), join(bin, name));
  return bin;
}

try {
  const bins = wanted.map(([, name, pack, version]) => install(name, pack, version));
  const env = { ...process.env, PATH: [...bins, process.env['PATH']].join(delimiter) };
  const args = ['--import', 'tsx', 'test/runtimes/e2e/main.ts', ...wanted.map(([, name]) => name)];
  process.exitCode = run('npm', ['run', '-s', 'build']) || run(process.execPath, args, { env });
} finally {
  if (!kept) rmSync(folder, { recursive: true, force: true });
}
