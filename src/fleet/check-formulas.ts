import { posix } from 'node:path';
import { formatDuration, parseDuration } from '../base/duration.ts';
import { EVERY, isEvery, nearEvery } from '../base/every.ts';
import { listed, quoted } from '../base/text.ts';
import { formulaOfSession } from '../model/formula.ts';
import type { Findings } from './findings.ts';
import type { Path } from './places.ts';
import type { RawFleet } from './raw.ts';

/** What a formula is called whose entry gives no name; it may be none that a formula can have. */
export const nameOfFormulaFile = (file: string): string => posix.basename(file, '.toml');

/** Checks that each formula has a name of its own and an interval that a clock can say. */
export function checkFormulas(raw: RawFleet, findings: Findings): void {
  const first = new Map<string, Path>();
  for (const [index, formula] of (raw.formulas ?? []).entries()) {
    if (!formula) continue;
    const at = ['formulas', index];
    checkEvery([...at, 'every'], formula.every, findings);
    const place = [...at, formula.name === undefined ? 'file' : 'name'];
    const name = formula.name ?? (formula.file === undefined ? undefined : nameOfFormulaFile(formula.file));
    // Another name is asked for already where the one that is given was refused.
    if (name === undefined || findings.wasRefused([...at, 'name'])) continue;
    if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) {
      findings.add(place, `the file's name makes no name for its timer: ${quoted(name)}`, {
        fix: 'Add "name:" with 1 to 40 lower-case letters, digits and hyphens.',
      });
      continue;
    }
    const before = first.get(name);
    if (before === undefined) {
      first.set(name, place);
      continue;
    }
    findings.add(place, `the formula ${quoted(name)} is in the file twice`, {
      fix: 'Give one of the two another "name:".',
      related: { message: 'the first one is here', path: before },
    });
  }
  const holder = raw.tmux?.holder_session;
  if (holder !== undefined && formulaOfSession(holder) !== undefined) {
    findings.add(['tmux', 'holder_session'], `${quoted(holder)} is what the session of a formula is called`, {
      fix: 'Give the holder session another name, such as "_holder".',
    });
  }
}

function checkEvery(path: Path, every: string | undefined, findings: Findings): void {
  const ms = every === undefined ? undefined : parseDuration(every);
  if (every === undefined || ms === undefined || isEvery(ms)) return;
  const shortest = EVERY[0] ?? 0;
  const near = nearEvery(ms).map(formatDuration);
  const why =
    ms < shortest
      ? `${every} is too often for a formula`
      : `a clock cannot say "every ${every}": that divides neither an hour nor a day`;
  findings.add(path, why, { fix: `Near it: ${listed(near, 'or')}.` });
}
