/** What a terminal sends, told apart as a program in raw mode does it. */

const PASTE_BEGINS = Buffer.from('\u001b[200~');
const PASTE_ENDS = Buffer.from('\u001b[201~');
const ESC = 0x1b;
/** An ESC that nothing follows for so long is the key itself. */
const ESCAPE_MS = 40;

const KEYS = new Map([
  [0x0d, 'enter'],
  [0x0a, 'newline'],
  [0x03, 'interrupt'],
  [0x04, 'end'],
  [0x15, 'kill-line'],
  [0x7f, 'backspace'],
  [0x08, 'backspace'],
]);

/**
 * Gives a function that takes the bytes as they come. `tell` gets `{ paste: 'begins' }`, `{ pasted: bytes }`, `{ key: name }`
 * and `{ typed: bytes }`, in order.
 */
export function keyReader(tell) {
  let waiting = Buffer.alloc(0);
  let isPaste = false;
  let timer;

  const step = () => {
    if (isPaste) {
      const end = waiting.indexOf(PASTE_ENDS);
      if (end < 0) return false;
      const bytes = waiting.subarray(0, end);
      waiting = waiting.subarray(end + PASTE_ENDS.length);
      isPaste = false;
      tell({ pasted: Buffer.from(bytes) });
      return true;
    }
    const [first] = waiting;
    if (first === undefined) return false;
    if (first === ESC) return escape();
    const key = KEYS.get(first);
    if (key !== undefined) {
      waiting = waiting.subarray(1);
      tell({ key });
      return true;
    }
    let length = 1;
    while (length < waiting.length && waiting[length] !== ESC && !KEYS.has(waiting[length])) length++;
    const typed = Buffer.from(waiting.subarray(0, length));
    waiting = waiting.subarray(length);
    tell({ typed });
    return true;
  };

  const escape = () => {
    if (waiting.subarray(0, PASTE_BEGINS.length).equals(PASTE_BEGINS)) {
      waiting = waiting.subarray(PASTE_BEGINS.length);
      isPaste = true;
      tell({ paste: 'begins' });
      return true;
    }
    const sequence = /^\u001b(?:\[[0-9;?]*[ -/]*[@-~]|O.|[^[O])/s.exec(waiting.toString('latin1'));
    if (sequence !== null) {
      waiting = waiting.subarray(sequence[0].length);
      return true;
    }
    timer = setTimeout(() => {
      waiting = waiting.subarray(1);
      tell({ key: 'escape' });
      while (step());
    }, ESCAPE_MS);
    return false;
  };

  return (bytes) => {
    clearTimeout(timer);
    waiting = Buffer.concat([waiting, bytes]);
    while (step());
  };
}
