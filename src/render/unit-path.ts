/** Reading a PATH back from a unit file that was rendered with `unitWord`. */

/** The PATH that stands in a holder's unit, as it is; undefined where none does. */
export function pathOfUnit(holderUnit: string | undefined): string | undefined {
  const standing = /^Environment="PATH=((?:[^"\\]|\\.)*)"$/m.exec(holderUnit ?? '')?.[1];
  return standing?.replace(/\\(.)|%%/g, (whole, one: string | undefined) =>
    whole === '%%' ? '%' : unescaped(one ?? ''),
  );
}

/** The words of a unit's first `ExecStart=`, as the program gets them; undefined where it has none. */
export function commandWords(unit: string): string[] | undefined {
  // No other character ends a line of systemd's.
  const line = /^ExecStart=[-@:+!]*([^\n]*)/m.exec(unit)?.[1];
  const words = line?.match(/(?:"(?:[^"\\]|\\.)*"|[^\s"])+/g);
  return words?.map((word) =>
    word.replace(/\\(.)|%%|\$\$|"/g, (whole, one: string | undefined) => {
      if (whole === '"') return '';
      if (one !== undefined) return unescaped(one);
      return whole.slice(1);
    }),
  );
}

const unescaped = (one: string): string => ({ n: '\n', r: '\r' })[one] ?? one;
