import { builtinModules } from 'node:module';
import { codeOf, importsOf, type Sources } from './sources.ts';

/** Top to bottom: a folder imports from those below it. Folders of one line do not know each other. */
export const layers: readonly (readonly string[])[] = [
  ['cli'],
  ['commands'],
  ['report'],
  ['apply'],
  ['runs'],
  ['transport'],
  ['doctor'],
  ['worktrees', 'coord', 'gitops'],
  ['observe'],
  ['host'],
  ['plan'],
  ['mission', 'message', 'launch', 'formula'],
  ['record'],
  ['render'],
  ['fleet'],
  ['model'],
  ['base'],
  ['generated'],
];

/** No clock, no chance, no machine: what these give depends on what they take alone. */
const pure = new Set([
  'plan',
  'mission',
  'message',
  'launch',
  'formula',
  'record',
  'render',
  'fleet',
  'model',
  'base',
]);

/** Builtin modules that only compute. `node:path` has a `resolve` that reads the working directory: see below. */
const computing = new Set([
  'node:path',
  'node:util',
  'node:crypto',
  'node:buffer',
  'node:string_decoder',
  'node:url',
]);

/** Packages that act on the machine, or wait. */
const acting = new Set(['execa', 'p-retry', 'pino', 'commander']);
const allowedPackages: Record<string, readonly string[]> = {
  host: ['execa', 'pino'],
  apply: ['p-retry'],
  formula: ['toml-eslint-parser'],
  gitops: ['p-retry'],
  cli: ['commander'],
  commands: ['commander'],
};

const maxLines = 400;

/** Every violation, as `file: what is wrong`, sorted. */
export function violations(sources: Sources): string[] {
  const checks = [wrongImports, wrongTransport, wrongDoings, tooLong];
  const found = [...sources].flatMap(([path, text]) => checks.flatMap((check) => check(path, text)));
  return [...found, ...circles(sources)].sort();
}

const folderOf = (path: string): string => path.split('/', 1)[0] ?? '';

const levelOf = (folder: string): number => layers.findIndex((layer) => layer.includes(folder));

function wrongImports(path: string, text: string): string[] {
  const folder = folderOf(path);
  const level = levelOf(folder);
  if (level < 0) return [`${path}: the folder ${folder} has no place in the order`];
  return importsOf(path, text).flatMap(({ specifier, file, typeOnly }) => {
    // A schema is data, and bundled.
    if (file?.startsWith('../schemas/') === true) return [];
    if (file !== undefined) {
      const target = folderOf(file);
      if (target === folder || levelOf(target) > level) return [];
      return [`${path}: ${folder} may not import from ${target} (${specifier})`];
    }
    if (typeOnly || mayImport(folder, specifier)) return [];
    return [`${path}: ${folder} may not import ${specifier}`];
  });
}

/** What stands on the way to agents knows only that it is one: neither tmux nor ssh. */
const onTransport =
  /^(?:cli\/|report\/|commands\/(?:agent|coord|launch))\/|^message\/|^transport\/(?!open\.ts)[^/]+$/;
const carriers = /^(?:transport\/(?:tmux|ssh)\/|observe\/(?:tmux|pane)|apply\/tmux)/;

function wrongTransport(path: string, text: string): string[] {
  if (!onTransport.test(path)) return [];
  return importsOf(path, text).flatMap(({ specifier, file }) =>
    file !== undefined && carriers.test(file)
      ? [`${path}: may not know what carries messages (${specifier})`]
      : [],
  );
}

function mayImport(folder: string, specifier: string): boolean {
  if (builtinModules.includes(specifier)) return false;
  if (specifier.startsWith('node:')) return computing.has(specifier) || folder === 'host';
  return !acting.has(specifier) || (allowedPackages[folder] ?? []).includes(specifier);
}

interface Doing {
  what: string;
  pattern: RegExp;
  allowed: (folder: string) => boolean;
}

const only =
  (...folders: string[]) =>
  (folder: string): boolean =>
    folders.includes(folder);

const doings: readonly Doing[] = [
  { what: 'process', pattern: /(?<![.\w$])process\s*[.[?]|\bglobalThis\b/, allowed: only('cli', 'host') },
  { what: 'process.exit', pattern: /\bprocess\s*\.\s*(?:exit\b|exitCode\s*=|abort\b)/, allowed: only('cli') },
  {
    what: 'printing',
    pattern: /(?<![.\w$])console\s*[.[]|\bprocess\s*\.\s*std(?:out|err)\b/,
    allowed: only('cli', 'report'),
  },
  {
    what: 'the clock',
    pattern:
      /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )\bDate\(|(?<![.\w$])performance\s*\.|\bsetTimeout\b|\bsetInterval\b/,
    allowed: (folder) => !pure.has(folder) && folder !== 'observe',
  },
  {
    what: 'chance',
    pattern: /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\brandomInt\b/,
    allowed: (folder) => !pure.has(folder) && folder !== 'observe',
  },
  {
    what: 'waiting',
    pattern: /(?<![.\w$])await\b|(?<![.\w$])async\b/,
    allowed: (folder) => !['plan', 'render', 'model', 'base'].includes(folder),
  },
];

/** `process` as a name of one's own (a loop's variable, a parameter) is nothing of the machine. */
const ownProcess = /\b(?:const|let)\s+process\b|\bconst\s*\{[^}]*\bprocess\b|[(,]\s*process\s*[,):]/;

function wrongDoings(path: string, text: string): string[] {
  const folder = folderOf(path);
  const code = codeOf(text).replace(ownProcess.test(text) ? /\bprocess\b/g : /$^/g, 'own');
  return doings.flatMap(({ what, pattern, allowed }) => {
    if (allowed(folder)) return [];
    return code.split('\n').flatMap((line, index) => {
      return pattern.test(line) ? [`${path}:${index + 1}: ${folder} may not use ${what}`] : [];
    });
  });
}

function tooLong(path: string, text: string): string[] {
  const lines = text.split('\n').length - 1;
  return lines > maxLines ? [`${path}: ${lines} lines, more than ${maxLines}`] : [];
}

/** Circles of files at run time: each once, named by all its files, beginning at the first by name. */
function circles(sources: Sources): string[] {
  const graph = new Map(
    [...sources].map(([path, text]) => [
      path,
      importsOf(path, text).flatMap(({ file, typeOnly }) => (typeOnly ? [] : (file ?? []))),
    ]),
  );
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): void => {
    const begin = trail.indexOf(path);
    if (begin >= 0) {
      found.add(nameCircle(trail.slice(begin)));
      return;
    }
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return [...found];
}

function nameCircle(files: string[]): string {
  const first = files.indexOf([...files].sort()[0] ?? '');
  const turned = [...files.slice(first), ...files.slice(0, first)];
  return `${turned[0]}: a circle: ${[...turned, turned[0]].join(' -> ')}`;
}
