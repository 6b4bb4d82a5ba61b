/** `mosaic gitops sync`: one round now, and then an apply of what is in force. */
import type { Followed } from '../../gitops/followed.ts';
import { currentFile, shaInForce } from '../../gitops/layout.ts';
import { readRecord, writeRecord } from '../../gitops/store.ts';
import type { RoundEnd } from '../../model/gitops.ts';
import type { Outcome } from '../../model/outcome.ts';
import type { Plan } from '../../model/plan.ts';
import { roundText } from '../../report/gitops.ts';
import { applyCommand } from '../apply.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { applyTroubleOf, type ApplyTrouble } from './apply-trouble.ts';
import { theFollowed, withSyncLock, type FollowedOptions } from './followed.ts';
import { noter, round, troubleOf, type RoundOptions } from './round.ts';
import { APPLY_PATIENCE_MS } from './take.ts';

export interface SyncOptions extends FollowedOptions, RoundOptions {
  /** False: quality gates, which may take long, are left to the next apply. */
  gates?: boolean;
}

export async function gitopsSyncCommand(context: CommandContext, options: SyncOptions): Promise<number> {
  return syncFollowed(context, theFollowed(context, options), options);
}

/** @returns the exit code of the round, or of the apply where the round was good */
export async function syncFollowed(
  context: CommandContext,
  known: Followed,
  options: SyncOptions,
): Promise<number> {
  const { host, terminal } = context;
  const { end, followed } = await withSyncLock(context, known.places, async () => {
    // While we waited for another, somebody may have said otherwise.
    const now = theFollowed(context, { name: known.fleet });
    return { end: await round(context, now, options), followed: now };
  });
  const inForce = shaInForce(host.files, followed.places);
  terminal.out(roundText(end, { remote: followed.following, inForce }));
  if (inForce === undefined) return codeOf(end);
  const allowMassStop = end.kind === 'taken' && options.allowMassStop === true;
  const code = await applyInForce(context, followed, { allowMassStop, gates: options.gates !== false });
  return code === EXIT.interrupted || codeOf(end) === EXIT.ok ? code : codeOf(end);
}

function codeOf(end: RoundEnd): number {
  if (end.kind === 'unreached') return end.code;
  if (end.kind !== 'refused') return EXIT.ok;
  return end.refusal.rule === 'unobserved' ? EXIT.unavailable : EXIT.failed;
}

/** Applies the revision in force, and writes down that it was applied, or what kept it from that. */
export async function applyInForce(
  context: CommandContext,
  followed: Followed,
  options: { allowMassStop: boolean; gates: boolean },
): Promise<number> {
  const { files } = context.host;
  const { places, following } = followed;
  const sha = shaInForce(files, places);
  const again = readRecord(files, places).applyTrouble !== undefined;
  let plan: Plan | undefined;
  let outcomes: readonly Outcome[] = [];
  const tell = async (trouble: ApplyTrouble | undefined): Promise<void> => {
    if (files.read(places.gitopsFile) !== undefined) await writeDown(context, followed, { sha, trouble });
  };
  let code: number;
  try {
    code = await applyCommand(context, undefined, {
      file: currentFile(places, following),
      waitMs: APPLY_PATIENCE_MS,
      allowMassStop: options.allowMassStop,
      gates: options.gates,
      planned: (made) => (plan = made),
      ended: (all) => (outcomes = all),
    });
  } catch (error) {
    if (error instanceof CommandError && error.exitCode !== EXIT.interrupted) await tell(error);
    throw error;
  }
  // What was left undone is done by the next one.
  if (code !== EXIT.interrupted) await tell(applyTroubleOf({ code, plan, outcomes, again }));
  return code;
}

/** Killed before this, or where another sync is at work for long, the next one writes it. */
async function writeDown(
  context: CommandContext,
  followed: Followed,
  { sha, trouble }: { sha: string | undefined; trouble: ApplyTrouble | undefined },
): Promise<void> {
  const { places } = followed;
  const { files, clock } = context.host;
  const write = async (): Promise<void> => {
    const { applyTrouble: before, ...record } = readRecord(files, places);
    const { attempted } = record;
    if (trouble !== undefined) {
      if (before?.message !== trouble.message)
        noter(context, followed)('failed', `could not be applied: ${trouble.message}`);
      const since = before?.since ?? clock.now();
      writeRecord(files, places, { ...record, applyTrouble: troubleOf(trouble, since) });
    } else if (attempted !== undefined && attempted.sha === sha && record.applied?.sha !== sha) {
      const { attemptedAt: _, checkedBy: __, ...revision } = attempted;
      writeRecord(files, places, { ...record, applied: { ...revision, appliedAt: clock.now() } });
    } else writeRecord(files, places, record);
  };
  try {
    await withSyncLock(context, places, write);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
  }
}
