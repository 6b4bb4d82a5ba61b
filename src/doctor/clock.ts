/** Whether the clock can be right, and whether something keeps it so. */
import { shellLine } from '../base/shell.ts';
import { join } from 'node:path';
import type { ExecResult } from '../host/host.ts';
import type { FleetState } from '../model/state.ts';
import {
  asRoot,
  check,
  mosaicLine,
  ok,
  unknownFinding,
  type Check,
  type Finding,
  type Machine,
  type Patient,
} from './check.ts';

/** A moment as it is said: in UTC, to the second. */
const isoSeconds = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** Clocks and the time that a file system notes may differ by as much. */
const LEEWAY_MS = 60_000;

interface ClockFacts {
  now: number;
  bootedAt: number | undefined;
  uid: number;
  /** Files of ours, and when they were last written. */
  written: { path: string; at: number }[];
  /** What the state says of agents that lies ahead. */
  records: { agent: string; at: number }[];
  file: string | undefined;
}

async function clockFacts(on: Machine | Patient): Promise<ClockFacts> {
  const { host } = on;
  const patient = 'fleet' in on ? on : undefined;
  const paths =
    patient === undefined ? [] : [patient.places.stateFile, patient.places.events, ...locksOf(patient)];
  const state = patient === undefined ? undefined : (await patient.observed).state;
  return {
    now: host.clock.now(),
    bootedAt: host.facts.bootedAt,
    uid: host.facts.uid,
    written: paths.flatMap((path) => {
      const stat = host.files.stat(path);
      return stat === undefined ? [] : [{ path, at: stat.modifiedAt }];
    }),
    records: state?.known === true ? momentsOf(state.value) : [],
    file: patient?.file,
  };
}

const locksOf = ({ host, places }: Patient): string[] =>
  host.files.list(places.locks).map((name) => join(places.locks, name));

const momentsOf = ({ agents }: FleetState): ClockFacts['records'] =>
  Object.entries(agents).flatMap(([agent, { run, ended, suspendedAt }]) =>
    [run?.startedAt, ended?.at, suspendedAt].flatMap((at) => (at === undefined ? [] : [{ agent, at }])),
  );

function judgeClock({ now, bootedAt, uid, written, records, file }: ClockFacts): readonly Finding[] {
  const ahead = (at: number): boolean => at > now + LEEWAY_MS;
  const found: Finding[] = [];
  if (bootedAt !== undefined && ahead(bootedAt)) {
    found.push({
      health: 'broken',
      message: `the clock says ${isoSeconds(now)}, before the machine was started`,
      command: asRoot(uid, 'timedatectl set-ntp true'),
    });
  }
  const files = written.filter(({ at }) => ahead(at)).map(({ path }) => path);
  if (files.length > 0) {
    found.push({
      health: 'warning',
      message: `the clock says ${isoSeconds(now)}, and what mosaic has written is of later: it was set back`,
      advice:
        'Set the clock, where it is wrong now; where it was wrong then, the command gives the files a time of now.',
      command: shellLine(['touch', ...files]),
    });
  }
  const agents = [...new Set(records.flatMap(({ agent, at }) => (ahead(at) ? [agent] : [])))];
  for (const agent of file === undefined ? [] : agents) {
    found.push({
      health: 'warning',
      message: `the record of ${agent} lies in the future, and its next restart may wait as long`,
      advice: 'Set the clock, where it is wrong now; else a restart begins the record anew.',
      command: mosaicLine(file ?? '', 'apply', '--restart', agent),
    });
  }
  return found.length > 0 ? found : ok(`nothing of ours is later than now (${isoSeconds(now)})`);
}

export const clock: Check = check('clock', clockFacts, judgeClock);

interface SyncFacts {
  uid: number;
  result: ExecResult;
}

export const timeSync: Check = check(
  'time-sync',
  async ({ host }): Promise<SyncFacts> => ({
    uid: host.facts.uid,
    result: await host.exec('timedatectl', ['show', '--property=NTP', '--property=NTPSynchronized']),
  }),
  ({ uid, result: { code, stdout, stderr, message } }) => {
    if (code !== 0) {
      const why = message ?? stderr.trim().split('\n')[0] ?? '';
      return unknownFinding(`whether the clock is kept right cannot be told: ${why}`);
    }
    if (/^NTPSynchronized=yes$/m.test(stdout)) return ok('the clock is kept right over the network');
    if (/^NTP=no$/m.test(stdout)) {
      return [
        {
          health: 'warning',
          message: 'nothing keeps the clock right',
          command: asRoot(uid, 'timedatectl set-ntp true'),
        },
      ];
    }
    if (!/^NTP=yes$/m.test(stdout)) return unknownFinding(`timedatectl says ${stdout.trim()}`);
    return [
      {
        health: 'warning',
        message: 'the clock is to be kept right over the network, and has not been yet',
        advice: 'Look at timedatectl timesync-status: no time server may be in reach.',
      },
    ];
  },
);
