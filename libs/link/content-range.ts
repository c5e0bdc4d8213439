/** First and last byte, both included. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The part of `size` bytes that a Range header asks for (RFC 9110 § 14): `bytes=FIRST-` or `bytes=FIRST-LAST`.
 * Any other form is answered with the whole, as § 14.2 allows: branches send no other.
 */
export function contentRange(
  header: string | undefined,
  size: number,
): ContentRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d{1,15})-(\d{1,15})?$/.exec(header ?? '');
  if (match === null) return 'whole';
  const first = Number(match[1]);
  const last = match[2] === undefined ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (first >= size) return 'unsatisfiable';
  return last < first ? 'whole' : { first, last };
}
