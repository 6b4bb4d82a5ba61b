/** `mosaic gitops leave`: follows the repository no longer. What is in force stays so, as a file like any other. */
import { dirname } from 'node:path';
import { shellLine } from '../../base/shell.ts';
import { currentFile, mirrorOf, recordFile } from '../../gitops/layout.ts';
import { removeTree } from '../../gitops/store.ts';
import { EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { requireFleet } from '../fleet-file.ts';
import { lookAndPlan, settingOf } from '../reconcile.ts';
import { theFollowed, withSyncLock, type FollowedOptions } from './followed.ts';
import { noter } from './round.ts';
import { removeGitopsUnits } from './units.ts';

/** The units that reconcile go on with the file in force, so that no crash stays unseen in between. */
export async function gitopsLeaveCommand(context: CommandContext, options: FollowedOptions): Promise<number> {
  const { host, terminal } = context;
  const followed = theFollowed(context, options);
  const { places, following } = followed;
  const file = currentFile(places, following);
  const { fleet } = await requireFleet(context, { file });
  // Before it takes its turn: a sync that the timer has started is ended with it.
  await removeGitopsUnits(host, fleet, places);
  await withSyncLock(context, places, async () => {
    noter(context, followed)('done', `no longer followed, by ${host.facts.user}`);
    host.files.remove(places.gitopsFile);
    host.files.remove(recordFile(places));
    removeTree(host.files, mirrorOf(places));
  });
  terminal.out(`The fleet ${fleet.name} follows no repository any more. In force stays ${file}.\n`);
  const { supervisor } = (await lookAndPlan(host, fleet, settingOf(host, fleet))).plan;
  const install = supervisor === 'systemd' ? 'install-systemd' : 'install-cron';
  terminal.err(
    `To go on with a file of your own, named by --file or found in FOLDER:\n  ${shellLine(['cp', '-r', `${dirname(file)}/.`, 'FOLDER'])}\n  mosaic fleet ${install} --file FOLDER/${following.path}\n`,
  );
  return EXIT.ok;
}
