/** A mission in a real git repository of a world, and the built `mosaic coord` on it. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as validators from '../../src/generated/validators.js';
import type { MissionFile, MissionLock } from '../../src/model/mission.ts';
import type { CommandResult, RunOptions } from '../support/command.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

export interface Scene {
  world: World;
  /** The project's folder: a clone with a remote, on `main`. */
  project: string;
  /** Runs `mosaic coord ARGS` in the project; its exit code must be the one given. */
  coord(args: readonly string[], code?: number, options?: RunOptions): Promise<CommandResult>;
  /** The same with --json: what it printed, checked against its schema. */
  json(args: readonly string[], code?: number, options?: RunOptions): Promise<Record<string, unknown>>;
  /** An absolute path below the project. */
  path(...parts: string[]): string;
  read(...parts: string[]): string;
  write(path: string, text: string): string;
  /** Writes an executable shell script beside the project. */
  script(name: string, body: string): string;
  record(): MissionFile;
  lock(): MissionLock | undefined;
  /** `coord init`, committed, with these rows as the tasks. */
  init(rows?: readonly string[], args?: readonly string[]): Promise<void>;
  /** Every file of the project but git's own, by path: to tell whether anything was written. */
  picture(): Record<string, string>;
}

/** The built command. */
export const mosaicFile = fileURLToPath(new URL('../../dist/mosaic.js', import.meta.url));

export const TASKS = [
  '| T-1 | not-started | M1 | Make the tables | | |',
  '| T-2 | not-started | M1 | Fill them | | |',
  '| T-3 | not-started | M2 | An endpoint | | |',
];

export function inProject(name: string, body: (scene: Scene) => Promise<void>): void {
  inWorld(name, 'none', async (world) => body(await sceneOf(world)));
}

async function sceneOf(world: World): Promise<Scene> {
  const project = await world.makeRepository('shop');
  const path = (...parts: string[]): string => join(project, ...parts);
  const read = (...parts: string[]): string => readFileSync(path(...parts), 'utf8');
  const scene: Scene = {
    world,
    project,
    path,
    read,
    async coord(args, code = 0, options = {}) {
      const result = await world.mosaic(['coord', ...args], { cwd: project, ...options });
      assert.equal(result.code, code, `coord ${args.join(' ')}\n${result.stdout}${result.stderr}`);
      return result;
    },
    async json(args, code = 0, options = {}) {
      const { stdout } = await scene.coord([...withJson(args)], code, options);
      const data = JSON.parse(stdout) as Record<string, unknown>;
      const name = `coord${(args[0] ?? '').replace(/^./, (letter) => letter.toUpperCase())}`;
      const valid = (validators as Record<string, ((data: unknown) => boolean) & { errors?: unknown }>)[name];
      assert.ok(valid, name);
      assert.ok(valid(data), `${JSON.stringify(valid.errors)}\n${stdout}`);
      return data;
    },
    write(file, text) {
      const at = path(file);
      mkdirSync(dirname(at), { recursive: true });
      writeFileSync(at, text);
      return at;
    },
    script(name, body) {
      const file = world.path(name);
      writeFileSync(file, `#!/bin/sh\n${body}\n`);
      chmodSync(file, 0o755);
      return file;
    },
    record: () => JSON.parse(read('.mosaic/orchestrator/mission.json')) as MissionFile,
    lock: () =>
      existsSync(path('.mosaic/orchestrator/session.lock'))
        ? (JSON.parse(read('.mosaic/orchestrator/session.lock')) as MissionLock)
        : undefined,
    async init(rows = TASKS, args = []) {
      const milestones = ['--milestones', 'Schema, API'];
      await scene.coord(['init', '--name', 'Checkout v2', ...milestones, ...args]);
      scene.write('docs/TASKS.md', `${read('docs/TASKS.md')}${rows.map((row) => `${row}\n`).join('')}`);
      await world.git(project, 'add', '.');
      await world.git(project, 'commit', '--quiet', '--message', 'A mission');
      await world.git(project, 'push', '--quiet');
    },
    picture() {
      const found: Record<string, string> = {};
      for (const name of readdirSync(project, { recursive: true, encoding: 'utf8' }).sort()) {
        if (name === '.git' || name.startsWith('.git/') || name.endsWith('/.guard')) continue;
        const stat = statSync(path(name));
        found[name] = stat.isFile() ? readFileSync(path(name), 'utf8') : 'folder';
      }
      return found;
    },
  };
  return scene;
}

/** Before what follows `--`, which is the program's. */
function withJson(args: readonly string[]): string[] {
  const at = args.indexOf('--');
  return at < 0 ? [...args, '--json'] : [...args.slice(0, at), '--json', ...args.slice(at)];
}

export const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** As /proc tells (proc(5), field 22). */
export const startTime = (pid: number): number =>
  Number(
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19],
  );

/** Has sess-001, that was begun ten minutes ago on T-1, with this lock. */
export function begun(scene: Scene, lock: Partial<MissionLock>): void {
  const started = new Date(Date.now() - 600_000).toISOString();
  const record = scene.record();
  const session = { session_id: 'sess-001', runtime: 'claude', pid: lock.pid ?? 0, started_at: started };
  record.sessions = [{ ...session, ended_at: '', ended_reason: '', milestone_id: 'M1', last_task_id: 'T-1' }];
  scene.write('.mosaic/orchestrator/mission.json', JSON.stringify(record));
  const place = { project_path: scene.project, milestone_id: 'M1' };
  const whole = { session_id: 'sess-001', runtime: 'claude', pid: 0, started_at: started, ...place, ...lock };
  scene.write('.mosaic/orchestrator/session.lock', JSON.stringify(whole));
}
