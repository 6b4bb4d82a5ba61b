import type { MissionFile } from '../../src/model/mission.ts';

/** A mission with what a test asks for, and as little else as there can be. */
export const record = (fields: Partial<MissionFile> = {}): MissionFile => ({
  mission_id: 'checkout-v2',
  name: 'Checkout v2',
  status: 'active',
  milestones: [],
  sessions: [],
  ...fields,
});
