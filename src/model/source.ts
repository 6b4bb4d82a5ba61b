/**
 * What one source of the host said. `known: false` means that it could not be asked or did not answer as it should; it
 * never means "nothing there".
 */
export type Source<T> = { known: true; value: T } | { known: false; why: string; fix?: string };

export const known = <T>(value: T): Source<T> => ({ known: true, value });
export const unknown = (why: string, fix?: string): Source<never> =>
  fix === undefined ? { known: false, why } : { known: false, why, fix };
