/** `mosaic coord mission`: the dashboard. */
import { reportJson, missionJson } from '../../report/mission-json.ts';
import { viewOf } from '../../report/mission-parts.ts';
import { missionText } from '../../report/mission.ts';
import { EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { inWords } from './in-words.ts';
import { requireMission, requireTasks, type CoordOptions } from './project.ts';

export const coordMissionCommand = (context: CommandContext, options: CoordOptions): Promise<number> =>
  inWords(async () => {
    const { host, terminal } = context;
    const found = requireMission(context, options);
    const view = viewOf(found.seen, host.clock.now());
    if (options.json === true) {
      requireTasks(context, found);
      terminal.out(reportJson(missionJson(view, found.record, found.where)));
      return EXIT.ok;
    }
    terminal.out(missionText(view, terminal, found.where));
    // What else there is to tell stands, also where the tasks cannot be read.
    requireTasks(context, found);
    return EXIT.ok;
  });
