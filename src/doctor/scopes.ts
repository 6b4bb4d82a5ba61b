/** Programs that outlived their agent's session: scopes of ours that no session belongs to. */
import { shellLine } from '../base/shell.ts';
import { unitNames } from '../render/unit-names.ts';
import { agentOfUnit } from '../render/unit-names.ts';
import { check, notApplicable, ok, unknownFinding, type Check, type Finding, type Patient } from './check.ts';

interface ScopeFacts {
  trouble: string | undefined;
  asked: boolean;
  orphans: { agent: string; scope: string }[];
}

async function scopeFacts({ fleet, observed, units: asked }: Patient): Promise<ScopeFacts> {
  const [units, { tmux }] = [await asked, await observed];
  const none = { orphans: [], asked: true };
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
  return { asked: true, trouble: undefined, orphans };
}

function judgeScopes({ trouble, asked, orphans }: ScopeFacts): readonly Finding[] {
  if (trouble !== undefined) return unknownFinding(trouble);
  if (!asked) return notApplicable('no user manager answers');
  if (orphans.length === 0) return ok('no program has outlived its session');
  return orphans.map(({ agent, scope }) => ({
    health: 'warning',
    message: `programs of ${agent} go on in ${scope}, and its session is gone`,
    command: shellLine(['systemctl', '--user', 'stop', scope]),
  }));
}

export const orphanScopes: Check<Patient> = check('orphaned-scopes', scopeFacts, judgeScopes);
