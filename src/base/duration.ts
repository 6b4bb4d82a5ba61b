const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/**
 * Milliseconds of a duration such as `10s`, `5m`, `1h30m` or `500ms`: whole numbers with a unit each, the largest unit
 * first. Undefined when the text is none.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text);
  if (match === null || text === '') return undefined;
  const total = units.reduce((sum, [, factor], index) => sum + Number(match[index + 1] ?? 0) * factor, 0);
  return Number.isSafeInteger(total) ? total : undefined;
}

/** The shortest text that `parseDuration` reads back as these milliseconds, such as `1h30m`; `0s` for none. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms));
  const parts = units.flatMap(([unit, factor]) => {
    const count = Math.floor(rest / factor);
    rest -= count * factor;
    return count > 0 ? [`${count}${unit}`] : [];
  });
  return parts.length > 0 ? parts.join('') : '0s';
}
