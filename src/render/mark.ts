/**
 * Our mark on a session: the user option `@mosaic`, one line of words, `FLEET/AGENT DEFINITION SUPERVISOR BORN PANE`. All in
 * one option, since tmux looks through every session it has each time that one is set.
 */
import type { StartedWith } from '../model/observation.ts';

export const MARK = '@mosaic';

/** Set on a session that was started with a kickstart and has been given it. */
export const KICKSTARTED = '@mosaic_kickstart';

/** The revision of the followed repository that a session runs as. */
export const REVISION = '@mosaic_revision';

/** The word after a mark that says that a kickstart is to follow. */
const AWAITS_KICKSTART = 'kickstart';

/** @param pane its id, or `#{pane_id}` where tmux fills it in */
export function formatMark(
  owner: { fleet: string; agent: string },
  started: StartedWith,
  pane: string,
  awaitsKickstart: boolean,
): string {
  const { definition, supervisor, born } = started;
  const words = [`${owner.fleet}/${owner.agent}`, definition, supervisor, born, pane];
  return [...words, ...(awaitsKickstart ? [AWAITS_KICKSTART] : [])].join(' ');
}

/** The holder's mark has no words but the first two. */
export const holderMark = (fleet: string, holder: string): string => `${fleet}/${holder} holder`;

/** A format that is true for a session that bears this owner's mark; for none it is true where there is no mark. */
export const ownedBy = (owner: { fleet: string; agent: string } | undefined): string =>
  owner === undefined ? `#{==:#{${MARK}},}` : `#{m:${owner.fleet}/${owner.agent} *,#{${MARK}}}`;

export interface Mark {
  owner: { fleet: string; agent: string };
  started?: StartedWith;
  pane?: string;
  awaitsKickstart: boolean;
}

/** Undefined for what is no mark of ours. */
export function parseMark(text: string): Mark | undefined {
  const match =
    /^([a-z0-9][a-z0-9-]*)\/([a-z0-9_][a-z0-9_-]*) (?:holder|(\d+-[0-9a-f]*) (systemd|none) ([a-z0-9_-]+) (%\d+)( kickstart)?)$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [, fleet = '', agent = '', definition, supervisor, born, pane, kickstart] = match;
  const owner = { fleet, agent };
  if (definition === undefined || born === undefined || pane === undefined)
    return { owner, awaitsKickstart: false };
  const started: StartedWith = {
    definition,
    supervisor: supervisor === 'systemd' ? 'systemd' : 'none',
    born,
  };
  return { owner, started, pane, awaitsKickstart: kickstart !== undefined };
}
