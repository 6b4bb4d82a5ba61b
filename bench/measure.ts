/** Milliseconds that one take of something lasted. */
export type Take = () => Promise<number>;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/**
 * Takes everything in turn, in the opposite order every second round, so that neither a warmer cache nor a slower minute
 * favours one of them. Resolves with each one's median.
 */
export async function alternate<K extends string>(
  rounds: number,
  takes: Record<K, Take>,
): Promise<Record<K, number>> {
  const names = Object.keys(takes) as K[];
  const lasted = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      lasted.get(name)?.push(await takes[name]());
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(lasted.get(name) ?? [])])) as Record<K, number>;
}
