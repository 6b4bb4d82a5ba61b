// What mosaic costs beside what nobody can do without, with fleets of several sizes, all in one run on one machine.
import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { openWorld, Unavailable, type World } from '../test/support/world.ts';
import { others, versionOf } from './others.ts';
import { type Figures, measureFleet } from './run.ts';
import { renderTable } from './table.ts';
import { measureTriggers, triggersText } from './triggers.ts';

const usage = `usage: npm run bench -- [--sizes 10,100,1000] [--rounds 9] [--no-systemd] [--no-others] [--no-triggers]
`;

/** Bigger fleets take longer and vary less. */
const roundsFor = (size: number): number => (size < 100 ? 15 : size < 1000 ? 9 : 3);

function readOptions() {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      sizes: { type: 'string', default: '10,100,1000' },
      rounds: { type: 'string' },
      systemd: { type: 'boolean', default: true },
      others: { type: 'boolean', default: true },
      triggers: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
  });
  const count = (text: string) => {
    if (/^[1-9]\d*$/.test(text)) return Number(text);
    throw new Error(`not a count: ${text}`);
  };
  return {
    ...values,
    sizes: values.sizes.split(',').filter(Boolean).map(count),
    rounds: values.rounds === undefined ? undefined : count(values.rounds),
  };
}

/** Why no user manager can be started, or undefined where one can. */
async function whyNoManager(): Promise<string | undefined> {
  try {
    await (await openWorld({ systemd: true })).close();
    return undefined;
  } catch (error) {
    if (error instanceof Unavailable) return error.message;
    throw error;
  }
}

async function firstLine(world: World, file: string, ...args: string[]): Promise<string> {
  const result = await world.run(file, args).catch(() => undefined);
  return result?.stdout.split('\n', 1)[0] ?? `${file}: not installed`;
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  const { world, close } = await openWorld({ systemd: false });
  const noManager = options.systemd ? await whyNoManager() : 'not asked for';
  const versions = await Promise.all(others.map((other) => versionOf(other, world)));
  const installed = options.others ? others.filter((_, index) => versions[index] !== undefined) : [];
  console.log(
    [
      `${availableParallelism()} processors (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 1e9)} GB`,
      `Node ${process.version}, ${await firstLine(world, 'tmux', '-V')}, ${await firstLine(world, 'systemctl', '--version')}`,
      `user manager: ${noManager ?? 'a private one'}`,
      ...others.map((other, index) => `${other.name}: ${versions[index] ?? 'not installed'}`),
    ].join('\n'),
  );
  await close();

  const all: Figures[] = [];
  for (const size of options.sizes) {
    const rounds = options.rounds ?? roundsFor(size);
    process.stderr.write(`measuring ${size} agents, ${rounds} rounds …\n`);
    all.push(await measureFleet(size, { rounds, systemd: noManager === undefined, others: installed }));
  }
  if (all.length > 0) console.log(`\n${renderTable(all)}`);
  if (options.triggers && noManager === undefined) {
    process.stderr.write('measuring the triggers, for two minutes and more …\n');
    console.log(`\n${triggersText(await measureTriggers(10, 5))}`);
  }
}

await main();
