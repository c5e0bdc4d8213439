import type { IncomingHttpHeaders } from 'node:http';
import { parseHttpDate } from './http-date.ts';

/** What conditions are held against. */
export interface Validators {
  /** Strong, quoted. */
  readonly etag: string;
  /** Unix milliseconds. */
  readonly modifiedMs: number;
}

/** RFC 9110 § 13.2.2 for GET and HEAD. */
export function precondition(
  headers: IncomingHttpHeaders,
  { etag, modifiedMs }: Validators,
): 'go on' | 'not modified' | 'failed' {
  const modified = wholeSecond(modifiedMs);
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined) {
    if (!listed(ifMatch, etag, 'strong')) return 'failed';
  } else {
    const since = dateIn(headers['if-unmodified-since']);
    if (since !== undefined && modified > since) return 'failed';
  }
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined) {
    return listed(ifNoneMatch, etag, 'weak') ? 'not modified' : 'go on';
  }
  const since = dateIn(headers['if-modified-since']);
  return since !== undefined && modified <= since ? 'not modified' : 'go on';
}

/**
 * True when a Range may be answered as asked (RFC 9110 § 13.1.5). A date counts only when it is exact and lies far
 * enough back for a second change within it to be ruled out (§ 8.8.2.2).
 */
export function rangeHolds(
  ifRange: string | undefined,
  { etag, modifiedMs }: Validators,
  now: number,
): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.startsWith('"') || ifRange.startsWith('W/')) return ifRange === etag;
  const modified = wholeSecond(modifiedMs);
  return parseHttpDate(ifRange) === modified && now - modified >= 2000;
}

const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;

const dateIn = (header: string | undefined): number | undefined =>
  header === undefined ? undefined : parseHttpDate(header);

function listed(header: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (header.trim() === '*') return true;
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => tag === etag || (comparison === 'weak' && tag === `W/${etag}`));
}
