/** What the installed triggers cost: how soon a killed agent runs again, and what a minute costs in which nothing happens. */
import { readdirSync, readFileSync } from 'node:fs';
import { openWorld, type World } from '../test/support/world.ts';
import { median } from './measure.ts';
import { names, timed, writeFleet } from './subject.ts';

export interface TriggerFigures {
  size: number;
  /** Milliseconds from kill -9 to the new session's process: median and worst. */
  back: { median: number; worst: number };
  /** Milliseconds of one apply that finds nothing to do, started by hand in the same world. */
  apply: number;
  /** Ticks of the timer in a minute, the processes that each starts, and the CPU time of all in ms. */
  minute: { ticks: number; processes: number; cpu: number };
  /** CPU time of the reconciles to that of the minute, on one processor. */
  share: number;
  /** `apply --watch` for a minute, without a change: CPU time in ms. */
  watch: number;
}

const SERVICE = 'mosaic-reconcile.service';
const MINUTE = 60_000;

export async function measureTriggers(size: number, rounds: number): Promise<TriggerFigures> {
  const { world, close } = await openWorld({ systemd: true });
  try {
    writeFleet(world, size);
    await run(world, ['fleet', 'install-systemd', '--interval', '10s']);
    const backs: number[] = [];
    // As many agents, each once: one that crashes twice waits for its backoff.
    for (const name of names(Math.min(size, rounds))) backs.push(await back(world, name));
    await idle(world);
    const apply = await run(world, ['apply']);
    const processes = await processesOfTick(world);
    const cpus: number[] = [];
    for (let round = 0; round < rounds; round += 1) cpus.push(await cpuOfApply(world));
    const ticks = await quietMinute(world);
    const minute = { ticks, processes, cpu: ticks * median(cpus) };
    await run(world, ['fleet', 'install-systemd', '--interval', '24h']);
    await idle(world);
    const watch = await watchedMinute(world);
    return {
      size,
      back: { median: median(backs), worst: Math.max(...backs) },
      apply,
      minute,
      share: minute.cpu / MINUTE,
      watch,
    };
  } finally {
    await close();
  }
}

const run = async (world: World, args: readonly string[]): Promise<number> => {
  const mosaic = new URL('../dist/mosaic.js', import.meta.url).pathname;
  return (await timed(world, process.execPath, [mosaic, ...args])).durationMs;
};

async function pidOf(world: World, agent: string): Promise<number> {
  const format = '#{session_name} #{pane_dead} #{pane_pid}';
  const { stdout } = await world.tmux('list-panes', '-a', '-F', format);
  return Number(new RegExp(`^${agent} 0 (\\d+)$`, 'm').exec(stdout)?.[1] ?? 0);
}

async function back(world: World, agent: string): Promise<number> {
  await idle(world);
  const before = await pidOf(world, agent);
  const began = performance.now();
  await world.run('kill', ['-KILL', String(before)]);
  await world.until(
    `${agent} runs again`,
    async () => {
      const now = await pidOf(world, agent);
      return now !== 0 && now !== before;
    },
    MINUTE,
  );
  return performance.now() - began;
}

async function property(world: World, name: string): Promise<string> {
  const { stdout } = await world.systemctl('show', '--value', `--property=${name}`, SERVICE);
  return stdout.trim();
}

const idle = (world: World): Promise<unknown> =>
  world.until('no reconcile runs', async () => (await property(world, 'ActiveState')) === 'inactive', MINUTE);

/** What systemd starts for a tick, flock(1), and what mosaic runs, which its log tells. */
async function processesOfTick(world: World): Promise<number> {
  const mosaic = new URL('../dist/mosaic.js', import.meta.url).pathname;
  const env = { MOSAIC_LOG: 'debug' };
  const { stderr } = await timed(world, process.execPath, [mosaic, 'apply'], env);
  return (
    ['rm', 'node', 'flock'].length + stderr.split('\n').filter((line) => line.includes('"msg":"exec"')).length
  );
}

/** User and system time of one apply with all that it runs, in ms: what the shell tells of its children (`times`, POSIX). */
async function cpuOfApply(world: World): Promise<number> {
  const mosaic = new URL('../dist/mosaic.js', import.meta.url).pathname;
  const script = '"$0" "$1" apply >/dev/null && times';
  const { stdout } = await timed(world, 'sh', ['-c', script, process.execPath, mosaic]);
  const [, children = ''] = stdout.trim().split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)]
    .map(([, minutes, seconds]) => Number(minutes) * 60_000 + Number(seconds) * 1000)
    .reduce((sum, ms) => sum + ms, 0);
}

/** How often the timer really comes. */
async function quietMinute(world: World): Promise<number> {
  let [ticks, last] = [0, await property(world, 'InvocationID')];
  const until = performance.now() + MINUTE;
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const invocation = await property(world, 'InvocationID');
    if (invocation === last) continue;
    last = invocation;
    ticks += 1;
  }
  return ticks;
}

/** CPU time of `apply --watch` after its first round, in ms; its interval is longer than the minute. */
async function watchedMinute(world: World): Promise<number> {
  const running = await world.start(['apply', '--watch', '--interval', '1h']);
  await world.until('it has looked', () => running.output().stdout !== '');
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const before = cpuOf(running.pid);
  await new Promise((resolve) => setTimeout(resolve, MINUTE));
  const used = cpuOf(running.pid) - before;
  running.signal('SIGTERM');
  await running.ended;
  return used;
}

/** Of all its threads, in ms, from the clock of the scheduler (proc(5), /proc/PID/schedstat). */
const cpuOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce(
    (sum, thread) =>
      sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]) / 1e6,
    0,
  );

export function triggersText({ size, back: lasted, apply, minute, share, watch }: TriggerFigures): string {
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  return [
    `with the triggers installed, ${size} agents:`,
    `  kill -9 to restarted session     ${ms(lasted.median)} (worst ${ms(lasted.worst)}), ${(lasted.median / apply).toFixed(1)}x of an apply by hand (${ms(apply)})`,
    `  a minute at rest, interval 10s   ${minute.ticks} ticks, each ${minute.processes} processes; ${ms(minute.cpu)} of CPU (${(share * 100).toFixed(2)} % of one)`,
    `  the same with an interval of 1m  ${((share * 100) / Math.max(1, minute.ticks)).toFixed(3)} % of one CPU`,
    `  apply --watch, a minute at rest  ${watch.toFixed(1)} ms of CPU`,
  ].join('\n');
}
