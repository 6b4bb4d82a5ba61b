/** Looks for the skills that pi is to be started with. */
import { dirname, join, resolve } from 'node:path';
import { quoted } from '../../base/text.ts';
import type { Files, Host } from '../../host/host.ts';
import { packagePath } from '../../host/package.ts';
import {
  forcedSkills,
  OWN_SKILL,
  piSkillArguments,
  piSkillMode,
  piSkillModes,
  type Skill,
} from '../../launch/pi-skills.ts';
import { repositoryAround } from '../../observe/project.ts';
import { CommandError, EXIT } from '../command-error.ts';

const MODE = 'MOSAIC_PI_SKILL_MODE';
const FORCED = 'MOSAIC_PI_FORCE_SKILLS';

/** pi's arguments about skills, as the environment wants them. Throws CommandError for a mode that is none. */
export function piSkills(host: Host): string[] {
  const { env, home, cwd } = host.facts;
  const { files } = host;
  const mode = piSkillMode(env[MODE]);
  if (mode === undefined) {
    throw new CommandError(`${MODE} is ${quoted(env[MODE] ?? '')}, and there is no such mode`, EXIT.usage, {
      fix: `Set it to one of ${piSkillModes.join(', ')}, or unset it.`,
    });
  }
  const ours = resolve(cwd, env['MOSAIC_HOME'] || join(home, '.config/mosaic'));
  const lists = [
    join(ours, 'skills'),
    join(ours, 'skills-local'),
    join(home, '.pi/agent/skills'),
    join(cwd, '.pi/skills'),
  ];
  const forced = forcedSkills(env[FORCED]).flatMap((name) => forcedSkill(files, join(ours, 'skills'), name));
  return piSkillArguments({
    mode,
    forced,
    listed: mode === 'all' ? lists.flatMap((folder) => skillsIn(files, folder)) : [],
    found: mode === 'discover' ? foldersOfPi(host).flatMap((folder) => skillsIn(files, folder)) : [],
  });
}

/** Where nothing of the name of our own skill is there, nobody has put another in its place: it is the one that ships with mosaic. */
function forcedSkill(files: Files, folder: string, name: string): Skill[] {
  const own = join(folder, name);
  const shipped = name === OWN_SKILL && quietly(() => files.stat(own) === undefined, false);
  return skillAt(files, shipped ? packagePath(join('skills', name)) : own);
}

function skillAt(files: Files, folder: string): Skill[] {
  const file = join(folder, 'SKILL.md');
  const real = quietly(
    () => (files.target(file)?.kind === 'file' ? files.realpath(file) : undefined),
    undefined,
  );
  return real === undefined ? [] : [{ folder, real }];
}

/**
 * Those of a folder by name, as pi looks for them: in folders within folders too, but not within a skill, nor where a name begins with a
 * dot. Links are followed, each folder once.
 */
function skillsIn(files: Files, folder: string, above: readonly string[] = []): Skill[] {
  const real = quietly(() => files.realpath(folder), undefined);
  if (real === undefined || above.includes(real)) return [];
  const names = quietly(() => files.list(folder), []).filter(
    (name) => !name.startsWith('.') && name !== 'node_modules',
  );
  return names.flatMap((name) => {
    const at = join(folder, name);
    if (quietly(() => files.target(at)?.kind, undefined) !== 'folder') return [];
    const skill = skillAt(files, at);
    return skill.length > 0 ? skill : skillsIn(files, at, [...above, real]);
  });
}

/** Where pi 0.73.1 looks by itself; what its settings and packages add cannot be told from here. */
function foldersOfPi({ facts, files }: Host): string[] {
  const { env, home, cwd } = facts;
  const own = env['PI_CODING_AGENT_DIR'];
  const agent = own === undefined || own === '' ? join(home, '.pi/agent') : own.replace(/^~(?=\/|$)/, home);
  return [
    join(cwd, '.pi/skills'),
    ...upwards(cwd, repositoryAround(files, cwd)).map((folder) => join(folder, '.agents/skills')),
    join(resolve(cwd, agent), 'skills'),
    join(home, '.agents/skills'),
  ];
}

/** A folder and those above it, up to a top or the root. */
function upwards(folder: string, top: string | undefined): string[] {
  const parent = dirname(folder);
  return folder === top || parent === folder ? [folder] : [folder, ...upwards(parent, top)];
}

/** What cannot be read is passed over. */
function quietly<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
