// Runs the tests under test/ with node:test, or only those under test/ARG (a folder or a file) for each ARG.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const wanted = process.argv.slice(2).map((arg) => join('test', arg));

function testFiles(path) {
  if (!existsSync(join(root, path))) return [];
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path), { withFileTypes: true })
    .flatMap((entry) => {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) return testFiles(inner);
      return entry.name.endsWith('.test.ts') ? [inner] : [];
    })
    .sort();
}

const places = wanted.length > 0 ? wanted : ['test'];
const empty = places.filter((place) => testFiles(place).length === 0);
if (empty.length > 0) {
  process.stderr.write(`no test files under ${empty.join(', ')}\n`);
  process.exit(1);
}
const files = [...new Set(places.flatMap(testFiles))];
// Each e2e test is many processes already: more files at once than processors would only make them wait for each other.
const concurrency = Math.max(2, Math.min(4, availableParallelism()));
const result = spawnSync(
  process.execPath,
  ['--import', 'tsx', '--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`, ...files],
  { cwd: root, stdio: 'inherit' },
);
if (result.error) throw result.error;
process.exit(result.status ?? 1);
