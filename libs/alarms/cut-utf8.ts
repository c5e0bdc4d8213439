/** UTF-8 of at most so many bytes; what is too long loses its end, never half a character. */
export function cutUtf8(text: string, maxBytes: number): Buffer {
  const bytes = Buffer.from(text.toWellFormed());
  if (bytes.length <= maxBytes) return bytes;
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}
