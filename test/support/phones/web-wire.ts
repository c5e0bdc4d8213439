import { connect, type Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls';
import { patienceMs, Unreachable, WrongAnswer, type Answer } from './file-request.ts';

/** How a telephone speaks HTTP: old ones know 1.0, send no Host, and put bytes into their User-Agent that do not belong there. */
export interface WebManners {
  readonly version: '1.0' | '1.1';
  readonly host: boolean;
  /** As Latin-1: one character, one byte. */
  readonly agent?: string;
  /** Whole header lines. */
  readonly more?: readonly string[];
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
 * One request on a connection of its own, every byte written here: a library would add, order and tidy.
 * @throws Unreachable when there is no connection; WrongAnswer when it ends too early, or a picky phone would give up.
 */
export async function askWeb(request: WebRequest): Promise<Answer> {
  const began = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const socket = open(request);
  const parts: Buffer[] = [];
  let received = 0;
  let firstByteMs: number | undefined;
  let head: Head | undefined;
  let connected = false;
  const where = `${request.method} ${request.target} at ${request.host}:${request.port}`;

  const read = (part: Buffer): void => {
    firstByteMs ??= performance.now() - began;
    parts.push(part);
    received += part.length;
    head ??= headIn(parts, where);
    if (head !== undefined && received >= head.end + head.length) finish(head, firstByteMs);
  };
  const finish = (whole: Head, first: number): void => {
    const all = Buffer.concat(parts);
    if (all.length > whole.end + whole.length) {
      throw new WrongAnswer(`${where}: ${all.length - whole.end - whole.length} bytes too many`);
    }
    const body = all.subarray(whole.end);
    resolve({ status: whole.status, body, firstByteMs: first, ms: performance.now() - began });
  };

  const fail = (why: string): void => {
    reject(new (connected ? WrongAnswer : Unreachable)(`${where}: ${why}`));
  };
  socket.setTimeout(patienceMs, () => {
    fail(`silent for ${patienceMs} ms`);
  });
  socket.on('data', (part: Buffer) => {
    try {
      read(part);
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
  socket.on('error', (cause) => {
    fail(cause.message);
  });
  socket.on('close', () => {
    fail(`hung up after ${received} bytes`);
  });
  socket.once(request.secure ? 'secureConnect' : 'connect', () => {
    connected = true;
    socket.write(headOf(request));
    if (request.body !== undefined) socket.write(bodyOf(request.body, request.chunked));
  });
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

function open({ host, port, secure, from, manners }: WebRequest): Socket {
  const plain = connect({ host, port, localAddress: from, noDelay: true });
  if (!secure) return plain;
  // A phone trusts what its settings told it to; that is tested where certificates are.
  return connectTls({
    socket: plain,
    rejectUnauthorized: false,
    secureContext: contextOf(manners.tls ?? {}),
  });
}

const contexts = new Map<string, SecureContext>();

/** One for all phones that greet alike: making one costs more than the handshake. */
function contextOf(options: SecureContextOptions): SecureContext {
  const key = JSON.stringify(options);
  const context = contexts.get(key) ?? createSecureContext(options);
  contexts.set(key, context);
  return context;
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
function headIn(parts: Buffer[], where: string): Head | undefined {
  const all = Buffer.concat(parts);
  parts.splice(0, parts.length, all);
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
