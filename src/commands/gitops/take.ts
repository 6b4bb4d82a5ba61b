/** Puts a revision in force, when the plan for it passes the brakes. */
import type { Followed } from '../../gitops/followed.ts';
import { asIfInForce } from '../../gitops/followed.ts';
import { judge, type CommitFacts, type Verdict } from '../../gitops/judge.ts';
import { currentFile, currentLink, putInForce, revisionOf } from '../../gitops/layout.ts';
import { readFollowing } from '../../gitops/store.ts';
import type { Fleet } from '../../model/fleet.ts';
import type { Following } from '../../model/gitops.ts';
import type { Places } from '../../model/places.ts';
import { withApplyLock } from '../apply-plan.ts';
import { badFormulas, firstTrouble } from '../bad-formulas.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { readFleet } from '../fleet-file.ts';
import { lookAndPlan, settingOf } from '../reconcile.ts';
import { inWords } from './in-words.ts';

/** How long an apply that is at work is let finish. */
export const APPLY_PATIENCE_MS = 5 * 60_000;

export interface TakeOptions {
  sha: string;
  allowMassStop: boolean;
  /** Called when it will be taken, before it is. */
  onTake: () => void;
  /** Its configuration is only written with it. */
  first?: boolean;
}

/** Somebody has said meanwhile that nothing is to be taken. */
export const SUSPENDED = 'suspended';

/**
 * Plans with the revision as if it were in force, while nobody else applies, and puts it in force unless something speaks against it:
 * that is given. Throws CommandError, also where another source is followed by now.
 */
export async function takeRevision(
  context: CommandContext,
  { places, following }: Followed,
  facts: CommitFacts,
  { sha, allowMassStop, onTake, first = false }: TakeOptions,
): Promise<Verdict | typeof SUSPENDED | undefined> {
  const { host } = context;
  const file = currentFile(places, following);
  const task = async (): Promise<Verdict | typeof SUSPENDED | undefined> => {
    // While we waited, somebody may have taken the fleet away.
    if (!first && standsStill(context, { places, following }) === SUSPENDED) return SUSPENDED;
    const then = asIfInForce(host, places, revisionOf(places, sha));
    const loaded = await readFleet({ ...context, host: then }, file);
    const wrong = judge({ ...facts, loaded });
    if (wrong !== undefined || !loaded.ok) return wrong;
    const formula = await badFormulaOf({ ...context, host: then }, places, loaded.value);
    if (formula !== undefined) return judge({ ...facts, loaded, file: formula });
    const { plan } = await lookAndPlan(then, loaded.value, settingOf(then, loaded.value), { allowMassStop });
    const verdict = judge({ ...facts, loaded, plan });
    if (verdict !== undefined) return verdict;
    if (!first && standsStill(context, { places, following }) === SUSPENDED) return SUSPENDED;
    onTake();
    putInForce(host.files, places, sha);
    return undefined;
  };
  return withApplyLock(context, places, task, { waitMs: APPLY_PATIENCE_MS });
}

/** Of those that lie in the repository: what is wrong with the host's own is not the commit's fault. */
async function badFormulaOf(
  context: Pick<CommandContext, 'host' | 'signal'>,
  places: Places,
  fleet: Fleet,
): Promise<{ path: string; wrong: string } | undefined> {
  const folder = `${currentLink(places)}/`;
  const own = fleet.formulas.map(({ file }) => file).filter((file) => file.startsWith(folder));
  const trouble = firstTrouble(await badFormulas(context, fleet, own));
  return trouble && { path: trouble.file.slice(folder.length), wrong: trouble.wrong };
}

/** Whether what is followed is still what the round began with. Throws CommandError where it is not. */
function standsStill(
  { host }: CommandContext,
  { places, following }: Pick<Followed, 'places' | 'following'>,
): typeof SUSPENDED | undefined {
  const now = inWords(() => readFollowing(host.files, places));
  if (now === undefined) throw new CommandError('the repository is not followed any more', EXIT.failed);
  if (now.suspended !== undefined) return SUSPENDED;
  if (sourceOf(now) === sourceOf(following)) return undefined;
  throw new CommandError('what is followed was changed while this round was at work', EXIT.locked, {
    fix: 'Nothing was taken. Again: mosaic gitops sync.',
  });
}

/** All that a commit is judged by. */
const sourceOf = ({ repo, branch, path, signers }: Following): string =>
  JSON.stringify([repo, branch, path, signers]);
