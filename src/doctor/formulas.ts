/** Formulas that come by the clock: whether a run of each could begin, and does. */
import { join } from 'node:path';
import { shellLine } from '../base/shell.ts';
import { counted } from '../base/text.ts';
import { parseEnvFile } from '../fleet/env-file.ts';
import type { ScheduledFormula } from '../model/fleet.ts';
import type { Formula } from '../model/formula.ts';
import type { Observation } from '../model/observation.ts';
import { allFormulas } from '../plan/formulas.ts';
import { formulaOfUnit, formulaUnitNames } from '../render/formula-units.ts';
import { fleetOf } from '../render/header.ts';
import { commandWords } from '../render/unit-path.ts';
import { fileNamed, isInForce } from './trigger-files.ts';
import { check, mosaicLine, notApplicable, ok, type Check, type Finding, type Patient } from './check.ts';

interface FormulaFacts {
  scheduled: number;
  /** Their timers were asked for, too. */
  timers: boolean;
  findings: Finding[];
}

const broken = (message: string, fix: Pick<Finding, 'advice' | 'command'> = {}): Finding => ({
  health: 'broken',
  message,
  ...fix,
});

async function formulaFacts(on: Patient): Promise<FormulaFacts> {
  const { fleet } = on;
  const observation = await on.observed;
  const { installed } = observation.formulas;
  const wishes = allFormulas(fleet, installed.known ? installed.value : []);
  const findings: Finding[] = installed.known
    ? []
    : [broken(installed.why, installed.fix === undefined ? {} : { advice: installed.fix })];
  for (const wish of wishes) findings.push(...(await troublesOf(on, wish)));
  const timers = wishes.length > 0 && fleet.supervisor !== 'none';
  if (timers) findings.push(...(await timerTroubles(on, observation, wishes)));
  return { scheduled: wishes.length, timers, findings: [...findings, ...ofFormerName(on)] };
}

/** Why no run of it could begin. */
async function troublesOf(on: Patient, { name, file }: ScheduledFormula): Promise<Finding[]> {
  const { host, fleet } = on;
  const text = readOr(on, file);
  if (typeof text !== 'string') {
    const why = text === undefined ? `its formula ${file} is not there` : text.message;
    return [
      fleet.formulas.some((one) => one.name === name)
        ? broken(`${name}: ${why}`, { advice: 'Put it there, or name another file in the fleet file.' })
        : broken(`${name}: ${why}`, {
            advice: `If it moved, mosaic formula install it again from there, with --name ${name}; the command takes its timer away.`,
            command: mosaicLine(fleet.file, 'formula', 'uninstall', name),
          }),
    ];
  }
  const { loadFormula } = await import('../formula/load.ts');
  const { home } = host.facts;
  const loaded = loadFormula({ text, file, home, runtimes: Object.keys(fleet.runtimes) });
  if (loaded.ok) return secretTroubles(on, name, loaded.value);
  const [first] = loaded.problems;
  const line = first?.range === undefined ? '' : `line ${first.range.line}: `;
  return [
    broken(
      `${name}: ${file} is not valid: ${counted(loaded.problems.length, 'problem')}, the first: ${line}${first?.message ?? ''}`,
      {
        advice: 'No run of it begins until it is. The command shows all, with the way out of each.',
        command: mosaicLine(fleet.file, 'formula', 'check', file),
      },
    ),
  ];
}

/** What a timer's run has none of, whatever the shell of who asks has. */
async function secretTroubles(on: Patient, name: string, formula: Formula): Promise<Finding[]> {
  const { envFile, env, forge } = formula;
  let given: Record<string, string> = {};
  if (envFile !== undefined) {
    const advice = 'A line NAME=VALUE for each variable, readable by nobody else (chmod 600).';
    const text = readOr(on, envFile);
    if (text === undefined)
      return [broken(`${name}: ${envFile}, which env_file names, is not there`, { advice })];
    if (typeof text !== 'string') return [broken(`${name}: ${text.message}`)];
    const { values, problems } = parseEnvFile(text);
    const [first] = problems;
    if (first !== undefined) return [broken(`${name}: ${envFile}: ${first.message}`, { advice })];
    given = values;
  }
  const token = forge?.tokenEnv;
  if (token === undefined || Object.hasOwn(given, token) || (env[token] ?? '') !== '') return [];
  if (await managerHas(on, token)) return [];
  return [
    {
      health: 'warning',
      message: `${name}: the variable ${token}, which forge.token_env names, is in no env_file: what comes by the clock has nothing of a shell's environment`,
      advice: `Write ${token}=… into a file of its own (chmod 600), and name that with env_file in ${formula.file}.`,
    },
  ];
}

/** Its units have what the user manager has. */
async function managerHas({ host, fleet }: Patient, variable: string): Promise<boolean> {
  if (fleet.supervisor === 'none') return false;
  const { code, stdout } = await host.exec('systemctl', ['--user', 'show-environment']);
  return code === 0 && stdout.split('\n').some((line) => line.startsWith(`${variable}=`));
}

async function timerTroubles(
  on: Patient,
  { files, formulas }: Observation,
  wishes: readonly ScheduledFormula[],
): Promise<Finding[]> {
  const { fleet, places } = on;
  const units = await on.units;
  if (!units.known)
    return [{ health: 'unknown', message: `whether their timers run cannot be told: ${units.why}` }];
  if (units.value.manager === 'absent') return [];
  return wishes.flatMap(({ name }): Finding[] => {
    const { timer } = formulaUnitNames(fleet.systemd.unitPrefix, name);
    const there = files.get(join(places.units, timer));
    if (there?.kind === 'foreign')
      return [
        broken(`${name}: nothing runs it: ${timer} is there, and is not ours: ${there.why}`, {
          advice: 'Give the formula another name, or the fleet a systemd.unit_prefix of its own.',
        }),
      ];
    const runs = units.value.units.get(timer)?.active === 'active';
    if (there?.kind === 'ours' && runs && formulas.enabled.has(timer)) return [];
    const what = runs ? 'would not come back after a reboot' : 'does not run';
    return [broken(`${name}: ${timer} ${what}`, { command: mosaicLine(fleet.file, 'apply') })];
  });
}

/** A fleet that was renamed has left timers behind, which go on to run its formulas, and which nothing of its new name takes away. */
function ofFormerName(on: Patient): Finding[] {
  const { host, fleet, places } = on;
  return host.files.list(places.units).flatMap((service): Finding[] => {
    const unit = formulaOfUnit(fleet.systemd.unitPrefix, service);
    if (unit?.kind !== 'service') return [];
    const text = readOr(on, join(places.units, service));
    const owner = typeof text === 'string' ? fleetOf(text) : undefined;
    if (typeof text !== 'string' || owner === undefined || owner === fleet.name) return [];
    const named = fileNamed(commandWords(text) ?? []);
    if (named === undefined || !isInForce(on, named)) return [];
    const { timer } = formulaUnitNames(unit.prefix, unit.formula);
    const removal = shellLine(['rm', '-f', join(places.units, timer), join(places.units, service)]);
    const reload = shellLine(['systemctl', '--user', 'daemon-reload']);
    return [
      {
        health: 'warning',
        message: `${timer} runs ${unit.formula} with ${named} for the fleet ${owner}, which that file is of no more`,
        advice: 'mosaic apply makes the timers that the fleet has under its name of now.',
        command: `${shellLine(['systemctl', '--user', 'disable', '--now', timer])}; ${removal} && ${reload}`,
      },
    ];
  });
}

/** The error where it cannot be read. */
function readOr({ host }: Patient, path: string): string | undefined | Error {
  try {
    return host.files.read(path);
  } catch (error) {
    return error as Error;
  }
}

export const formulas: Check<Patient> = check('formulas', formulaFacts, ({ scheduled, timers, findings }) => {
  if (findings.length > 0) return findings;
  if (scheduled === 0) return notApplicable('no formula comes by the clock');
  return ok(
    `${counted(scheduled, 'formula')} can be run${timers ? ', and the timers of all run' : '; what runs them is not looked at'}`,
  );
});
