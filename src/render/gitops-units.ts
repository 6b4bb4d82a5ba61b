/** The units that follow a repository: a service for one round, and its timer. */
import { formatDuration } from '../base/duration.ts';
import { stickyPath } from './artefacts.ts';
import { header, notice } from './header.ts';
import { unitArgument, unitWord } from './quote.ts';
import { environmentLines, fillTemplate } from './template.ts';

export interface GitopsUnits {
  fleet: string;
  /** Of the fleet's units. */
  prefix: string;
  intervalMs: number;
  /** Absolute paths. */
  node: string;
  mosaic: string;
  /** PATH, where the service that stands has none. */
  path: string;
  /** What leads mosaic to the same places as here. */
  env: readonly (readonly [string, string])[];
  /** The service that stands, if it is ours: its PATH stays. */
  standing?: string;
}

export const gitopsUnitNames = (prefix: string) => ({
  service: `${prefix}-gitops.service`,
  timer: `${prefix}-gitops.timer`,
});

/** Both texts, of the templates in `units/`. */
export function gitopsUnits(
  templates: { service: string; timer: string },
  units: GitopsUnits,
): { service: string; timer: string } {
  const { fleet, intervalMs } = units;
  const seconds = Math.max(1, Math.round(intervalMs / 1000));
  const values: Record<string, string> = {
    HEADER: `${header(fleet)}\n${notice}`,
    FLEET: fleet,
    ENVIRONMENT: environmentLines(stickyPath(units.standing, units.path), units.env),
    // The program itself is no argument: a dollar stays one there.
    NODE: unitWord(units.node),
    MOSAIC: unitArgument(units.mosaic),
    INTERVAL: formatDuration(seconds * 1000),
    SECONDS: String(seconds),
    // Hosts that follow one repository do not all ask at once.
    DELAY: String(Math.min(30, Math.floor(seconds / 10))),
  };
  return { service: fillTemplate(templates.service, values), timer: fillTemplate(templates.timer, values) };
}
