/** Drives the real programs through mosaic, and prints a table of what was seen. Arguments: runtimes; none is all. */
import { spawnSync } from 'node:child_process';
import { packages, runtimeNames, type RuntimeName } from '../homes.ts';
import { checks } from './checks.ts';
import { openScene, type Scene } from './scene.ts';

const asked = process.argv.slice(2);
const wanted = runtimeNames.filter((name) => asked.length === 0 || asked.includes(name));
const only = process.env['MOSAIC_E2E_ONLY'];

interface Row {
  runtime: string;
  supervisor: string;
  check: string;
  outcome: string;
}

const rows: Row[] = [];
/** pi tells its version on standard error. */
function versionOf(runtime: RuntimeName): string {
  const { stdout, stderr, error } = spawnSync(runtime, ['--version'], { encoding: 'utf8' });
  if (error) throw error;
  return /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? '?';
}

for (const runtime of wanted) {
  const version = versionOf(runtime);
  const made = packages[runtime].split('@').at(-1);
  if (version !== made) process.stderr.write(`${runtime} is ${version}; its patterns were made on ${made}\n`);
  for (const supervisor of ['none', 'systemd'] as const) {
    let scene: Scene | undefined;
    let kind = '';
    let applied = { code: 0 as number | null, stdout: '', stderr: '' };
    for (const check of checks) {
      if (!check.supervisors.includes(supervisor)) continue;
      if (only !== undefined && !check.name.includes(only)) continue;
      const wish = JSON.stringify(check.scene);
      if (scene === undefined || wish !== kind) {
        await scene?.close();
        scene = await openScene({ runtime, supervisor, ...check.scene });
        kind = wish;
        applied = await scene.apply();
      }
      const began = Date.now();
      let outcome: string;
      try {
        if (applied.code !== 0) throw new Error(`apply: ${applied.code}\n${applied.stdout}${applied.stderr}`);
        const cannot = await check.run(scene);
        outcome = cannot === undefined ? 'ok' : `cannot: ${cannot}`;
      } catch (error) {
        outcome = 'FAILED';
        const why = error instanceof Error ? error.message : String(error);
        process.stderr.write(`${runtime} ${version}, ${supervisor}, ${check.name}: ${why}\n`);
        process.stderr.write(
          `kept in ${await scene.opened.save(`runtimes ${runtime} ${supervisor} ${check.name}`)}\n`,
        );
        await scene.close();
        scene = undefined;
      }
      rows.push({ runtime: `${runtime} ${version}`, supervisor, check: check.name, outcome });
      process.stderr.write(`${runtime} ${supervisor} ${check.name}: ${outcome} (${Date.now() - began} ms)\n`);
    }
    await scene?.close();
  }
}

const width = (key: keyof Row): number => Math.max(...rows.map((row) => row[key].length));
for (const row of rows)
  process.stdout.write(
    `${row.runtime.padEnd(width('runtime'))}  ${row.supervisor.padEnd(width('supervisor'))}  ${row.check.padEnd(width('check'))}  ${row.outcome}\n`,
  );
process.exitCode = rows.length === 0 || rows.some(({ outcome }) => outcome === 'FAILED') ? 1 : 0;
