/** What the checks do with the throw-away fleet, and what they see of it: everything through the planner and the executor. */
import type { Host } from '../../../host/host.ts';
import type { Fleet } from '../../../model/fleet.ts';
import type { Observation } from '../../../model/observation.ts';
import { recordOf } from '../../../model/state.ts';
import type { PlanOptions, Setting } from '../../../plan/plan.ts';
import { unitNames } from '../../../render/unit-names.ts';
import { applyPlan } from '../../apply-plan.ts';
import type { CommandContext } from '../../context.ts';
import { lookAndPlan, settingOf, type Look } from '../../reconcile.ts';
import { ONE, OTHER } from './throw-away.ts';

/** Why a property does not hold, and what can be done about it. */
export class Broken extends Error {
  override name = 'Broken';
  readonly fix: string | undefined;
  constructor(message: string, fix?: string) {
    super(message);
    this.fix = fix;
  }
}

/** One life of a process. */
export interface Life {
  pid: number;
  startTime: number;
}

/** What runs: a dead pane counts for nothing. */
export interface Sight {
  server?: Life;
  one?: Life;
  other?: Life;
  /** Crash records of each agent. */
  crashes: number;
}

export interface Bench {
  readonly host: Host;
  readonly fleet: Fleet;
  readonly setting: Setting;
  readonly units: ReturnType<typeof unitNames>;
  /** Reconciles once. @throws {Broken} where a plan is refused, or something of it fails */
  reconcile(options?: PlanOptions): Promise<Look>;
  look(): Promise<Look>;
  sight(): Promise<Sight>;
  /** Has both agents run. @throws {Broken} */
  bothUp(): Promise<Required<Sight>>;
  /** Waits until something holds; false where it does not within ten seconds, or the person wants an end. */
  until(holds: () => boolean | Promise<boolean>): Promise<boolean>;
}

const PATIENCE_MS = 10_000;
const POLL_MS = 50;

export function createBench(given: CommandContext, fleet: Fleet): Bench {
  const quiet = { ...given.terminal, out: () => {}, err: () => {}, interactive: false };
  const context = { ...given, terminal: quiet };
  const { host, signal } = given;
  const setting = settingOf(host, fleet);
  const look = (options: PlanOptions = {}): Promise<Look> => lookAndPlan(host, fleet, setting, options);

  const bench: Bench = {
    host,
    fleet,
    setting,
    units: unitNames(fleet.systemd.unitPrefix),
    look: () => look(),

    async reconcile(options) {
      const seen = await look(options);
      const { plan } = seen;
      const trouble = plan.unobserved ?? plan.refused;
      if (trouble !== undefined) throw new Broken(trouble.reason, trouble.fix);
      const { outcomes, left } = await applyPlan(context, fleet, setting.places, seen, { quiet: true });
      const failed = outcomes.find(({ result }) => result === 'failed');
      if (failed !== undefined)
        throw new Broken(`${failed.action.id}: ${failed.detail ?? 'it failed'}${lastWords(failed.output)}`);
      if (left !== undefined) throw new Broken('interrupted');
      const conflict = plan.verdicts.find(({ change }) => change === 'conflict' || change === 'unknown');
      if (conflict !== undefined) throw new Broken(`${conflict.agent}: ${conflict.reason}`, conflict.fix);
      return seen;
    },

    async sight() {
      return sightOf(host, (await look()).observation, crashRecords(host, setting));
    },

    async bothUp() {
      await bench.reconcile({ start: new Set([ONE, OTHER]) });
      const sight = await bench.sight();
      if (sight.server === undefined) throw new Broken('no tmux server runs after the start');
      for (const [name, life] of [
        [ONE, sight.one],
        [OTHER, sight.other],
      ] as const) {
        if (life === undefined) throw new Broken(`${name} does not run after its start`);
      }
      return sight as Required<Sight>;
    },

    async until(holds) {
      const end = host.clock.now() + PATIENCE_MS;
      for (;;) {
        if (await holds()) return true;
        if (host.clock.now() > end || signal.aborted) return false;
        await host.clock.sleep(POLL_MS, signal);
      }
    },
  };
  return bench;
}

const lastWords = (output: string | undefined): string => {
  const line = output?.trim().split('\n').at(-1) ?? '';
  return line === '' ? '' : ` (${line})`;
};

/** @throws {Broken} where tmux did not answer */
function sightOf(host: Host, { tmux }: Observation, crashes: number): Sight {
  if (!tmux.known) throw new Broken(tmux.why, tmux.fix);
  const life = (pid: number | undefined): Life | undefined => {
    const startTime = pid === undefined ? undefined : host.processes.startTime(pid);
    return pid === undefined || startTime === undefined ? undefined : { pid, startTime };
  };
  const paneOf = (name: string): number | undefined => {
    const pane = tmux.value.sessions.find((session) => session.name === name)?.pane;
    return pane === undefined || pane.dead ? undefined : pane.pid;
  };
  const server = life(tmux.value.server?.pid);
  const one = life(paneOf(ONE));
  const other = life(paneOf(OTHER));
  return {
    crashes,
    ...(server === undefined ? {} : { server }),
    ...(one === undefined ? {} : { one }),
    ...(other === undefined ? {} : { other }),
  };
}

const crashRecords = ({ files }: Host, { places }: Setting): number =>
  [ONE, OTHER].reduce((sum, name) => sum + files.list(`${places.crashes}/${name}`).length, 0);

export const sameLife = (a: Life | undefined, b: Life | undefined): boolean =>
  a?.pid === b?.pid && a?.startTime === b?.startTime;

/** How the last run of the agent that is killed ended, as it was written down. */
export function recordedEnd({ state }: Observation): string | undefined {
  return state.known ? recordOf(state.value, ONE)?.ended?.cause : undefined;
}
