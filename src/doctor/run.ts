/** Runs checks side by side, each within its time. Writes nothing but what a check says it does. */
import type { Check, Finding, Machine } from './check.ts';

/** Longer than any one question to the host may take, which says better what was late. */
const PATIENCE_MS = 20_000;

export interface Checked {
  id: string;
  findings: readonly Finding[];
}

/** In the order of the checks. What fails or is late is told as unknown. */
export const runChecks = <On extends Machine>(
  checks: readonly Check<On>[],
  on: Omit<On, 'signal'>,
  interrupted: AbortSignal,
): Promise<Checked[]> => Promise.all(checks.map((check) => runOne(check, on, interrupted)));

async function runOne<On extends Machine>(
  check: Check<On>,
  on: Omit<On, 'signal'>,
  interrupted: AbortSignal,
): Promise<Checked> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, interrupted]);
  const late = on.host.clock
    .sleep(PATIENCE_MS, signal)
    .then(() => `no answer within ${PATIENCE_MS / 1000} s`);
  const findings = check.run({ ...on, signal } as unknown as On).catch((error: unknown) => {
    if (error instanceof Error) return error.message;
    throw error;
  });
  const result = await Promise.race([findings, late]);
  over.abort();
  return {
    id: check.id,
    findings: typeof result === 'string' ? [{ health: 'unknown', message: result }] : result,
  };
}
