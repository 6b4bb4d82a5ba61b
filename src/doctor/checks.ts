/** Every check, in the order in which they are told. A new one is one entry here. */
import { clock, timeSync } from './clock.ts';
import type { Check, Patient } from './check.ts';
import { followed } from './followed.ts';
import { formulas } from './formulas.ts';
import { applyLock, missionLocks, sessionLocks } from './locks.ts';
import { bus, linger, manager } from './manager.ts';
import { ownFiles, secretFiles } from './modes.ts';
import { programs } from './programs.ts';
import { remoteHosts } from './remote.ts';
import { room, writable } from './room.ts';
import { orphanScopes } from './scopes.ts';
import { foreignSessions } from './sessions.ts';
import { hook, socket } from './socket.ts';
import { triggers } from './triggers.ts';
import { wake } from './wake.ts';
import { flock, git, node, tmux } from './versions.ts';
import { folders, repositories, state } from './workplaces.ts';

/** Of the machine; each looks further where there is a fleet. */
export const machineChecks: readonly Check[] = [
  node,
  tmux,
  git,
  flock,
  manager,
  bus,
  linger,
  writable,
  room,
  clock,
  timeSync,
];

export const fleetChecks: readonly Check<Patient>[] = [
  state,
  programs,
  secretFiles,
  ownFiles,
  folders,
  repositories,
  triggers,
  wake,
  formulas,
  socket,
  hook,
  foreignSessions,
  orphanScopes,
  sessionLocks,
  missionLocks,
  applyLock,
  followed,
  remoteHosts,
];
