/** Names of runs: in the order in which they began. */

/** The second it began in, UTC: `20261121-093000`, with a number where there is one already. */
export function newId(now: number, isTaken: (id: string) => boolean): string {
  const [date = '', time = ''] = new Date(now).toISOString().replace(/[-:]/g, '').split(/[T.]/);
  const base = `${date}-${time}`;
  for (let count = 1; ; count++) {
    const id = count === 1 ? base : `${base}-${count}`;
    if (!isTaken(id)) return id;
  }
}

export const isRunId = (name: string): boolean => /^\d{8}-\d{6}(-\d+)?$/.test(name);

/** When a run of that name began, to the second; epoch ms. */
export function startOf(id: string): number | undefined {
  const text = id.replace(/^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d).*$/s, '$1-$2-$3T$4:$5:$6Z');
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
