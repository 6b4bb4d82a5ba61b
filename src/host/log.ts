/** MOSAIC_LOG=debug: what mosaic asks of the machine, as JSON lines on stderr. */
import { pino } from 'pino';
import type { Exec, Host } from './host.ts';

/**
 * The same host, with a line for every program that it runs: arguments, exit code, duration. Never what goes in or comes out,
 * where secrets may stand.
 */
export function withLog(host: Host, level: string): Host {
  const destination = pino.destination({ fd: 2, sync: true });
  // Where nobody can read it any more, the work goes on without.
  destination.on('error', () => {});
  const log = pino({ level, base: { pid: host.facts.pid } }, destination);
  const exec: Exec = async (file, args, options) => {
    const began = host.clock.now();
    const result = await host.exec(file, args, options);
    const { code, failure } = result;
    log.debug({ file, args, code, failure, ms: host.clock.now() - began }, 'exec');
    if (code !== 0 && result.stderr !== '' && options?.discreet !== true)
      log.trace({ stderr: result.stderr }, 'stderr');
    return result;
  };
  return { ...host, exec };
}
