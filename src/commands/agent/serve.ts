/** `mosaic agent serve`: what a mosaic on another host runs here, over ssh. For programs, not for people. */
import { expandPath } from '../../fleet/paths.ts';
import type { Fleet } from '../../model/fleet.ts';
import { answerLine, helloLine } from '../../transport/remote/protocol.ts';
import { serveRequest } from '../../transport/remote/serve.ts';
import { TransportError, type Transport } from '../../transport/transport.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { findFleetFile, readFleet } from '../fleet-file.ts';

/** So often something is written while the work takes its time: where nobody is left to read it, this command ends. */
const BEAT_MS = 5000;

/** @param local the way to the agents of this host, and to no others */
export async function serveCommand(
  context: CommandContext,
  local: (fleet: Fleet) => Transport,
): Promise<number> {
  const { host, terminal, signal } = context;
  terminal.out(helloLine);
  const done = new AbortController();
  const beat = async (): Promise<void> => {
    for (;;) {
      await host.clock.sleep(BEAT_MS, done.signal);
      if (done.signal.aborted) return;
      terminal.out('\n');
    }
  };
  const beating = beat();
  try {
    const text = (await host.files.readInput('/dev/stdin', signal)) ?? '';
    const answer = await serveRequest(text, async (fleetFile) => {
      const fleet = await loadedFleet(context, fleetFile);
      return { fleet, local: local(fleet) };
    });
    terminal.out(answerLine(answer));
    return answer.error === undefined ? EXIT.ok : EXIT.failed;
  } finally {
    done.abort();
    await beating;
  }
}

/** A fleet file that is named by another host is found from the home folder. Throws TransportError. */
async function loadedFleet(context: CommandContext, named: string | undefined): Promise<Fleet> {
  const { home } = context.host.facts;
  try {
    const file = await findFleetFile(
      context.host,
      named === undefined ? undefined : expandPath(named, home, home),
    );
    const loaded = await readFleet(context, file);
    if (loaded.ok) return loaded.value;
    const [first] = loaded.problems;
    const place = first?.range === undefined ? '' : ` (line ${first.range.line})`;
    throw new TransportError('unavailable', `${file} is not valid: ${first?.message ?? ''}${place}`, {
      fix: `See all that is wrong with it, there: mosaic validate ${file}`,
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new TransportError('unavailable', error.message, error.fix === undefined ? {} : { fix: error.fix });
  }
}
