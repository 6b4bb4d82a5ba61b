/** An example that ships with mosaic made into a fleet file of one's own: the text stays, comments included. */

export interface ProfileValues {
  name: string;
  /** Runs the agents where the example says `claude`. */
  runtime: string;
  /** The repository that they work on, in place of the example's: a path as the file takes it. */
  repository?: { path: string; branch: string };
}

/** The folder that examples work on, for a person to put their own in its place. */
export const EXAMPLE_REPOSITORY = '~/src/app';

/**
 * @param text of an example, whose name and socket stand on lines of their own
 * @throws {Error} where the example has no such line: it does not fit this function
 */
export function fillProfile(text: string, { name, runtime, repository }: ProfileValues): string {
  const named = replaced(
    replaced(text, /^name: .*$/m, `name: ${name}`),
    /^( +socket_name: ).*$/m,
    `$1mosaic-${name}`,
  )
    // Beside the example itself there is a schema; beside the new file there is none.
    .replace(/^# yaml-language-server: .*\n#\n/, '')
    .replace(/^( +(?:- )?runtime: )claude$/gm, `$1${runtime}`);
  if (repository === undefined) return named;
  return named
    .replaceAll(EXAMPLE_REPOSITORY, () => repository.path)
    .replaceAll(/\bbase: main\b/g, () => `base: ${JSON.stringify(repository.branch)}`)
    .replace('made from main when', () => `made from ${repository.branch} when`);
}

function replaced(text: string, line: RegExp, by: string): string {
  if (!line.test(text)) throw new Error(`the example has no line ${line.source}`);
  return text.replace(line, by);
}

/** A fleet's name of any text, such as that of a folder: lower case, digits, single dashes, 32 at most; undefined of nothing of use. */
export function fleetNameOf(text: string): string | undefined {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+/g, '')
    .slice(0, 32)
    .replaceAll(/-+$/g, '');
  return name === '' ? undefined : name;
}
