import type { IncomingHttpHeaders } from 'node:http';
import type { ServedFile } from '#libs/delivery';
import { rangeOf } from './byte-range.ts';
import { contentType } from './content-type.ts';
import { formatHttpDate } from './http-date.ts';
import { precondition, rangeHolds } from './preconditions.ts';

/** How a found file is answered: the head, and which of its bytes follow. */
export interface FileAnswer {
  readonly status: 200 | 206 | 304 | 412 | 416;
  /** Names and values in turn, as `writeHead` takes them. */
  readonly headers: string[];
  readonly first: number;
  /** Bytes of the body, whatever the method. */
  readonly length: number;
  /** The whole body of a small file in Latin-1, a character for each byte: Node sends it in one piece with the head. */
  readonly text?: string | undefined;
}

/** Head and body together fit into what Node writes without a copy of its own. */
const maxTextBytes = 8 * 1024;

/** What every answer about one version says. */
interface Described {
  /** Last-Modified and ETag, as names and values in turn. */
  readonly validators: string[];
  /** The head of the answer with the whole file. */
  readonly whole: string[];
  readonly text: string | undefined;
}

const described = new WeakMap<ServedFile, Described>();

/** Made once for a file that is held in memory. */
function describe(file: ServedFile): Described {
  const known = described.get(file);
  if (known !== undefined) return known;
  const validators = ['ETag', file.etag, 'Last-Modified', formatHttpDate(file.modifiedMs)];
  const text = file.size <= maxTextBytes ? file.bytes?.toString('latin1') : undefined;
  const fresh = { validators, whole: headOf(file, file.size, validators), text };
  described.set(file, fresh);
  return fresh;
}

const headOf = (file: ServedFile, length: number, validators: readonly string[]): string[] => [
  'Content-Type',
  contentType(file.name),
  'Content-Length',
  String(length),
  ...validators,
  'Accept-Ranges',
  'bytes',
];

/** Decide the answer to a GET or HEAD with these headers (RFC 9110 § 13, 14). `now` in Unix milliseconds. */
export function answerFile(
  method: string,
  headers: IncomingHttpHeaders,
  file: ServedFile,
  now: number,
): FileAnswer {
  const { validators, whole, text } = describe(file);
  switch (precondition(file.insteadOf === undefined ? headers : undated(headers), file)) {
    case 'failed':
      return { status: 412, headers: ['Content-Length', '0'], first: 0, length: 0 };
    case 'not modified':
      return { status: 304, headers: validators, first: 0, length: 0 };
    case 'go on':
  }
  const range =
    method === 'GET' && headers.range !== undefined && rangeHolds(ifRange(headers), file, now)
      ? rangeOf(headers.range, file.size)
      : 'whole';
  if (range === 'unsatisfiable') {
    const refusal = ['Content-Range', `bytes */${file.size}`, 'Content-Length', '0'];
    return { status: 416, headers: [...refusal, ...validators], first: 0, length: 0 };
  }
  if (range === 'whole') {
    return { status: 200, headers: whole, first: 0, length: file.size, text };
  }
  const { first, last } = range;
  const length = last - first + 1;
  const extent = ['Content-Range', `bytes ${first}-${last}/${file.size}`];
  return { status: 206, headers: [...headOf(file, length, validators), ...extent], first, length };
}

/** Of two files that take turns under one name, a date does not tell which one the phone has. */
const undated = (headers: IncomingHttpHeaders): IncomingHttpHeaders => ({
  ...headers,
  'if-modified-since': undefined,
  'if-unmodified-since': undefined,
});

function ifRange(headers: IncomingHttpHeaders): string | undefined {
  const value = headers['if-range'];
  return Array.isArray(value) ? value[0] : value;
}
