/** `mosaic gitops bootstrap`: makes this host follow a repository. */
import { join } from 'node:path';
import { formatDuration } from '../../base/duration.ts';
import { listed } from '../../base/text.ts';
import { FollowError } from '../../gitops/error.ts';
import { lookForFollowed, type Followed } from '../../gitops/followed.ts';
import { inspect, keepFiles, type Inspected } from '../../gitops/inspect.ts';
import type { Verdict } from '../../gitops/judge.ts';
import { readSigners } from '../../gitops/signature.ts';
import { overSsh, shownUrl } from '../../gitops/source.ts';
import { currentFile, mirrorOf, revisionOf } from '../../gitops/layout.ts';
import { readFollowing, readRecord, removeTree, writeFollowing, writeRecord } from '../../gitops/store.ts';
import type { Host } from '../../host/host.ts';
import type { Fleet } from '../../model/fleet.ts';
import type { Following, FollowRecord } from '../../model/gitops.ts';
import { placesOf, type Places } from '../../model/places.ts';
import { formatFollowing } from '../../record/gitops.ts';
import { followingChanges } from '../../report/gitops-changes.ts';
import { suspendedText } from '../../report/gitops.ts';
import { formatProblems } from '../../report/problems.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { requireFleet } from '../fleet-file.ts';
import { standingCronLines } from '../fleet/crontab.ts';
import { withSyncLock } from './followed.ts';
import { asCommandError } from './in-words.ts';
import { refuseTakenNames } from './in-the-way.ts';
import { askingOf, attemptOf, noter, placeOf } from './round.ts';
import { applyInForce, syncFollowed } from './sync.ts';
import { withPassingFolder, withStaging } from './staging.ts';
import { SUSPENDED, takeRevision } from './take.ts';
import { gitopsUnitFiles, installGitopsUnits, managerAbsent } from './units.ts';
import { followingOf, knownOf, type Wish } from './wish.ts';

export interface BootstrapOptions extends Wish {
  allowMassStop?: boolean;
  /** Only show what would be written. */
  print?: boolean;
}

export async function gitopsBootstrapCommand(
  context: CommandContext,
  options: BootstrapOptions,
): Promise<number> {
  const { known, before } = knownOf(context, options, lookForFollowed(context.host).followed);
  const wanted = followingOf(context, options, before);
  if (known !== undefined && options.print !== true) return again(context, known, wanted, options);
  const withFolder = options.print === true ? withPassingFolder : withStaging;
  return withFolder(context, async (staging) => {
    let following = wanted;
    let seen = await look(context, following, staging);
    let fleet = fleetOfTip(context, following, seen);
    const places = placesOf(fleet.name, context.host.facts);
    const standing = standingOf(context, places, options);
    if (standing !== undefined) {
      // The fleet goes over to another source, and stays as particular as it was.
      const { branch, path } = wanted;
      following = followingOf(context, options, { ...standing, branch, path });
      if (following.signers !== wanted.signers) {
        seen = await look(context, following, staging);
        fleet = fleetOfTip(context, following, seen, fleet.name);
      }
    }
    const followed = { fleet: fleet.name, places, following };
    if (options.print === true) return print(context, followed, fleet);
    if (following.suspended !== undefined)
      throw new CommandError(
        `following is suspended ${suspendedText(following.suspended, context.host.clock.now())}`,
        EXIT.failed,
        { fix: `First: mosaic gitops resume --name ${fleet.name}.` },
      );
    refuseTakenNames(context.host, fleet, places);
    const allowMassStop = options.allowMassStop === true;
    await begin(context, followed, seen, { staging, allowMassStop, before: standing });
    const code = await applyInForce(context, followed, {
      allowMassStop: options.allowMassStop === true,
      gates: false,
    });
    return trigger(context, followed, code);
  });
}

/** What stands of this fleet's. One that cannot be read is written anew, by somebody who says whom it shall trust. Throws CommandError. */
function standingOf(
  { host }: CommandContext,
  places: Places,
  { verifySignatures }: Wish,
): Following | undefined {
  try {
    return readFollowing(host.files, places);
  } catch (error) {
    if (!(error instanceof FollowError)) throw error;
    if (verifySignatures !== undefined) return undefined;
    throw new CommandError(`${error.message}; nobody knows whose signature it asked for`, EXIT.invalid, {
      fix: 'Say so: --verify-signatures FILE or --no-verify-signatures.',
    });
  }
}

/** It is followed already: what else was given is written down, and a round done. */
async function again(
  context: CommandContext,
  known: Followed,
  following: Following,
  options: BootstrapOptions,
): Promise<number> {
  const followed = { ...known, following };
  const changes = followingChanges(known.following, following);
  if (changes.length > 0) writeFollowing(context.host.files, known.places, following);
  else context.terminal.out('It is followed already, just so.\n');
  tellChanges(context, followed, changes);
  const code = await syncFollowed(context, followed, {
    gates: false,
    allowMassStop: options.allowMassStop === true,
  });
  return trigger(context, followed, code);
}

/** Whom a host trusts is no less history than what it takes. */
function tellChanges(context: CommandContext, followed: Followed, changes: readonly string[]): void {
  const note = noter(context, followed);
  for (const line of changes) {
    context.terminal.out(`${line}\n`);
    note('done', `${line}, by ${context.host.facts.user}`);
  }
}

async function look(context: CommandContext, following: Following, staging: string): Promise<Inspected> {
  const { signers } = following;
  const asking = askingOf(context, following);
  try {
    return await inspect(asking, {
      mirror: join(staging, 'mirror'),
      scratch: staging,
      acceptRewrite: false,
      place: placeOf(context.host, join(staging, following.path)),
      ...(signers === undefined ? {} : { signers: readSigners(context, signers) }),
    });
  } catch (error) {
    if (context.signal.aborted) throw new CommandError('interrupted while fetching', EXIT.interrupted);
    throw error instanceof FollowError ? asCommandError(error) : error;
  }
}

/** The fleet that the tip describes. Throws CommandError where it cannot be followed. */
function fleetOfTip(
  { terminal }: CommandContext,
  following: Following,
  { verdict, facts, tip }: Inspected,
  name?: string,
): Fleet {
  const { loaded } = facts;
  const where = `${tip.sha.slice(0, 10)} of ${shownUrl(following.repo)}`;
  if (loaded?.ok === false) {
    terminal.err(formatProblems({ ...loaded, file: following.path }, { color: terminal.color, cwd: '/' }));
    throw new CommandError(`the fleet file at ${where} is not valid`, EXIT.invalid, {
      fix: 'Nothing was changed here. Mend it there, then try again.',
    });
  }
  if (verdict !== undefined || loaded === undefined) throw refused(where, verdict);
  if (name !== undefined && loaded.value.name !== name)
    throw new CommandError(`${where} is of another fleet by now`, EXIT.failed, { fix: 'Try again.' });
  return loaded.value;
}

const refused = (where: string, verdict: Verdict | undefined): CommandError =>
  new CommandError(
    `${where} cannot be followed: ${verdict?.reason ?? 'it says nothing'}`,
    verdict?.rule === 'unobserved' ? EXIT.unavailable : EXIT.failed,
    {
      fix: verdict?.rule === 'refused-plan' ? 'If that is meant, say so: --allow-mass-stop.' : verdict?.fix,
    },
  );

/** The first revision: its files, the configuration, and the link that puts it in force, in this order. */
async function begin(
  context: CommandContext,
  followed: Followed,
  seen: Inspected,
  {
    staging,
    allowMassStop,
    before,
  }: { staging: string; allowMassStop: boolean; before: Following | undefined },
): Promise<void> {
  const { host, terminal } = context;
  const { files } = host;
  const { places, following } = followed;
  const { sha, subject } = seen.tip;
  await withSyncLock(context, places, async () => {
    keepFiles(files, revisionOf(places, sha), seen.files);
    const verdict = await takeRevision(
      context,
      followed,
      { ...seen.facts, fleet: followed.fleet },
      {
        sha,
        allowMassStop,
        first: true,
        onTake() {
          const now = host.clock.now();
          const record: FollowRecord = { ...readRecord(files, places), wanted: seen.tip, fetchedAt: now };
          delete record.refused;
          delete record.fetchTrouble;
          record.attempted = attemptOf(seen, now);
          writeRecord(files, places, record);
          writeFollowing(files, places, following);
        },
      },
    );
    if (verdict !== undefined && verdict !== SUSPENDED)
      throw refused(`${sha.slice(0, 10)} of ${shownUrl(following.repo)}`, verdict);
    removeTree(files, mirrorOf(places));
    files.rename(join(staging, 'mirror'), mirrorOf(places));
    tellChanges(context, followed, before === undefined ? [] : followingChanges(before, following));
    noter(context, followed)(
      'done',
      `follows ${shownUrl(following.repo)}, at ${sha.slice(0, 10)}: ${subject}`,
    );
  });
  terminal.out(`Fleet ${followed.fleet} follows ${shownUrl(following.repo)}, branch ${following.branch}.\n`);
}

/**
 * From now on without anybody's doing, where a user manager answers.
 * @returns the exit code of the apply before, or where that was good, of what is done here
 */
async function trigger(
  context: CommandContext,
  { places, following }: Followed,
  applied: number,
): Promise<number> {
  if (applied === EXIT.interrupted) return applied;
  const { host, terminal } = context;
  const file = currentFile(places, following);
  const { fleet } = await requireFleet(context, { file });
  const absent = await managerAbsent(host, fleet);
  if (absent !== undefined) {
    const lines = await standingCronLines(host, fleet.name, places).catch(() => []);
    if (lines.some((line) => line.includes(' gitops sync '))) return applied;
    terminal.err(
      `Nothing asks the remote by itself yet: ${absent}.\n  fix: mosaic fleet install-cron, or mosaic gitops sync by hand.\n`,
    );
    return applied;
  }
  const lost = sshWayLost(host, following);
  if (lost.length > 0)
    terminal.err(
      `Note: ${listed(lost)} stands in this environment, and not in that of the user manager, which asks the remote by itself from now on.\n  fix: Name the key or the program in ~/.ssh/config, or with git config --global core.sshCommand.\n`,
    );
  if ((await installGitopsUnits(host, fleet, places, following)) === 'installed')
    terminal.out(`The user manager asks the remote every ${formatDuration(following.intervalMs)}.\n`);
  const { installSystemdCommand } = await import('../fleet/install-systemd.ts');
  const code = await installSystemdCommand(context, { file });
  return applied === EXIT.ok ? code : applied;
}

/** Variables that lead git to the remote here, and that its unit has not. */
const sshWayLost = ({ facts }: Host, { repo }: Following): string[] =>
  overSsh(repo)
    ? ['GIT_SSH', 'GIT_SSH_COMMAND', 'SSH_AUTH_SOCK'].filter((name) => (facts.env[name] ?? '') !== '')
    : [];

function print({ host, terminal }: CommandContext, { places, following }: Followed, fleet: Fleet): number {
  const files = [
    { path: places.gitopsFile, text: formatFollowing({ ...following, repo: shownUrl(following.repo) }) },
    ...(fleet.supervisor === 'none' ? [] : gitopsUnitFiles(host, fleet, places, following)),
  ];
  terminal.out(files.map(({ path, text }) => `# ${path}\n${text}`).join('\n'));
  return EXIT.ok;
}
