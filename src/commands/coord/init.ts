/** `mosaic coord init`: a mission's files. */
import { initMission, type MissionStart } from '../../coord/init.ts';
import { isId, parseMilestones, slug } from '../../mission/milestones.ts';
import { initText } from '../../report/coord.ts';
import { missionOf, reportJson } from '../../report/mission-json.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { givenPath } from '../given-path.ts';
import { inWords } from './in-words.ts';
import { below, projectOf, whereOf, type CoordOptions } from './project.ts';

export interface CoordInitOptions extends CoordOptions {
  name: string;
  milestones: string;
  id?: string;
  description?: string;
  qualityGates?: string;
  taskPrefix?: string;
  prompt?: string;
}

export const coordInitCommand = (context: CommandContext, options: CoordInitOptions): Promise<number> =>
  inWords(async () => {
    const { host, terminal } = context;
    const project = projectOf(host, options);
    const wish = await wishOf(context, options);
    const { record, places, made } = await initMission(host, project, wish);
    const where = whereOf(host, options, project);
    if (options.json === true) {
      const report = {
        format_version: 1,
        project,
        mission: missionOf(record),
        milestones: record.milestones.map(({ id, name }) => ({ id, name })),
        files: made,
      };
      terminal.out(reportJson(report));
      return EXIT.ok;
    }
    const shown = made.filter((path) => !path.endsWith('/.gitignore')).map((path) => below(project, path));
    const commands = [`mosaic coord continue${where}`, `mosaic coord mission${where}`];
    terminal.out(initText(record, shown, below(project, places.manifest), commands));
    return EXIT.ok;
  });

async function wishOf(context: CommandContext, options: CoordInitOptions): Promise<MissionStart> {
  const name = options.name.trim();
  if (name === '') throw usage('--name must not be empty');
  const id = options.id ?? slug(name);
  if (!isId(id))
    throw usage(
      `--id ${id}: letters, digits, dots, hyphens and underscores, at most 64, beginning with a letter or digit`,
    );
  let milestones;
  try {
    milestones = parseMilestones(options.milestones);
  } catch (error) {
    throw usage(
      `--milestones: ${(error as Error).message}`,
      'Write them as "Schema, API", or with ids as "DB=Schema, API=Endpoints".',
    );
  }
  const prompt = options.prompt === undefined ? undefined : await promptOf(context, options.prompt);
  const { description, qualityGates, taskPrefix } = options;
  return {
    id,
    name,
    milestones,
    ...(description === undefined ? {} : { description }),
    ...(qualityGates === undefined ? {} : { qualityGates }),
    ...(taskPrefix === undefined ? {} : { taskPrefix }),
    ...(prompt === undefined ? {} : { prompt }),
  };
}

async function promptOf({ host, signal }: CommandContext, path: string): Promise<string> {
  const file = givenPath(host, path);
  let text: string | undefined;
  try {
    text = await host.files.readInput(file, signal);
  } catch (error) {
    if (signal.aborted) throw new CommandError(`interrupted while reading ${file}`, EXIT.interrupted);
    throw new CommandError((error as Error).message, EXIT.invalid);
  }
  if (text !== undefined) return text;
  throw new CommandError(`the prompt file ${file} is not there`, EXIT.invalid);
}

const usage = (message: string, fix?: string): CommandError => new CommandError(message, EXIT.usage, { fix });
