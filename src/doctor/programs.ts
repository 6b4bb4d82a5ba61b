/** Whether the program of every agent would be found where it is started, under the PATH that it is started with. */
import { join } from 'node:path';
import { listed } from '../base/text.ts';
import { shellLine } from '../base/shell.ts';
import { agentPath } from '../host/exec.ts';
import { findProgram } from '../host/program-path.ts';
import type { Agent } from '../model/fleet.ts';
import type { Observation } from '../model/observation.ts';
import { fleetOf } from '../render/header.ts';
import { unitWord } from '../render/quote.ts';
import { triggerName } from '../render/triggers.ts';
import { unitNames } from '../render/unit-names.ts';
import { pathOfUnit } from '../render/unit-path.ts';
import { check, mosaicLine, ok, type Check, type Finding, type Patient } from './check.ts';

interface Program {
  program: string;
  agents: string[];
  /** Where it is, on the PATH that its agents get. */
  found: boolean;
  /** Where the caller's own PATH has it. */
  foundHere: string | undefined;
  install: string | undefined;
  /** Its agents bring a PATH of their own. */
  ownPath: boolean;
}

interface ProgramFacts {
  programs: Program[];
  /** Absent: no units stand, and the caller's PATH counts. */
  unit: string | undefined;
  /** That PATH names no folder at all. */
  empty: boolean;
  /** The caller's. */
  here: string;
  /** Units apply the fleet, with a copy of that PATH. */
  triggers: boolean;
  file: string;
}

async function programFacts(on: Patient): Promise<ProgramFacts> {
  const { fleet, host, places, file } = on;
  const unit = `${places.units}/${unitNames(fleet.systemd.unitPrefix).holder}`;
  const standing = fleet.supervisor === 'none' ? undefined : host.files.read(unit);
  // Another fleet's unit says nothing of ours, and is not ours to change.
  const text = fleetOf(standing ?? '') === fleet.name ? standing : undefined;
  const reconcile = `${places.units}/${triggerName(fleet.systemd.unitPrefix, 'reconcile.service')}`;
  const here = agentPath(host.facts.env['PATH'] ?? '');
  const ofUnits = pathOfUnit(text);
  const observation = await on.observed;
  const programs = new Map<string, Program>();
  for (const agent of fleet.agents) {
    if (agent.state === 'stopped') continue;
    const own = ownPath(agent, observation);
    const path = own ?? ofUnits ?? here;
    const program = programOf(agent);
    const key = JSON.stringify([program, path]);
    const seen = programs.get(key) ?? {
      program,
      agents: [],
      found: findProgram(host.files, program, path) !== undefined,
      foundHere: findProgram(host.files, program, here),
      install: fleet.runtimes[agent.runtime]?.install,
      ownPath: own !== undefined,
    };
    seen.agents.push(agent.name);
    programs.set(key, seen);
  }
  return {
    programs: [...programs.values()],
    unit: ofUnits === undefined ? undefined : unit,
    empty: (ofUnits ?? here) === '',
    here,
    triggers: fleetOf(host.files.read(reconcile) ?? '') === fleet.name,
    file,
  };
}

/** A relative path counts from where the agent works, as far as that is known before its worktree is made. */
function programOf({ command, workingDirectory, worktree }: Agent): string {
  const [program = ''] = command;
  const folder = worktree === undefined ? workingDirectory : (worktree.path ?? workingDirectory);
  return program.includes('/') && !program.startsWith('/') ? join(folder, program) : program;
}

function ownPath({ env, envFile }: Agent, { secrets }: Observation): string | undefined {
  const secret = envFile === undefined ? undefined : secrets.get(envFile);
  return (secret?.known === true ? secret.value['PATH'] : undefined) ?? env['PATH'];
}

function judgePrograms(facts: ProgramFacts): readonly Finding[] {
  const { programs, unit, empty, here } = facts;
  const where = unit === undefined ? 'your PATH' : 'the PATH of the units';
  const missing = programs.filter(({ found }) => !found);
  // One cause, told once.
  const told = missing.filter(({ program, ownPath: own }) => !empty || own || program.includes('/'));
  const found = told.map((program) => judgeMissing(program, facts));
  if (empty)
    found.unshift({
      health: 'broken',
      message: `${where} is empty: no program is found by its name`,
      ...(unit !== undefined && here !== ''
        ? { advice: 'The command gives the units yours.', command: pathLine(facts, unit) }
        : { advice: 'Set PATH, as with PATH=/usr/local/bin:/usr/bin:/bin, and ask again.' }),
    });
  return found.length > 0 ? found : ok(`every agent's program is on ${where}`);
}

/**
 * Gives the units the caller's PATH. In the holder's unit it is changed in one step: what else renders a unit, such as a reconcile
 * that an agent's end starts meanwhile, takes it from there, the old or the new.
 */
function pathLine({ here, triggers, file }: ProgramFacts, unit: string): string {
  const line = `Environment=${unitWord(`PATH=${here}`)}`.replace(/[\\&|]/g, '\\$&');
  return [
    shellLine(['sed', '-i', `s|^Environment="PATH=.*"$|${line}|`, unit]),
    'systemctl --user daemon-reload',
    // A reconcile may be at work.
    mosaicLine(file, 'apply', '--wait', '1m'),
    ...(triggers ? [mosaicLine(file, 'fleet', 'install-systemd')] : []),
  ].join(' && ');
}

function judgeMissing(missing: Program, facts: ProgramFacts): Finding {
  const { unit, file } = facts;
  const { program, agents, foundHere, install, ownPath: own } = missing;
  const health = 'broken';
  const whose = `${program} (${listed(agents)})`;
  if (program.includes('/')) {
    const message = `${whose} is not there, or cannot be executed`;
    return install === undefined ? { health, message } : { health, message, command: install };
  }
  if (own)
    return {
      health,
      message: `${whose} is not on the PATH that its env gives it`,
      advice: `Mend PATH in the agent's env, or name the program by its whole path, in ${file}.`,
    };
  if (unit !== undefined && foundHere !== undefined)
    return {
      health,
      message: `${whose} is not on the PATH of the units, which is that of whoever applied first; yours has it (${foundHere})`,
      advice: 'The command gives the units yours.',
      command: pathLine(facts, unit),
    };
  const message = `${whose} is not on ${unit === undefined ? 'your PATH' : 'the PATH of the units'}`;
  return install === undefined
    ? { health, message, advice: `Install it, or name it by its whole path in ${file}.` }
    : { health, message, command: install };
}

export const programs: Check<Patient> = check('programs', programFacts, judgePrograms);
