/** Which fleet file is in force where a fleet follows a repository, and what becomes of others of its name. */
import { FollowError } from '../gitops/error.ts';
import { asIfInForce, followedFleets } from '../gitops/followed.ts';
import { shownUrl } from '../gitops/source.ts';
import { currentFile, currentLink } from '../gitops/layout.ts';
import { readFollowing } from '../gitops/store.ts';
import type { Host } from '../host/host.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Following } from '../model/gitops.ts';
import { placesOf, type Places } from '../model/places.ts';
import { CommandError, EXIT } from './command-error.ts';
import { inWords } from './gitops/in-words.ts';

/** That of the one fleet that follows a repository; undefined where none does. Throws CommandError where several do. */
export function followedFile(host: Host): string | undefined {
  const all = inWords(() =>
    followedFleets(host).map(({ places, following }) => currentFile(places, following)),
  );
  if (all.length < 2) return all[0];
  throw new CommandError(`several repositories are followed: ${all.join(', ')}`, EXIT.invalid, {
    fix: 'Name one with --file.',
  });
}

export interface Beside {
  places: Places;
  following: Following;
  /** The file in force, which is there. */
  inForce: string;
}

/** Of a file whose fleet follows a repository, and which is not the one in force, as in a clone of it; undefined for any other. */
export function besideFollowed(host: Host, { name, file }: Pick<Fleet, 'name' | 'file'>): Beside | undefined {
  const places = placesOf(name, host.facts);
  const following = followingFor(host, places, file);
  if (following === undefined) return undefined;
  const inForce = currentFile(places, following);
  return file === inForce || host.files.target(inForce) === undefined
    ? undefined
    : { places, following, inForce };
}

/** A configuration that is damaged keeps nobody from what is in force. */
function followingFor({ files }: Host, places: Places, file: string): Following | undefined {
  if (!file.startsWith(`${currentLink(places)}/`)) return inWords(() => readFollowing(files, places));
  try {
    return readFollowing(files, places);
  } catch (error) {
    if (error instanceof FollowError) return undefined;
    throw error;
  }
}

/** The machine as it would be with that file, and what lies beside it, in force; undefined for one of another name. */
export function asInForce(host: Host, file: string, { places, following }: Beside): Host | undefined {
  const end = `/${following.path}`;
  return file.endsWith(end) ? asIfInForce(host, places, file.slice(0, -end.length)) : undefined;
}

/**
 * A fleet that follows a repository is made as that says, and as no other file of its name: else the two would be applied in turns.
 * Throws CommandError.
 */
export function refuseBesideFollowed(host: Host, { name, file }: Pick<Fleet, 'name' | 'file'>): void {
  const beside = besideFollowed(host, { name, file });
  if (beside === undefined) return;
  throw new CommandError(
    `the fleet ${name} follows ${shownUrl(beside.following.repo)} on this host, and ${file} is not its file`,
    EXIT.failed,
    {
      fix: `In force is ${beside.inForce}. Push what is to change; mosaic plan --file ${file} shows what it would do. Or follow no longer: mosaic gitops leave --name ${name}.`,
    },
  );
}
