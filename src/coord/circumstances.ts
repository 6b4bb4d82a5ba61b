/** Gathers what the prompt of the next session tells beside where the mission stands. */
import type { Host } from '../host/host.ts';
import { packagePath } from '../host/package.ts';
import type { Circumstances } from '../mission/texts.ts';
import type { MissionSeen, PromptKind } from '../model/mission.ts';
import { observeDirty } from '../observe/project.ts';

/** The guide that tells an agent how to work on a mission; ships with us. */
export const protocolGuide = (): string => packagePath('guides/mission-protocol.md');

/** @param workplace where the session before worked; looked at only for a recovery */
export async function circumstancesOf(
  host: Host,
  seen: MissionSeen,
  kind: PromptKind,
  workplace: string,
): Promise<Circumstances> {
  const dirty = kind === 'recover' ? await observeDirty(host, workplace) : undefined;
  const tasks = seen.tasks.known ? (seen.tasks.value ?? []) : [];
  return {
    kind,
    guide: protocolGuide(),
    now: host.clock.now(),
    inProgress: tasks.filter(({ status }) => status === 'in-progress'),
    ...(seen.lock.kind === 'dead' ? { why: seen.lock.why } : {}),
    ...(dirty?.known === true ? { dirty: dirty.value } : {}),
  };
}

/** Where the session of the lock worked, if that folder is still there; else the project. */
export function workplaceOf({ files }: Host, { lock, places }: MissionSeen): string {
  const noted = lock.kind === 'dead' || lock.kind === 'live' ? lock.lock.project_path : '';
  try {
    if (noted.startsWith('/') && files.target(noted)?.kind === 'folder') return noted;
  } catch {
    // What cannot be looked at is no place to tell of.
  }
  return places.project;
}
