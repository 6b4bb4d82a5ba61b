/** Programs that outlived their agent's session: scopes of ours that no session belongs to. */
import { join } from 'node:path';
import { shellLine } from '../base/shell.ts';
import { listed } from '../base/text.ts';
import { fleetOf } from '../render/header.ts';
import { agentOfUnit, unitNames } from '../render/unit-names.ts';
import { check, notApplicable, ok, unknownFinding, type Check, type Finding, type Patient } from './check.ts';

interface ScopeFacts {
  trouble: string | undefined;
  asked: boolean;
  orphans: { agent: string; scope: string }[];
  /** The holder's unit with our prefix is this fleet's: what else bears it is too. */
  ours: boolean;
}

async function scopeFacts({ host, fleet, places, observed, units: asked }: Patient): Promise<ScopeFacts> {
  const [units, { tmux }] = [await asked, await observed];
  const none = { orphans: [], asked: true, ours: true };
  if (!units.known) return { ...none, trouble: units.why };
  if (units.value.manager === 'absent') return { ...none, trouble: undefined, asked: false };
  if (!tmux.known) return { ...none, trouble: tmux.why };
  const { unitPrefix } = fleet.systemd;
  // A renamed agent's scope bears the name that it was started under.
  const born = new Set(
    tmux.value.sessions.flatMap(({ owner, started }) => (owner?.fleet === fleet.name ? [started?.born] : [])),
  );
  const orphans = [...units.value.units].flatMap(([scope, { active }]) => {
    const agent = agentOfUnit(unitPrefix, scope);
    if (agent === undefined || scope !== unitNames(unitPrefix).scope(agent)) return [];
    return (active === 'active' || active === 'failed') && !born.has(agent) ? [{ agent, scope }] : [];
  });
  const holder = host.files.read(join(places.units, unitNames(unitPrefix).holder));
  return { asked: true, trouble: undefined, orphans, ours: fleetOf(holder ?? '') === fleet.name };
}

function judgeScopes({ trouble, asked, orphans, ours }: ScopeFacts): readonly Finding[] {
  if (trouble !== undefined) return unknownFinding(trouble);
  if (!asked) return notApplicable('no user manager answers');
  if (orphans.length === 0) return ok('no program has outlived its session');
  if (!ours) {
    const scopes = listed(orphans.map(({ scope }) => scope));
    return unknownFinding(
      `whose programs go on in ${scopes} cannot be told: no unit of this fleet has that prefix`,
      'Give the fleet a systemd.unit_prefix that no other one has. systemctl --user status shows what runs there.',
    );
  }
  return orphans.map(({ agent, scope }) => ({
    health: 'warning',
    message: `programs of ${agent} go on in ${scope}, and its session is gone`,
    command: shellLine(['systemctl', '--user', 'stop', scope]),
  }));
}

export const orphanScopes: Check<Patient> = check('orphaned-scopes', scopeFacts, judgeScopes);
