/** Runs a program in the foreground, with something happening before it does; tells what came of it in its last line. */
import { realHost } from '../../src/host/real.ts';

const [before = '', file = '', ...args] = process.argv.slice(2);

const interrupt = (): void => {
  process.kill(process.pid, 'SIGINT');
};

async function onStart(pid: number): Promise<void> {
  process.stdout.write(`${pid}\n`);
  if (before === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (before === 'throw') throw new Error('not written down');
  if (before === 'interrupt-late') interrupt();
}

// What mosaic itself does about Ctrl-C outside of it.
process.on('SIGINT', () => {});
if (before === 'interrupt') interrupt();
const tell = (told: object): void => void process.stdout.write(`${JSON.stringify(told)}\n`);
void realHost()
  .foreground(file, args, { onStart })
  .then(tell, (error: unknown) => tell({ thrown: (error as Error).message }));
