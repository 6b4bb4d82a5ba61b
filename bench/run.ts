import { type OpenWorld, openWorld } from '../test/support/world.ts';
import { alternate, median } from './measure.ts';
import { loadTwice, type Other } from './others.ts';
import { batch, queries, units } from './raw.ts';
import { mosaic, mosaicTake, take, writeFleet } from './subject.ts';

/** What was measured with one size of fleet: medians, in milliseconds, and the most memory, in MB. */
export interface Figures {
  size: number;
  node: number;
  queries: number;
  dryRun: number;
  dryRunMegabytes: number;
  alone: Cold;
  /** Absent where no user manager can be started. */
  systemd?: Cold;
  others: Record<string, { load: number; reload: number }>;
}

/** A first apply, and the least that would start the same sessions. */
export interface Cold {
  apply: number;
  raw: number;
  megabytes: number;
}

export interface Settings {
  /** How often the in-sync runs are taken; the cold ones, which last much longer, a third of that. */
  rounds: number;
  systemd: boolean;
  others: readonly Other[];
}

export async function measureFleet(size: number, settings: Settings): Promise<Figures> {
  const rounds = Math.ceil(settings.rounds / 3);
  const alone = await measureCold(rounds, (round) => coldAlone(size, round));
  const systemd = settings.systemd ? await measureCold(rounds, () => coldSystemd(size)) : undefined;
  const inSync = await inWorld(settings.systemd, (opened) => measureInSync(opened, size, settings.rounds));
  const others: Figures['others'] = {};
  for (const other of settings.others) {
    others[other.name] = await inWorld(false, ({ world }) => loadTwice(other, world, size));
  }
  return { size, ...inSync, alone, ...(systemd && { systemd }), others };
}

async function measureInSync({ world }: OpenWorld, size: number, rounds: number) {
  writeFleet(world, size);
  await mosaic(world, ['apply']);
  // This fails with changes, and so proves that the fleet is in sync.
  await mosaic(world, ['plan', '--detailed-exitcode']);
  const { megabytes } = await mosaic(world, ['apply', '--dry-run']);
  const medians = await alternate(rounds, {
    node: () => take(world, process.execPath, ['-e', '0']),
    queries: () => queries(world),
    dryRun: () => mosaicTake(world, ['apply', '--dry-run']),
  });
  return { ...medians, dryRunMegabytes: megabytes };
}

/** Each round in a world of its own: a second apply in one would not be cold. */
async function measureCold(rounds: number, one: (round: number) => Promise<Cold>): Promise<Cold> {
  const all: Cold[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await one(round));
  return {
    apply: median(all.map(({ apply }) => apply)),
    raw: median(all.map(({ raw }) => raw)),
    megabytes: Math.max(...all.map(({ megabytes }) => megabytes)),
  };
}

const coldAlone = (size: number, round: number): Promise<Cold> =>
  inWorld(false, async ({ world }) => {
    writeFleet(world, size);
    const before = round % 2 === 0 ? await batch(world, size) : undefined;
    const { durationMs, megabytes } = await mosaic(world, ['apply']);
    await world.run('tmux', ['-L', world.socket, 'kill-server']);
    return { apply: durationMs, raw: before ?? (await batch(world, size)), megabytes };
  });

/** The raw start comes second in every round: it needs the units that the apply wrote. */
const coldSystemd = (size: number): Promise<Cold> =>
  inWorld(true, async ({ world }) => {
    writeFleet(world, size);
    const { durationMs, megabytes } = await mosaic(world, ['apply']);
    return { apply: durationMs, raw: await units(world, size), megabytes };
  });

async function inWorld<T>(systemd: boolean, body: (opened: OpenWorld) => Promise<T>): Promise<T> {
  const opened = await openWorld({ systemd });
  try {
    return await body(opened);
  } catch (error) {
    process.stderr.write(`what happened is kept in ${await opened.save('bench')}\n`);
    throw error;
  } finally {
    await opened.close();
  }
}
