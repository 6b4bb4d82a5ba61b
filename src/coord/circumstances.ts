/** Gathers what the prompt of the next session tells beside where the mission stands. */
import type { Host } from '../host/host.ts';
import { lastSession } from '../mission/select.ts';
import type { MissionSeen, PromptKind } from '../model/mission.ts';
import { observeDirty } from '../observe/project.ts';
import type { TextsWish } from './texts.ts';

/** @param workplace where the session before worked; looked at only for a recovery */
export async function circumstancesOf(
  host: Host,
  seen: MissionSeen,
  kind: PromptKind,
  workplace: string,
): Promise<TextsWish> {
  const dirty = kind === 'recover' ? await observeDirty(host, workplace) : undefined;
  const tasks = seen.tasks.known ? (seen.tasks.value ?? []) : [];
  return {
    kind,
    now: host.clock.now(),
    inProgress: tasks.filter(({ status }) => status === 'in-progress'),
    ...(seen.lock.kind === 'dead' ? { why: seen.lock.why } : {}),
    ...(dirty?.known === true ? { dirty: dirty.value } : {}),
  };
}

/** Where the session of the lock, or else the last one, worked, if that folder is still there; else the project. */
export function workplaceOf({ files }: Host, { lock, places, record }: MissionSeen): string {
  const last = record.known && record.value !== undefined ? lastSession(record.value) : undefined;
  const locked = lock.kind === 'dead' || lock.kind === 'live' ? lock.lock : undefined;
  const noted = locked?.workplace ?? last?.workplace ?? '';
  try {
    if (noted.startsWith('/') && files.target(noted)?.kind === 'folder') return noted;
  } catch {
    // What cannot be looked at is no place to tell of.
  }
  return places.project;
}
