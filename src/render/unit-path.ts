/** Reading a PATH back from a unit file that was rendered with `unitWord`. */

/** The PATH that stands in a holder's unit, as it is; undefined where none does. */
export function pathOfUnit(holderUnit: string | undefined): string | undefined {
  const standing = /^Environment="PATH=((?:[^"\\]|\\.)*)"$/m.exec(holderUnit ?? '')?.[1];
  return standing?.replace(/\\(.)|%%/g, (whole, one: string | undefined) =>
    whole === '%%' ? '%' : one === 'n' ? '\n' : (one ?? ''),
  );
}
