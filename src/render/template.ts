/** Texts of `units/` with their `@NAME@` filled in. */
import { unitWord } from './quote.ts';

/** A name that has no value stays as it is. */
export const fillTemplate = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/@([A-Z_]+)@/g, (whole, name: string) => values[name] ?? whole);

/** The lines that give a unit its variables. @param path the PATH as a word of a unit: `stickyPath` */
export const environmentLines = (
  path: string,
  variables: readonly (readonly [name: string, value: string])[],
): string =>
  [path, ...variables.map(([name, value]) => unitWord(`${name}=${value}`))]
    .map((word) => `Environment=${word}`)
    .join('\n');
