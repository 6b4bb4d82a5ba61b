/** Messages that can be told apart, of every length and with odd characters, by a seed. */

export interface StormMessage {
  id: number;
  to: string;
  /** Who speaks; absent: no preamble. */
  from?: string;
  /** On standard input, in a file, or on the command line. */
  way: 'stdin' | 'file' | 'argument';
  text: string;
  /** As it is to arrive, the preamble aside. */
  arrives: string;
}

const ODD = [
  '$(touch ran)',
  '#(touch ran)',
  '`touch ran`',
  '#{pid}',
  ';',
  '-x',
  `it's "so"`,
  'a\\b',
  '\t',
  'ünï',
  '漢字',
  '😀👩‍👩‍👧',
  'e\u0301\u0327',
  '\u202eright\u202c',
  'عربي',
  '\u2028',
  '> ',
  '─'.repeat(20),
  'Queued: no',
  '(3s · esc to interrupt)',
  '\u001b[201~',
  '\u0007',
  '\u009b31m',
];

export function makeMessages(
  count: number,
  agents: readonly string[],
  senders: number,
  seed: number,
): StormMessage[] {
  const random = randomOf(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const words = (most: number): string =>
    Array.from({ length: 1 + Math.floor(random() * most) }, () =>
      random() < 0.2 ? pick(ODD) : Math.floor(random() * 1e9).toString(36),
    ).join(' ');
  const body = (): string => {
    const kind = random();
    if (kind < 0.5) return words(12);
    if (kind < 0.8) return Array.from({ length: 2 + Math.floor(random() * 50) }, () => words(8)).join('\n');
    if (kind < 0.95) return words(400);
    return words(4000);
  };
  return Array.from({ length: count }, (_, id) => {
    const text = `m${id} ${body()} end of m${id}`;
    return {
      id,
      to: pick(agents),
      ...(random() < 0.5 ? { from: `sender-${id % senders}` } : {}),
      way: text.length > 10_000 ? 'stdin' : pick(['stdin', 'file', 'argument']),
      text,
      arrives: text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, ''),
    };
  });
}

/** From 0 to 1, the same ones for a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
