/** Remembers the fleet that a text described, so that an unchanged file is neither parsed nor checked again. */
import { dirname, join } from 'node:path';
import { sha256 } from '../base/sha256.ts';
import type { Host } from '../host/host.ts';
import type { Fleet } from '../model/fleet.ts';
import { absoluteOr } from '../model/places.ts';
import type { Problem } from '../model/problem.ts';

/** Where the fleet of a file is remembered. */
export function cachePath(host: Host, file: string): string {
  const { env, home } = host.facts;
  const base = absoluteOr(env['XDG_CACHE_HOME'], join(home, '.cache'));
  return join(base, 'mosaic', `${sha256(file).slice(0, 16)}.json`);
}

export interface Remembered {
  value: Fleet;
  warnings: Problem[];
}

export interface FleetCache {
  read(): Remembered | undefined;
  /** Best effort: without it the next run is only slower. */
  write(loaded: Remembered): void;
}

/** @param input all that the result depends on beside the build */
export function fleetCache(
  host: Host,
  build: string,
  input: { file: string } & Record<string, unknown>,
): FleetCache {
  const path = cachePath(host, input.file);
  const key = sha256(JSON.stringify([build, input]));
  return {
    read() {
      try {
        const text = host.files.read(path);
        if (text === undefined) return undefined;
        const data = JSON.parse(text) as Remembered & { key: string };
        return data.key === key ? { value: data.value, warnings: data.warnings } : undefined;
      } catch {
        return undefined;
      }
    },
    write(loaded) {
      try {
        host.files.mkdir(dirname(path));
        host.files.write(path, JSON.stringify({ key, ...loaded }));
      } catch {
        // Nothing depends on it.
      }
    },
  };
}
