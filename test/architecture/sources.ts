import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../../src/', import.meta.url));

/** Source files by path below src/, such as `plan/rules.ts`. What is generated is not ours to judge. */
export type Sources = Map<string, string>;

export function readSources(): Sources {
  const paths = readdirSync(src, { recursive: true, encoding: 'utf8' });
  const wanted = paths.filter((path) => path.endsWith('.ts') && !path.startsWith('generated/')).sort();
  return new Map(wanted.map((path) => [path, readFileSync(join(src, path), 'utf8')]));
}

export interface Import {
  /** As written: './x.ts', 'node:fs'. */
  specifier: string;
  /** The path below src/ that a relative one leads to. */
  file?: string;
  /** Erased before anything runs. */
  typeOnly: boolean;
}

const importing = [
  // import … from 'x', export … from 'x'; the names may run over several lines, but never over a string or a semicolon.
  /^\s*(?:import|export)\s+(?<type>type\s)?[^'";]*?\bfrom\s*['"](?<specifier>[^'"]+)['"]/gm,
  /^\s*import\s*['"](?<specifier>[^'"]+)['"]/gm,
  /\bimport\(\s*['"](?<specifier>[^'"]+)['"]\s*\)/g,
  /\brequire\(\s*['"](?<specifier>[^'"]+)['"]\s*\)/g,
];

/** Everything that a file imports, statically or not, without a parser: comments are left out first. */
export function importsOf(path: string, text: string): Import[] {
  const code = withoutComments(text);
  return importing.flatMap((pattern) =>
    [...code.matchAll(pattern)].map(({ groups = {} }) => {
      const specifier = groups['specifier'] ?? '';
      const typeOnly = groups['type'] !== undefined;
      if (!specifier.startsWith('.')) return { specifier, typeOnly };
      return { specifier, typeOnly, file: join(path, '..', specifier) };
    }),
  );
}

/** The same text with comments and the contents of plain strings blanked out, for looking at what the code does. */
export const codeOf = (text: string): string =>
  withoutComments(text).replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");

/** Strings are matched first, so that `'https://…'` does not begin a comment. */
function withoutComments(text: string): string {
  const stringsAndComments =
    /('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/.*$/gm;
  return text.replace(stringsAndComments, (comment: string, string?: string) =>
    string === undefined ? comment.replace(/[^\n]/g, ' ') : string,
  );
}
