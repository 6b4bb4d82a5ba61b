import type { Problem } from '../model/problem.ts';
import { formatPath, type Path, type Places } from './places.ts';

/** What of a document's places the checks need. */
export type FoundPlaces = Pick<Places, 'key' | 'value' | 'has'>;

/** Collects what the checks find, with its place in the text. */
export class Findings {
  readonly problems: Problem[] = [];
  readonly #places: FoundPlaces;
  readonly #broken: ReadonlySet<string>;

  /** @param broken paths that the schema's check took out */
  constructor(places: FoundPlaces, broken: ReadonlySet<string>) {
    this.#places = places;
    this.#broken = broken;
  }

  add(
    path: Path,
    message: string,
    more: { fix?: string; onKey?: boolean; related?: { message: string; path: Path; onKey?: boolean } } = {},
  ): void {
    const range = more.onKey === true ? this.#places.key(path) : this.#places.value(path);
    this.problems.push({
      message,
      ...(more.fix !== undefined && { fix: more.fix }),
      path: formatPath(path),
      range,
      ...(more.related && {
        related: {
          message: more.related.message,
          range:
            more.related.onKey === true
              ? this.#places.key(more.related.path)
              : this.#places.value(more.related.path),
        },
      }),
    });
  }

  /** The first path that is in the text; the last one when none is. */
  written(...paths: [Path, ...Path[]]): Path {
    return paths.find((path) => this.#places.has(path)) ?? paths.at(-1) ?? [];
  }

  /** Whether the value at a path was refused already. */
  wasRefused(path: Path): boolean {
    return this.#broken.has(formatPath(path));
  }

  /** Whether any value under a path and with this last key was refused already. */
  anyRefused(first: string, last: string): boolean {
    return [...this.#broken].some(
      (path) => path.startsWith(`${first}[`) && (path.endsWith(`].${last}`) || path.endsWith(']')),
    );
  }
}
