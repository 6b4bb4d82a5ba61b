/** Which fleets of this host follow a repository, and whose revision is in force. */
import { dirname } from 'node:path';
import type { Host } from '../host/host.ts';
import type { Following } from '../model/gitops.ts';
import { placesOf, type Places } from '../model/places.ts';
import { FollowError } from './error.ts';
import { currentLink } from './layout.ts';
import { readFollowing } from './store.ts';

export interface Followed {
  fleet: string;
  places: Places;
  following: Following;
}

/** By name. Throws FollowError for a configuration that cannot be read, HostError. */
export function followedFleets(host: Host): Followed[] {
  const { followed, damaged } = lookForFollowed(host);
  for (const { error } of damaged) throw error;
  return followed;
}

/** The same, and beside them those whose configuration cannot be read. Throws HostError. */
export function lookForFollowed(host: Host): {
  followed: Followed[];
  damaged: { fleet: string; error: FollowError }[];
} {
  const { files, facts } = host;
  const followed: Followed[] = [];
  const damaged: { fleet: string; error: FollowError }[] = [];
  for (const fleet of files.list(dirname(placesOf('any', facts).rendered))) {
    const places = placesOf(fleet, facts);
    try {
      const following = readFollowing(files, places);
      if (following !== undefined) followed.push({ fleet, places, following });
    } catch (error) {
      if (!(error instanceof FollowError)) throw error;
      damaged.push({ fleet, error });
    }
  }
  return { followed, damaged };
}

/** The machine as it will be once another revision is in force: what is read of the one is read of the other. */
export function asIfInForce(host: Host, places: Places, folder: string): Host {
  const link = currentLink(places);
  const led = (path: string): string =>
    path.startsWith(`${link}/`) ? folder + path.slice(link.length) : path;
  const { files } = host;
  return {
    ...host,
    files: {
      ...files,
      read: (path) => files.read(led(path)),
      readStart: (path, most) => files.readStart(led(path), most),
      readExact: (path) => files.readExact(led(path)),
      readInput: (path, signal) => files.readInput(led(path), signal),
      stat: (path) => files.stat(led(path)),
      target: (path) => files.target(led(path)),
      realpath: (path) => files.realpath(led(path)),
    },
  };
}
