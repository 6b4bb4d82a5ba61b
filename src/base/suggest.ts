import leven from 'leven';

/** The candidate that a person most likely meant by `word`; undefined when none is near. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  // A longer word than any candidate cannot be near one, and measuring the distance would take long.
  if (word.length > 100) return undefined;
  const asked = normal(word);
  let best: string | undefined;
  // A third of the letters may differ: enough for a typing mistake, too little for another word.
  let limit = Math.floor(asked.length / 3) + 1;
  for (const candidate of candidates) {
    const distance = leven(asked, normal(candidate));
    if (distance < limit) {
      best = candidate;
      limit = distance;
    }
  }
  return best;
}

/** `workingDirectory`, `working-directory` and `working_directory` are one word to a person. */
const normal = (word: string): string => word.replace(/[-_]/g, '').toLowerCase();
