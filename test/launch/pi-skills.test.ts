/** pi's skills: which arguments come of which folders and variables. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { forcedSkills, piSkillArguments, piSkillMode, type Skill } from '../../src/launch/pi-skills.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { benchOf, link, skill } from './scene.ts';

const shipped = fileURLToPath(new URL('../../skills/mosaic-tools', import.meta.url));

interface Folders {
  /** $MOSAIC_HOME/skills, skills-local, ~/.pi/agent/skills and ./.pi/skills. */
  mosaic: string;
  local: string;
  user: string;
  project: string;
  /** Elsewhere: nothing looks there. */
  apart: string;
}

/** Runs `mosaic yolo pi last` and asks for exactly these arguments before `last`. */
type Expect = (
  env: Record<string, string | undefined>,
  args: readonly string[],
  cwd?: string,
) => Promise<void>;

function inFolders(
  name: string,
  body: (folders: Folders, expect: Expect, world: World) => Promise<void>,
): void {
  inWorld(name, 'none', async (world) => {
    const bench = benchOf(world);
    bench.program('pi');
    const home = join(world.home, '.config/mosaic');
    const folders = {
      mosaic: join(home, 'skills'),
      local: join(home, 'skills-local'),
      user: join(world.home, '.pi/agent/skills'),
      project: join(world.cwd, '.pi/skills'),
      apart: world.path('apart'),
    };
    const expect: Expect = async (env, args, cwd = world.cwd) => {
      rmSync(world.path('pi.args'), { force: true });
      const { code, stderr } = await world.mosaic(['yolo', 'pi', 'last'], {
        env: { ...bench.env, ...env },
        cwd,
      });
      assert.deepEqual([code, stderr], [0, '']);
      assert.deepEqual(bench.args('pi'), [...args, 'last'], JSON.stringify(env));
    };
    await body(folders, expect, world);
  });
}

const all = { MOSAIC_PI_SKILL_MODE: 'all' };
const discover = { MOSAIC_PI_SKILL_MODE: 'discover' };
const of = (...folders: string[]): string[] => folders.flatMap((folder) => ['--skill', folder]);

inFolders('default: no skills but those that are forced', async (folders, expect) => {
  const tools = skill(folders.mosaic, 'mosaic-tools');
  const review = skill(folders.mosaic, 'review');
  skill(folders.user, 'other');
  mkdirSync(join(folders.mosaic, 'empty'));
  const cases: [string | undefined, string[]][] = [
    [undefined, of(tools)],
    ['', []],
    ['  ', []],
    [':', []],
    ['review', of(review)],
    [' review : mosaic-tools ', of(review, tools)],
    ['review:review::absent:empty:other', of(review)],
  ];
  for (const [names, args] of cases) {
    await expect({ MOSAIC_PI_FORCE_SKILLS: names }, ['--no-skills', ...args]);
    await expect({ MOSAIC_PI_FORCE_SKILLS: names, MOSAIC_PI_SKILL_MODE: 'default' }, [
      '--no-skills',
      ...args,
    ]);
    await expect({ MOSAIC_PI_FORCE_SKILLS: names, MOSAIC_PI_SKILL_MODE: '' }, ['--no-skills', ...args]);
  }
});

inFolders('MOSAIC_HOME is another folder', async (folders, expect) => {
  skill(folders.mosaic, 'mosaic-tools');
  const own = skill(folders.apart, 'skills/mosaic-tools');
  const local = skill(folders.apart, 'skills-local/mine');
  await expect({ MOSAIC_HOME: folders.apart }, ['--no-skills', ...of(own)]);
  await expect({ MOSAIC_HOME: folders.apart, ...all }, ['--no-skills', ...of(own, local)]);
  await expect({ MOSAIC_HOME: '../apart' }, ['--no-skills', ...of(own)]);
  await expect({ MOSAIC_HOME: '' }, ['--no-skills', ...of(join(folders.mosaic, 'mosaic-tools'))]);
});

inFolders('links are followed, and a skill by two paths counts once', async (folders, expect) => {
  const real = skill(folders.apart, 'real');
  const [b, c] = [link(real, folders.mosaic, 'b-link'), link(real, folders.mosaic, 'c-link')];
  link(join(folders.apart, 'nowhere'), folders.mosaic, 'broken');
  await expect({ MOSAIC_PI_FORCE_SKILLS: 'c-link:b-link:broken' }, ['--no-skills', ...of(c)]);
  await expect({ MOSAIC_PI_FORCE_SKILLS: 'b-link:c-link' }, ['--no-skills', ...of(b)]);
  // Only SKILL.md is a link: it is the same skill too.
  mkdirSync(join(folders.mosaic, 'a-file'));
  link(join(real, 'SKILL.md'), folders.mosaic, 'a-file/SKILL.md');
  const a = join(folders.mosaic, 'a-file');
  await expect({ MOSAIC_PI_FORCE_SKILLS: 'a-file:b-link' }, ['--no-skills', ...of(a)]);
  await expect({ MOSAIC_PI_FORCE_SKILLS: 'c-link', ...all }, ['--no-skills', ...of(a)]);
});

inFolders(
  'all: every skill of the four folders in their order, then the forced',
  async (folders, expect, world) => {
    const own = [skill(folders.mosaic, 'zeta'), skill(folders.mosaic, 'zz top')];
    const local = skill(folders.local, 'alpha');
    const user = skill(folders.user, 'beta');
    const project = skill(folders.project, 'gamma');
    // The same one again, by other paths.
    link(join(folders.mosaic, 'zeta'), folders.local, 'zeta-again');
    link(user, folders.project, 'aaa');
    // No skills.
    mkdirSync(join(folders.user, 'empty'));
    mkdirSync(join(folders.user, 'odd/SKILL.md'), { recursive: true });
    writeFileSync(join(folders.user, 'README.md'), 'text');
    skill(folders.user, '.hidden');
    skill(folders.user, 'node_modules/package');
    // Folders within folders, as pi looks; a circle ends somewhere.
    const deep = skill(folders.user, 'group/deep');
    skill(deep, 'inner');
    link(folders.user, folders.user, 'group/round');
    const listed = [...own, local, user, deep, project];
    await expect(all, ['--no-skills', ...of(...listed, shipped)]);
    await expect({ ...all, MOSAIC_PI_FORCE_SKILLS: '' }, ['--no-skills', ...of(...listed)]);
    await expect({ ...all, MOSAIC_PI_FORCE_SKILLS: 'zeta' }, ['--no-skills', ...of(...listed)]);
    // A folder that is none is passed over; so is one that is not there.
    rmSync(folders.local, { recursive: true });
    writeFileSync(folders.local, '');
    rmSync(folders.user, { recursive: true });
    link(folders.user, folders.user);
    // What the project's link leads to is gone with it.
    await expect({ ...all, MOSAIC_PI_FORCE_SKILLS: '' }, ['--no-skills', ...of(...own, project)]);
    // ./.pi/skills is that of the folder where it is run.
    mkdirSync(world.path('another'));
    await expect(
      { ...all, MOSAIC_PI_FORCE_SKILLS: '' },
      ['--no-skills', ...of(...own)],
      world.path('another'),
    );
  },
);

inFolders('discover: the forced ones that pi does not find by itself', async (folders, expect, world) => {
  const tools = skill(folders.mosaic, 'mosaic-tools');
  skill(folders.user, 'other');
  await expect(discover, of(tools));
  await expect({ ...discover, MOSAIC_PI_FORCE_SKILLS: '' }, []);
  const review = skill(folders.mosaic, 'review');
  const both = { ...discover, MOSAIC_PI_FORCE_SKILLS: 'mosaic-tools:review' };
  await expect(both, of(tools, review));
  // Each place where pi looks, by a link.
  const places = [
    join(folders.user, 'x'),
    join(folders.user, 'group/x'),
    join(folders.project, 'x'),
    join(world.home, '.agents/skills/x'),
    join(world.cwd, '.agents/skills/x'),
    world.path('.agents/skills/x'),
  ];
  for (const place of places) {
    link(tools, place);
    await expect(both, of(review));
    rmSync(place);
  }
  await expect(both, of(tools, review));
  // In a repository, pi looks no higher than its top; and where a variable says, it looks there.
  const repository = await world.makeRepository('shop');
  link(tools, world.path('.agents/skills/x'));
  await expect(both, of(tools, review), repository);
  link(tools, folders.apart, 'agent/skills/x');
  await expect({ ...both, PI_CODING_AGENT_DIR: join(folders.apart, 'agent') }, of(review), repository);
  // Another skill of that name, no link, is another skill.
  rmSync(world.path('.agents'), { recursive: true });
  cpSync(tools, join(folders.user, 'mosaic-tools'), { recursive: true });
  await expect(discover, of(tools));
});

inFolders(
  'mosaic-tools: the one that ships with mosaic, where nobody has put another there',
  async (folders, expect) => {
    await expect({}, ['--no-skills', ...of(shipped)]);
    await expect(discover, of(shipped));
    await expect(all, ['--no-skills', ...of(shipped)]);
    await expect({ MOSAIC_PI_FORCE_SKILLS: 'mosaic-tools:absent' }, ['--no-skills', ...of(shipped)]);
    link(shipped, folders.user, 'mosaic-tools');
    await expect(discover, []);
    mkdirSync(join(folders.mosaic, 'mosaic-tools'), { recursive: true });
    await expect({}, ['--no-skills']);
  },
);

inWorld('pi: another mode is an error; its commands about packages get no skills', 'none', async (world) => {
  const bench = benchOf(world);
  bench.program('pi');
  const env = { ...bench.env, MOSAIC_PI_SKILL_MODE: 'every' };
  const { code, stderr } = await world.mosaic(['run', 'pi'], { env });
  assert.equal(code, 64);
  assert.match(
    stderr,
    /^mosaic: MOSAIC_PI_SKILL_MODE is "every"[^]*fix: Set it to one of default, all, discover/,
  );
  assert.equal(bench.args('pi'), undefined);
  await world.mosaic(['yolo', 'pi', 'install', 'npm:x'], { env: bench.env });
  assert.deepEqual(bench.args('pi'), ['install', 'npm:x']);
  // A runtime of one's own that runs pi gets them; one that does not, does not.
  world.writeFleet({
    runtimes: { mine: { command: ['pi', '--offline'] }, pip: { command: [bench.program('pip')] } },
    agents: [],
  });
  await world.mosaic(['run', 'mine', 'x'], { env: { ...bench.env, MOSAIC_PI_FORCE_SKILLS: '' } });
  assert.deepEqual(bench.args('pi'), ['--offline', '--no-skills', 'x']);
  await world.mosaic(['run', 'pip', 'x'], { env });
  assert.deepEqual(bench.args('pip'), ['x']);
});

void test('modes and names', () => {
  assert.deepEqual([undefined, '', ' ', 'default', ' all', 'discover', 'All', 'x'].map(piSkillMode), [
    'default',
    'default',
    'default',
    'default',
    'all',
    'discover',
    undefined,
    undefined,
  ]);
  assert.deepEqual(forcedSkills(undefined), ['mosaic-tools']);
  assert.deepEqual(forcedSkills(' a b :: c'), ['a b', 'c']);
});

void test('no skill is given twice, none is invented, the first path wins', () => {
  const one: fc.Arbitrary<Skill> = fc.record({
    folder: fc.string(),
    real: fc.constantFrom('1', '2', '3', '4'),
  });
  const some = fc.array(one, { maxLength: 6 });
  fc.assert(
    fc.property(
      fc.constantFrom('default' as const, 'all' as const, 'discover' as const),
      some,
      some,
      some,
      (mode, forced, listed, found) => {
        const args = piSkillArguments({ mode, forced, listed, found });
        assert.equal(args[0] === '--no-skills', mode !== 'discover');
        const folders = args
          .filter((_, index) => index % 2 === (mode === 'discover' ? 1 : 0))
          .slice(mode === 'discover' ? 0 : 1);
        const own = new Set(found.map(({ real }) => real));
        const wanted = (mode === 'all' ? [...listed, ...forced] : forced).filter(
          ({ real }) => mode !== 'discover' || !own.has(real),
        );
        const first = [...new Set(wanted.map(({ real }) => real))].map(
          (real) => wanted.find((skill) => skill.real === real)?.folder,
        );
        assert.deepEqual(folders, first);
      },
    ),
  );
});
