/** session.lock of a mission (schemas/session-lock.schema.json): the same keys as an agent's lock, and unknown ones kept. */
import { sessionLock as valid } from '../generated/sessionLock.js';
import type { MissionLock } from '../model/mission.ts';
import { parseLocated } from './located-json.ts';

/** Throws an Error in words, with line and column. */
export const parseMissionLock = (text: string): MissionLock => parseLocated(text, valid) as MissionLock;

export const formatMissionLock = (lock: MissionLock): string => `${JSON.stringify(lock, undefined, 2)}\n`;
