/** The units that apply the fleet, as files: whose they are, and whether they are as an installation would write them now. */
import { join } from 'node:path';
import { parseDuration } from '../base/duration.ts';
import { packageFile } from '../host/package.ts';
import { findProgram } from '../host/program-path.ts';
import { isFollowed } from '../gitops/layout.ts';
import { readFollowing } from '../gitops/store.ts';
import { fleetOf } from '../render/header.ts';
import { intervalIn, renderTriggers, triggerName, TRIGGERS, type Trigger } from '../render/triggers.ts';
import { unitNames } from '../render/unit-names.ts';
import { commandWords, pathOfUnit } from '../render/unit-path.ts';
import { mosaicLine, type Finding, type Patient } from './check.ts';

/** Unless the timer that stands says otherwise. */
const USUAL_INTERVAL_MS = 60_000;

/** What a unit or a line of a crontab has mosaic apply; undefined for one that names no file. */
export function fileNamed(words: readonly string[]): string | undefined {
  const at = words.indexOf('--file');
  return at === -1 ? undefined : words[at + 1];
}

/** Whether that is the fleet file, or the one in force where a repository is followed. */
export function isInForce({ host: { files }, places, file }: Patient, named: string): boolean {
  if (named === file) return true;
  if (isFollowed(places, named)) return readFollowing(files, places) !== undefined;
  return files.target(named) !== undefined && files.realpath(named) === files.realpath(file);
}

/** Units of others under our names: what they do is theirs to say. */
export function foreignUnits(
  { fleet }: Patient,
  standing: ReadonlyMap<string, string>,
): { names: Set<string>; findings: Finding[] } {
  const names = new Set<string>();
  const findings: Finding[] = [];
  const owners = new Map<string | undefined, string[]>();
  for (const [name, text] of standing) {
    const owner = fleetOf(text);
    if (owner === fleet.name) continue;
    names.add(name);
    owners.set(owner, [...(owners.get(owner) ?? []), name]);
  }
  for (const [owner, [first = '', ...more]] of owners) {
    const which = more.length === 0 ? first : `${first} and ${more.length} more`;
    findings.push({
      health: 'warning',
      message: `${which} ${owner === undefined ? 'was not made by mosaic' : `belongs to the fleet ${owner}`}: it does not apply this one`,
      advice: 'Give the fleet a systemd.unit_prefix of its own.',
    });
  }
  return { names, findings };
}

/** A trouble with a unit's file. */
export interface FileTrouble {
  unit: string;
  /** The file has other words, which may come of what else is told of it. */
  words: boolean;
  finding: Finding;
}

/**
 * What is missing, applies another file, or has other words than an installation would write.
 * @param standing texts of the units that are ours, by name
 * @param foreign names under which units of others stand
 */
export function fileTroubles(
  on: Patient,
  standing: ReadonlyMap<string, string>,
  foreign: ReadonlySet<string>,
): FileTrouble[] {
  const { fleet, file } = on;
  const nameOf = (trigger: Trigger): string => triggerName(fleet.systemd.unitPrefix, trigger);
  if (!TRIGGERS.some((trigger) => standing.has(nameOf(trigger)))) return [];
  const command = mosaicLine(file, 'fleet', 'install-systemd');
  const found: FileTrouble[] = [];
  const tell = (unit: string, health: Finding['health'], what: string): void =>
    void found.push({
      unit,
      words: health === 'warning',
      finding: { health, message: `${unit} ${what}`, command },
    });
  let named = file;
  for (const [name, text] of standing) {
    const given = fileNamed(commandWords(text) ?? []);
    if (given === undefined) continue;
    if (isInForce(on, given)) named = given;
    else tell(name, 'broken', `applies another file (${given}, not ${file})`);
  }
  const others = found.length > 0;
  const holder = on.host.files.read(join(on.places.units, unitNames(fleet.systemd.unitPrefix).holder)) ?? '';
  const agents = fleetOf(holder) === fleet.name ? pathOfUnit(holder) : undefined;
  for (const [trigger, wanted] of wantedTexts(on, named, standing.get(nameOf('reconcile.timer')))) {
    const name = nameOf(trigger);
    const text = standing.get(name);
    if (foreign.has(name)) continue;
    if (text === undefined) tell(name, 'broken', 'is not there');
    else if (!others && withoutEnvironment(text) !== withoutEnvironment(wanted))
      tell(name, 'warning', 'is not as mosaic would write it');
    else {
      const path = pathOfUnit(text);
      if (path === '') tell(name, 'broken', 'has an empty PATH: it finds no tmux and no git');
      else if (path !== undefined && agents !== undefined && path !== agents)
        tell(name, 'warning', 'has another PATH than the agents are given');
    }
  }
  return found;
}

/** Whoever installs gives the variables: they may differ from those of whoever asks. */
const withoutEnvironment = (text: string): string => text.replace(/^Environment=.*\n/gm, '');

function wantedTexts(
  { host, fleet, places, own }: Patient,
  file: string,
  timer: string | undefined,
): [Trigger, string][] {
  const templates = Object.fromEntries(
    TRIGGERS.map((trigger) => [trigger, packageFile(join('units', `mosaic-${trigger}`))]),
  ) as Record<Trigger, string>;
  try {
    return renderTriggers(templates, {
      fleet: fleet.name,
      prefix: fleet.systemd.unitPrefix,
      file,
      followed: isFollowed(places, file),
      wake: places.wake,
      intervalMs: parseDuration(intervalIn(timer ?? '') ?? '') ?? USUAL_INTERVAL_MS,
      programs: {
        node: own.node,
        mosaic: own.mosaic,
        rm: findProgram(host.files, 'rm', '/usr/bin:/bin') ?? '/bin/rm',
      },
      path: '',
      env: [],
    }).map(({ trigger, text }) => [trigger, text]);
  } catch (error) {
    // What systemd cannot be told: an installation says which.
    if (error instanceof RangeError) return [];
    throw error;
  }
}
