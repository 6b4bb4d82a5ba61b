/** The beginning of a text that takes at most so many bytes in UTF-8, cut between characters. */
export function cutBytes(text: string, most: number): { text: string; cut: boolean } {
  // No character of a string takes less than a byte, nor more than three for each of its units.
  if (text.length * 3 <= most) return { text, cut: false };
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= most) return { text, cut: false };
  let end = most;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return { text: bytes.toString('utf8', 0, end), cut: true };
}
