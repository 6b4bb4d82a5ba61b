/** Which of its skills pi is started with: each costs some of its context, so a person says which. */

/**
 * - default: those that are forced, and no other
 * - all: every skill of the folders below, then those that are forced
 * - discover: whatever pi finds by itself, and those forced ones that it would not
 */
export type PiSkillMode = 'default' | 'all' | 'discover';

export const piSkillModes: readonly PiSkillMode[] = ['default', 'all', 'discover'];

/** That of `MOSAIC_PI_SKILL_MODE`; undefined where it names none. */
export const piSkillMode = (text = ''): PiSkillMode | undefined =>
  text.trim() === '' ? 'default' : piSkillModes.find((mode) => mode === text.trim());

/** The skill that ships with mosaic. */
export const OWN_SKILL = 'mosaic-tools';

/** Names in `MOSAIC_PI_FORCE_SKILLS`, parted by colons; unset is not the same as empty. */
export const forcedSkills = (text: string | undefined): string[] =>
  text === undefined
    ? [OWN_SKILL]
    : text
        .split(':')
        .map((name) => name.trim())
        .filter((name) => name !== '');

/** A folder with a SKILL.md. */
export interface Skill {
  /** As it was come by, absolute. */
  folder: string;
  /** Its SKILL.md with every link resolved: the same one has the same. */
  real: string;
}

export interface PiSkills {
  mode: PiSkillMode;
  /** Those that are there, in the order of their names in the variable. */
  forced: readonly Skill[];
  /** For `all`: those of each folder, one folder after the other. */
  listed: readonly Skill[];
  /** For `discover`: those that pi comes by itself. */
  found: readonly Skill[];
}

/** pi's arguments. */
export function piSkillArguments({ mode, forced, listed, found }: PiSkills): string[] {
  const own = new Set(mode === 'discover' ? found.map(({ real }) => real) : []);
  const wanted = mode === 'all' ? [...listed, ...forced] : forced;
  const named = once(wanted).filter(({ real }) => !own.has(real));
  return [
    ...(mode === 'discover' ? [] : ['--no-skills']),
    ...named.flatMap(({ folder }) => ['--skill', folder]),
  ];
}

function once(skills: readonly Skill[]): Skill[] {
  const seen = new Set<string>();
  return skills.filter(({ real }) => !seen.has(real) && seen.add(real));
}

/** What pi takes for a command about its packages only as its very first word (0.73.1): such a run has no use for skills. */
const packageCommands = new Set(['install', 'remove', 'uninstall', 'update', 'list', 'config']);

export const isPackageCommand = ([first = '']: readonly string[]): boolean => packageCommands.has(first);
