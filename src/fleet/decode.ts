import { Lines } from '../base/lines.ts';
import type { Problem } from '../model/problem.ts';

/** A thousand agents take 150 KB. */
const maxBytes = 4 * 1024 * 1024;

/** The text of an input file, without a byte order mark, and what keeps it from being read as one. */
export function decode(input: string | Uint8Array): { text: string; problem?: Problem } {
  const { size, least } = sizeOf(input);
  if (size > maxBytes) {
    const message = `the file has ${least ? 'at least ' : ''}${size.toLocaleString('en')} bytes, more than the 4 MB that are read`;
    return { text: '', problem: { message, path: '' } };
  }
  const text =
    typeof input === 'string' ? input.replace(/^\ufeff/, '') : new TextDecoder('utf-8').decode(input);
  const problem = (typeof input === 'string' ? undefined : invalidUtf8(input)) ?? nul(text);
  return problem ? { text, problem } : { text };
}

/** Of a text, what it must have had as bytes: what was no UTF-8 has become a character of three, of one byte at least. */
function sizeOf(input: string | Uint8Array): { size: number; least: boolean } {
  if (typeof input !== 'string') return { size: input.length, least: false };
  const size = Buffer.byteLength(input, 'utf8');
  const replaced = size > maxBytes ? input.split('\ufffd').length - 1 : 0;
  return { size: size - 2 * replaced, least: replaced > 0 };
}

function nul(text: string): Problem | undefined {
  const at = text.indexOf('\0');
  if (at < 0) return undefined;
  const range = { ...new Lines(text).at(at), length: 1 };
  return {
    message: 'a NUL character stands here',
    fix: 'Remove it: no text file holds one.',
    path: '',
    range,
  };
}

function invalidUtf8(bytes: Uint8Array): Problem | undefined {
  if (isUtf8(bytes)) return undefined;
  // A line break is never part of a longer sequence, so that the first bad line can be looked for by itself.
  let start = 0;
  let line = 1;
  for (;;) {
    const next = bytes.indexOf(0x0a, start);
    const end = next < 0 ? bytes.length : next;
    if (!isUtf8(bytes.subarray(start, end))) return badByte(bytes.subarray(start, end), line);
    start = end + 1;
    line += 1;
  }
}

function badByte(bytes: Uint8Array, line: number): Problem {
  // All that a decoder takes byte by byte; what it holds back when it stops, or at the end, is the broken sequence.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let before = '';
  try {
    for (const byte of bytes) before += decoder.decode(Uint8Array.of(byte), { stream: true });
  } catch {
    // It stopped: `before` ends where the broken sequence begins.
  }
  const byte = bytes[Buffer.byteLength(before)] ?? 0;
  const column = (line === 1 ? before.replace(/^\ufeff/, '') : before).length + 1;
  return {
    message: `the file is not UTF-8: the byte 0x${byte.toString(16).padStart(2, '0')} cannot stand here`,
    fix: 'Save the file as UTF-8.',
    path: '',
    range: { line, column, length: 1 },
  };
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
