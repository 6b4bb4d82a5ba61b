/** The user manager and our units, in one call. */
import type { Host } from '../host/host.ts';
import type { UnitSeen, UnitsSeen } from '../model/observation.ts';
import { known, unknown, type Source } from '../model/source.ts';

/** What `systemctl` says where no user manager can be there at all, as against one that fails to answer. */
const noManager =
  /No medium found|System has not been booted|Failed to (?:connect to|get) (?:user scope )?bus[^\n]*(?:No such file or directory|Connection refused)|\$DBUS_SESSION_BUS_ADDRESS and \$XDG_RUNTIME_DIR not defined/;

/** Why no manager answers, where there is nothing to ask one with. */
export const NO_SYSTEMCTL = 'systemctl is not installed';

export async function observeUnits(host: Host, prefix: string): Promise<Source<UnitsSeen>> {
  const result = await host.exec('systemctl', [
    '--user',
    'list-units',
    '--all',
    '--no-pager',
    '--output=json',
    `${prefix}-agent@*`,
    `${prefix}-agent.*`,
    `${prefix}-tmux-holder.service`,
    `${prefix}-formula-*.timer`,
    `${prefix}-formula-*.service`,
    `${prefix}-formula.*`,
  ]);
  const absent = (why: string): Source<UnitsSeen> => known({ manager: 'absent', why, units: new Map() });
  if (result.failure === 'missing') return absent(NO_SYSTEMCTL);
  if (result.failure !== undefined) return unknown(`the user manager did not answer: ${result.message}`);
  if (result.code !== 0) {
    const why = result.stderr.trim().split('\n')[0] ?? '';
    if (noManager.test(result.stderr)) return absent(`no user manager runs (${why})`);
    return unknown(`systemctl failed: ${why || `exit ${result.code}`}`);
  }
  return parseUnits(result.stdout);
}

export function parseUnits(text: string): Source<UnitsSeen> {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch {
    return unknown(`systemctl answered what is no JSON: ${text.slice(0, 100)}`);
  }
  if (!Array.isArray(rows)) return unknown('systemctl answered no list of units');
  const units = new Map<string, UnitSeen>();
  for (const row of rows as unknown[]) {
    const { unit, active, sub } = (row ?? {}) as Record<string, unknown>;
    if (typeof unit !== 'string' || typeof active !== 'string' || typeof sub !== 'string') {
      return unknown('systemctl answered a unit without name or state');
    }
    units.set(unit, { active, sub });
  }
  return known({ manager: 'answers', units });
}
