/** On disk keys are snake_case, in the program camelCase. */

const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function mapKeys(value: unknown, rename: (key: string) => string, opaque: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => mapKeys(item, rename, opaque));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      rename(key),
      opaque.has(key) ? inner : mapKeys(inner, rename, opaque),
    ]),
  );
}

/** Keys of objects under a key in `opaque` are data and stay as they are. */
export const toSnake = (value: unknown, opaque: readonly string[] = []): unknown =>
  mapKeys(value, snake, new Set(opaque));

export const toCamel = (value: unknown, opaque: readonly string[] = []): unknown =>
  mapKeys(value, camel, new Set(opaque));
