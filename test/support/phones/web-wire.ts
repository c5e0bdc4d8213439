import type { SecureContextOptions } from 'node:tls';
import { Unreachable, WrongAnswer, type Answer } from './file-request.ts';
import { ReceivedBody } from './received-body.ts';
import { WebLine, type WebLines } from './web-line.ts';

/** How a telephone speaks HTTP: old ones know 1.0, send no Host, and put bytes into their User-Agent that do not belong there. */
export interface WebManners {
  readonly version: '1.0' | '1.1';
  readonly host: boolean;
  /** As Latin-1: one character, one byte. */
  readonly agent?: string;
  /** Whole header lines. */
  readonly more?: readonly string[];
  /** It keeps its connection for the next request, as HTTP libraries do. */
  readonly keeps?: boolean;
  /** How it greets a TLS server. */
  readonly tls?: SecureContextOptions;
}

export interface WebRequest {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** The phone's own address. */
  readonly from: string;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Goes out as it stands. */
  readonly target: string;
  readonly manners: WebManners;
  readonly body?: Buffer;
  /** Send the body in chunks, without telling its length before. */
  readonly chunked?: boolean;
}

/**
 * One request, every byte written here: a library would add, order and tidy. On a line that was kept, as far as the
 * phone's manners keep any; one that turns out to be closed is opened anew, as an HTTP library does.
 * @throws Unreachable when there is no connection; WrongAnswer when it ends too early, or a picky phone would give up.
 */
export async function askWeb(request: WebRequest, lines: WebLines): Promise<Answer> {
  const began = performance.now();
  const { host, port, secure, from, manners } = request;
  const doorway = { host, port, secure, from, ...(manners.tls && { tls: manners.tls }) };
  const kept = manners.keeps === true ? lines.take(doorway) : undefined;
  const line = kept ?? new WebLine(doorway);
  const progress = { answered: false };
  try {
    const answer = await askOn(line, request, began, progress);
    if (manners.keeps === true) lines.keep(doorway, line);
    else line.close();
    return answer;
  } catch (error) {
    line.close();
    if (kept !== undefined && !progress.answered) return await askWeb(request, lines);
    throw error;
  }
}

async function askOn(
  line: WebLine,
  request: WebRequest,
  began: number,
  progress: { answered: boolean },
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const body = new ReceivedBody();
  const where = `${request.method} ${request.target} at ${request.host}:${request.port}`;
  let text = Buffer.alloc(0);
  let firstByteMs: number | undefined;
  let head: Head | undefined;
  const read = (part: Buffer): void => {
    firstByteMs ??= performance.now() - began;
    progress.answered = true;
    if (head === undefined) {
      text = Buffer.concat([text, part]);
      head = headIn(text, where);
      if (head !== undefined) body.take(text.subarray(head.end));
    } else body.take(part);
    if (head === undefined || body.bytes < head.length) return;
    if (body.bytes > head.length)
      throw new WrongAnswer(`${where}: ${body.bytes - head.length} bytes too many`);
    const ms = performance.now() - began;
    resolve({ status: head.status, ...body.finish(), firstByteMs, ms });
  };
  const sent = request.body === undefined ? [] : [bodyOf(request.body, request.chunked)];
  line.ask(Buffer.concat([headOf(request), ...sent]), {
    received: (part) => {
      try {
        read(part);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    },
    failed: (why) => {
      const Failure = line.connected ? WrongAnswer : Unreachable;
      reject(new Failure(`${where}: ${why} after ${body.bytes} bytes`));
    },
  });
  return await promise;
}

function headOf({ method, target, manners, host, port, body, chunked }: WebRequest): Buffer {
  const length =
    chunked === true ? 'Transfer-Encoding: chunked' : `Content-Length: ${body?.length ?? 0}`;
  const lines = [
    `${method} ${target} HTTP/${manners.version}`,
    ...(manners.host ? [`Host: ${host}:${port}`] : []),
    ...(manners.agent === undefined ? [] : [`User-Agent: ${manners.agent}`]),
    ...(manners.more ?? []),
    ...(body === undefined ? [] : [length]),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function bodyOf(body: Buffer, chunked = false): Buffer {
  if (!chunked) return body;
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += 1000) {
    const piece = body.subarray(at, at + 1000);
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
}

interface Head {
  readonly status: number;
  /** Of the head, in bytes. */
  readonly end: number;
  /** Of the body, in bytes. */
  readonly length: number;
}

const mostHeadBytes = 16 * 1024;

/** The head as old phones want it: HTTP/1.1, a length and never chunks; a file with type, date and a short ETag. */
function headIn(all: Buffer, where: string): Head | undefined {
  const end = all.indexOf('\r\n\r\n');
  if (end < 0) {
    if (all.length > mostHeadBytes) throw new WrongAnswer(`${where}: a head without an end`);
    return undefined;
  }
  const text = all.subarray(0, end).toString('latin1');
  const status = Number(/^HTTP\/1\.1 (\d{3}) [A-Z]/.exec(text)?.[1]);
  if (Number.isNaN(status)) throw new WrongAnswer(`${where}: ${text.slice(0, 80)}`);
  const length = Number(
    /^content-length: (\d+)\r?$/im.exec(text)?.[1] ?? (status === 204 ? 0 : NaN),
  );
  const wanted = [
    !Number.isNaN(length) || 'no Content-Length',
    !/^transfer-encoding:/im.test(text) || 'chunks',
    status !== 200 || /^content-type: \S/im.test(text) || 'no Content-Type',
    status !== 200 || /^last-modified: \S/im.test(text) || 'no Last-Modified',
    status !== 200 || /^etag: "[^"]{1,40}"\r?$/im.test(text) || 'no short ETag',
  ].filter((fault) => fault !== true);
  if (wanted.length > 0) throw new WrongAnswer(`${where}: ${wanted.join(', ')}: ${text}`);
  return { status, end: end + 4, length };
}
