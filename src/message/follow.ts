/** What is new at the end of a screen. */

/**
 * The lines of `now` that come after what `before` showed: after the longest end of it that is found again. A program that draws its
 * screen anew changes lines in the middle: from the first changed line on, all are new.
 */
export function followed(before: readonly string[], now: readonly string[]): string[] {
  if (before.length === now.length && before.every((line, index) => line === now[index])) return [];
  for (let from = 0; from < before.length; from++) {
    const length = before.length - from;
    if (length > now.length) continue;
    // What scrolled off is gone from the beginning; what is new stands at the end.
    if (startsWith(now, before, from)) return now.slice(length);
  }
  let same = 0;
  while (same < now.length && same < before.length && now[same] === before[same]) same++;
  return now.slice(same);
}

function startsWith(now: readonly string[], before: readonly string[], from: number): boolean {
  for (let i = from; i < before.length; i++) if (before[i] !== now[i - from]) return false;
  return true;
}
