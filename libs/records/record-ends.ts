/**
 * Where records end: the raw link separates them by CR, LF or NUL, or several of these, whatever the format that the
 * switch was told (unformatted, customized). A record begins at a byte that is none of them, behind one that is.
 */
const isEnd = (byte: number | undefined): boolean => byte === 10 || byte === 13 || byte === 0;

/** True when the last of `bytes` ends a record; `before` is the answer for what came before them. */
export const endsRecord = (bytes: Buffer, before = false): boolean =>
  bytes.length === 0 ? before : isEnd(bytes.at(-1));

/** First position from `from` on at which a record begins; `before` says that the byte in front of `bytes` ends one. */
export function firstStart(bytes: Buffer, from: number, before: boolean): number | undefined {
  let ended = from === 0 ? before : isEnd(bytes[from - 1]);
  for (let at = from; at < bytes.length; at += 1) {
    const end = isEnd(bytes[at]);
    if (ended && !end) return at;
    ended = end;
  }
  return undefined;
}

/** Last position up to `limit` at which a record begins. */
export function lastStart(bytes: Buffer, limit: number, before: boolean): number | undefined {
  for (let at = Math.min(limit, bytes.length - 1); at >= 0; at -= 1) {
    if (!isEnd(bytes[at]) && (at === 0 ? before : isEnd(bytes[at - 1]))) return at;
  }
  return undefined;
}

/** Records that end in `bytes`, and how many bytes at the end of them belong to one that has not ended. */
export function countRecords(
  bytes: Buffer,
  tail: number,
): { readonly records: number; readonly tail: number } {
  let records = 0;
  let open = tail;
  for (const byte of bytes) {
    if (!isEnd(byte)) open += 1;
    else if (open > 0) {
      records += 1;
      open = 0;
    }
  }
  return { records, tail: open };
}
