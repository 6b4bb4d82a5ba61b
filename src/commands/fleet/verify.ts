/** `mosaic fleet verify`: proves on this host, with a fleet to throw away, what mosaic promises of every fleet. */
import { HostError, type Host } from '../../host/host.ts';
import { placesOf, type Places } from '../../model/places.ts';
import { observeTmux } from '../../observe/tmux.ts';
import { observeUnits } from '../../observe/units.ts';
import { unitNames } from '../../render/unit-names.ts';
import {
  findingText,
  verifyJsonText,
  verifySummary,
  type Finding,
  type VerifyReport,
} from '../../report/fleet-verify.ts';
import { withApplyLock } from '../apply-plan.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { Broken, createBench, type Bench } from './verify/bench.ts';
import { checks, type Systemd } from './verify/checks.ts';
import { changeOf, lookAtDefaultServer } from './verify/default-server.ts';
import {
  clearDead,
  foldersToMake,
  mark,
  remove,
  throwAwayFleet,
  throwAwayName,
} from './verify/throw-away.ts';

export interface FleetVerifyOptions {
  json?: boolean;
  /** Leave the fleet for a person to look at. */
  keep?: boolean;
  /** Only take away what earlier runs left. */
  clear?: boolean;
}

const DEFAULT_SERVER = {
  id: 'default-server',
  title: 'your own tmux server (the default one) was not touched',
};
const PATIENCE_MS = 5_000;
const POLL_MS = 100;
const NOTHING_LEFT = { id: 'nothing-left', title: 'nothing of it is left' };

export async function fleetVerifyCommand(
  context: CommandContext,
  options: FleetVerifyOptions,
): Promise<number> {
  const { host, terminal, signal } = context;
  if (host.files.read('/proc/self/stat') === undefined)
    throw new CommandError('fleet verify looks at processes in /proc, which is not there', EXIT.unavailable);
  const cleared = await clear(context);
  if (options.clear === true) return EXIT.ok;
  const began = host.clock.now();
  const name = throwAwayName();
  const fleet = throwAwayFleet(host, name);
  const places = placesOf(name, host.facts);
  const bench = createBench(context, fleet);
  // Before anything is made.
  const systemd = await supervisorHere(bench);
  const properties: Finding[] = [];
  const tell = (finding: Finding): void => {
    properties.push(finding);
    if (options.json !== true) terminal.out(findingText(finding, terminal.color));
  };
  const made = foldersToMake(host, places);
  const report = await withApplyLock(context, places, async (): Promise<VerifyReport> => {
    mark(host, places, made);
    const cleansUp = (): void =>
      terminal.err(
        'Interrupted: takes away what it made. A second Ctrl-C leaves that to: mosaic fleet verify --clear\n',
      );
    if (options.keep !== true) signal.addEventListener('abort', cleansUp, { once: true });
    try {
      const before = lookAtDefaultServer(host);
      await proveAll(bench, systemd, signal, tell);
      const change = changeOf(before, lookAtDefaultServer(host));
      tell(
        change === undefined
          ? { ...DEFAULT_SERVER, result: 'ok' }
          : {
              ...DEFAULT_SERVER,
              result: 'failed',
              detail: change,
              fix: 'Were that you, meanwhile? Then run it again. Else look for what calls tmux without -L: a wrapper on the PATH, a hook.',
            },
      );
    } finally {
      // Also of a run that was interrupted, whole: a second Ctrl-C ends even this, and the next run clears the rest.
      if (options.keep !== true)
        tell(await takeAway({ ...context, signal: new AbortController().signal }, name));
      signal.removeEventListener('abort', cleansUp);
    }
    const failed = properties.some(({ result }) => result === 'failed');
    return {
      fleet: name,
      host: host.facts.hostname,
      supervisor: systemd.used ? 'systemd' : 'none',
      result: signal.aborted ? 'interrupted' : failed ? 'failed' : 'ok',
      durationMs: host.clock.now() - began,
      properties,
      cleared,
      ...(options.keep === true ? { kept: fleet.tmux.socketName } : {}),
    };
  });
  terminal.out(options.json === true ? verifyJsonText(report) : verifySummary(report));
  return { ok: EXIT.ok, failed: EXIT.failed, interrupted: EXIT.interrupted }[report.result];
}

/** @returns the fleets that were cleared. @throws {CommandError} where one could not be */
async function clear(context: CommandContext): Promise<string[]> {
  const cleared = await clearDead(context);
  for (const { fleet, trouble } of cleared) {
    if (trouble !== undefined)
      throw new CommandError(
        `what an earlier run left of ${fleet} could not be taken away: ${trouble}`,
        EXIT.failed,
      );
    context.terminal.err(`Took away what an earlier run had left: ${fleet}.\n`);
  }
  return cleared.map(({ fleet }) => fleet);
}

/** @throws {CommandError} where the host lacks what a fleet needs at all */
async function supervisorHere(bench: Bench): Promise<Systemd> {
  const { plan, observation } = await bench.look();
  if (plan.unobserved !== undefined)
    throw new CommandError(plan.unobserved.reason, EXIT.unavailable, { fix: plan.unobserved.fix });
  if (plan.supervisor === 'systemd') return { used: true };
  const { units } = observation;
  return { used: false, why: (units.known ? units.value.why : units.why) ?? 'no user manager answers' };
}

/** Each by itself: one that is not so says nothing about the next, but where the agents do not even start. */
async function proveAll(
  bench: Bench,
  systemd: Systemd,
  signal: AbortSignal,
  tell: (finding: Finding) => void,
): Promise<void> {
  let started = true;
  for (const check of checks) {
    const { id, title } = check;
    const why = check.notHere?.(bench, systemd);
    if (why !== undefined) tell({ id, title, result: 'not-applicable', detail: why });
    else if (signal.aborted || !started)
      tell({ id, title, result: 'not-tried', detail: started ? 'interrupted' : 'the agents do not start' });
    else {
      const finding = await prove(() => check.prove(bench));
      if (isOver(signal) && finding.result === 'failed')
        tell({ id, title, result: 'not-tried', detail: 'interrupted' });
      else tell({ id, title, ...finding });
      if (id === 'start' && finding.result === 'failed') started = false;
    }
  }
}

/** Asked anew: it may have come meanwhile. */
const isOver = (signal: AbortSignal): boolean => signal.aborted;

async function prove(what: () => Promise<void>): Promise<Pick<Finding, 'result' | 'detail' | 'fix'>> {
  try {
    await what();
    return { result: 'ok' };
  } catch (error) {
    if (!(error instanceof Broken || error instanceof HostError)) throw error;
    const fix = error instanceof Broken ? error.fix : undefined;
    return { result: 'failed', detail: error.message, ...(fix === undefined ? {} : { fix }) };
  }
}

async function takeAway(context: CommandContext, name: string): Promise<Finding> {
  const fix = 'mosaic fleet verify --clear tries again.';
  try {
    const trouble = (await remove(context, name)) ?? (await leftOf(context.host, name));
    return trouble === undefined
      ? { ...NOTHING_LEFT, result: 'ok' }
      : { ...NOTHING_LEFT, result: 'failed', detail: trouble, fix };
  } catch (error) {
    if (!(error instanceof HostError || error instanceof CommandError)) throw error;
    return { ...NOTHING_LEFT, result: 'failed', detail: error.message, fix };
  }
}

/** What is there of it, in words; undefined: nothing. */
async function leftOf(host: Host, name: string): Promise<string | undefined> {
  const { tmux, systemd } = throwAwayFleet(host, name);
  const places: Places = placesOf(name, host.facts);
  const { holder, template } = unitNames(systemd.unitPrefix);
  const files = [places.state, places.rendered, `${places.units}/${holder}`, `${places.units}/${template}`];
  const left = files.filter((path) => host.files.stat(path) !== undefined);
  if (left.length > 0) return `${left.join(', ')} is still there`;
  const seen = await observeTmux(host, tmux.socketName);
  if (!seen.known || seen.value.server !== undefined) return `a tmux server still runs on ${tmux.socketName}`;
  // systemd forgets a unit some time after its last process has ended.
  for (const until = host.clock.now() + PATIENCE_MS; ; await host.clock.sleep(POLL_MS)) {
    const trouble = (await loadedUnits(host, systemd.unitPrefix)) ?? runningOf(host, name);
    if (trouble === undefined || host.clock.now() > until) return trouble;
  }
}

async function loadedUnits(host: Host, prefix: string): Promise<string | undefined> {
  const units = await observeUnits(host, prefix);
  const loaded = units.known ? [...units.value.units.keys()] : [];
  return loaded.length > 0 ? `${loaded.join(', ')} is still loaded` : undefined;
}

function runningOf({ processes }: Host, name: string): string | undefined {
  const running = processes
    .list()
    .filter(({ pid }) => processes.environment(pid)?.['MOSAIC_FLEET_NAME'] === name);
  return running.length > 0 ? `process ${running.map(({ pid }) => pid).join(', ')} still runs` : undefined;
}
