/** `mosaic coord status`: is a session at work? */
import { STALE_AFTER_MS, type SessionState } from '../../mission/liveness.ts';
import { statusText } from '../../report/coord.ts';
import { reportJson, statusJson } from '../../report/mission-json.ts';
import { liveness, viewOf } from '../../report/mission-parts.ts';
import { EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { inWords } from './in-words.ts';
import { requireMission, type CoordOptions } from './project.ts';

export interface CoordStatusOptions extends CoordOptions {
  /** Milliseconds. */
  staleAfter?: number;
}

/** What scripts go by. */
export const STATUS_EXIT: Record<SessionState, number> = {
  running: EXIT.ok,
  stale: 5,
  dead: 3,
  none: 4,
  // A lock that does not parse is a file that does not.
  unknown: EXIT.invalid,
};

export const coordStatusCommand = (context: CommandContext, options: CoordStatusOptions): Promise<number> =>
  inWords(async () => {
    const { host, terminal } = context;
    const { seen } = requireMission(context, options);
    const view = viewOf(seen, host.clock.now(), options.staleAfter ?? STALE_AFTER_MS);
    terminal.out(options.json === true ? reportJson(statusJson(view)) : statusText(view, terminal.color));
    return STATUS_EXIT[liveness(view).state];
  });
