const powers = { '': 0, K: 1, M: 2, G: 3, T: 4 } as const;

/**
 * Bytes of a size such as `512M`, `4G`, `2GiB` or `1048576`, in powers of 1024 as systemd counts. Undefined when the text
 * is none, or too large to be exact.
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+)([KMGT]?)(?:i?B)?$/.exec(text);
  if (match === null) return undefined;
  const bytes = Number(match[1]) * 1024 ** powers[match[2] as keyof typeof powers];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Such as `512 MiB`, rounded. */
export const inMebibytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;
