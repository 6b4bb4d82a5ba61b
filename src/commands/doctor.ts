/** `mosaic doctor`: what is wrong with this machine, or will be, and what mends each. Writes nothing but a probe in the state folder. */
import type { Finding, Machine, Patient } from '../doctor/check.ts';
import { fleetChecks, machineChecks } from '../doctor/checks.ts';
import { runChecks, type Checked } from '../doctor/run.ts';
import type { Host } from '../host/host.ts';
import { ownProgram } from '../host/own-program.ts';
import { packageFile } from '../host/package.ts';
import { shellLine } from '../base/shell.ts';
import { counted } from '../base/text.ts';
import type { Fleet } from '../model/fleet.ts';
import { observe } from '../observe/observe.ts';
import { observeUnits } from '../observe/units.ts';
import { doctorJsonText, doctorText, type DoctorReport } from '../report/doctor.ts';
import { CommandError, EXIT } from './command-error.ts';
import type { CommandContext, FleetOptions } from './context.ts';
import { findFleetFile, readFleet } from './fleet-file.ts';
import { besideFollowed } from './in-force.ts';
import { settingOf } from './reconcile.ts';

export interface DoctorCommandOptions extends FleetOptions {
  /** Also ask the fleet's other hosts. */
  remote?: boolean;
}

export async function doctorCommand(context: CommandContext, options: DoctorCommandOptions): Promise<number> {
  const { host, terminal, signal } = context;
  const found = await findFleet(context, options.file);
  const machine: Omit<Machine, 'signal'> = {
    host,
    own: ownProgram(),
    nodeNeeded: nodeNeeded(),
    units: observeUnits(host, found.fleet?.systemd.unitPrefix ?? 'mosaic'),
  };
  const patient = found.fleet === undefined ? undefined : patientOf(context, machine, found.fleet, options);
  const checked = await Promise.all([
    // With a fleet they look at what is the fleet's.
    runChecks<Machine>(machineChecks, patient ?? machine, signal),
    patient === undefined ? [] : runChecks<Patient>(fleetChecks, patient, signal),
  ]);
  if (signal.aborted) throw new CommandError('interrupted', EXIT.interrupted);
  const report: DoctorReport = {
    ...(found.fleet === undefined ? {} : { fleet: found.fleet.name, file: found.fleet.file }),
    checks: [found.check, ...checked.flat()],
  };
  terminal.out(options.json === true ? doctorJsonText(report) : doctorText(report, terminal));
  const broken = report.checks.some(({ findings }) => findings.some(({ health }) => health === 'broken'));
  return broken ? EXIT.failed : EXIT.ok;
}

const nodeNeeded = (): string =>
  (JSON.parse(packageFile('package.json')) as { engines: { node: string } }).engines.node;

/** The fleet, or why there is none to look at; what is told of its file is a check like any other. */
async function findFleet(
  context: CommandContext,
  given: string | undefined,
): Promise<{ check: Checked; fleet?: Fleet }> {
  const told = (finding: Finding): Checked => ({ id: 'fleet-file', findings: [finding] });
  const { host } = context;
  const named = given ?? host.facts.env['MOSAIC_FLEET'];
  let file: string;
  try {
    file = await findFleetFile(host, given);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const finding = { message: error.message, ...(error.fix === undefined ? {} : { advice: error.fix }) };
    return { check: told({ health: (named ?? '') === '' ? 'not-applicable' : 'broken', ...finding }) };
  }
  try {
    const found = await readFleet(context, file);
    // In a clone of a followed repository what runs here is as the file in force says.
    const beside = found.ok && (named ?? '') === '' ? besideFollowed(host, found.value) : undefined;
    if (beside !== undefined) file = beside.inForce;
    const loaded = beside === undefined ? found : await readFleet(context, file);
    if (loaded.ok) return { check: told({ health: 'ok', message: `${file} is valid` }), fleet: loaded.value };
    const [first] = loaded.problems;
    const problems = counted(loaded.problems.length, 'problem');
    return {
      check: told({
        health: 'broken',
        message: `${file} is not valid: ${problems}${first === undefined ? '' : `, the first: ${first.message}`}`,
        advice:
          'Nothing of the fleet is looked at until it is. The command shows all, with the way out of each.',
        command: shellLine(['mosaic', 'validate', file]),
      }),
    };
  } catch (error) {
    if (!(error instanceof CommandError) || context.signal.aborted) throw error;
    const fix = error.fix === undefined ? {} : { advice: error.fix };
    return { check: told({ health: 'broken', message: error.message, ...fix }) };
  }
}

function patientOf(
  context: CommandContext,
  machine: Omit<Machine, 'signal'>,
  fleet: Fleet,
  { remote }: DoctorCommandOptions,
): Omit<Patient, 'signal'> {
  const { host } = context;
  const { places } = settingOf(host, fleet);
  const observed = observe(host, fleet, places);
  // Whoever waits for it hears of its failure; that nobody may be waiting yet is no failure of its own.
  observed.catch(() => {});
  return {
    ...machine,
    fleet,
    file: fleet.file,
    places,
    observed,
    ...(remote === true ? { reach: () => reachOthers(context, host, fleet) } : {}),
  };
}

/** One question to each other host: does the mosaic there answer? */
async function reachOthers(
  { signal }: CommandContext,
  host: Host,
  fleet: Fleet,
): Promise<Map<string, Finding | undefined>> {
  const [{ sshTransport }, { byHand }] = await Promise.all([
    import('../transport/ssh/ssh.ts'),
    import('../transport/ssh/command.ts'),
  ]);
  const listed = await sshTransport(host, fleet, { signal }).listAgents();
  const answers = new Map<string, Finding | undefined>();
  for (const { host: name, trouble } of listed) {
    if (name === undefined || answers.get(name) !== undefined) continue;
    const remote = fleet.hosts[name];
    answers.set(
      name,
      trouble === undefined
        ? undefined
        : {
            health: 'warning',
            message: `${name} does not answer: ${trouble}`,
            ...(remote === undefined ? {} : { command: shellLine(byHand(remote)) }),
          },
    );
  }
  return answers;
}
