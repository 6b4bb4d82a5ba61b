import { parseDuration } from '../base/duration.ts';
import { quoted } from '../base/text.ts';
import { checkCommand } from './check-runtimes.ts';
import type { Findings } from './findings.ts';
import type { Path } from './places.ts';
import type { RawHost } from './raw.ts';

/** ssh counts whole seconds; who waits longer for a connection would rather be told. */
const shortest = { text: '1s', ms: 1000 };
const longest = { text: '10m', ms: 600_000 };

/** Checks how other hosts are reached. */
export function checkHosts(hosts: Record<string, RawHost | undefined>, findings: Findings): void {
  const first = new Map<string, Path>();
  for (const [name, host] of Object.entries(hosts)) {
    const at = ['hosts', name];
    const before = first.get(name.toLowerCase());
    if (before === undefined) first.set(name.toLowerCase(), at);
    else {
      const message = `the host ${quoted(name)} is in the file twice: the case of its letters makes no difference`;
      const related = { message: 'the first one is here', path: before, onKey: true };
      findings.add(at, message, { fix: 'Keep one of the two.', onKey: true, related });
    }
    checkCommand(host?.mosaic, [...at, 'mosaic'], findings);
    checkTimeout(host?.connect_timeout, [...at, 'connect_timeout'], findings);
  }
}

function checkTimeout(timeout: string | undefined, at: Path, findings: Findings): void {
  const ms = timeout === undefined ? undefined : parseDuration(timeout);
  if (ms === undefined || (ms >= shortest.ms && ms <= longest.ms)) return;
  const message = `"connect_timeout" is ${timeout}; it must be at least ${shortest.text} and at most ${longest.text}`;
  findings.add(at, message, { fix: 'Leave it out for 10s.' });
}
