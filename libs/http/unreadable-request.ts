import type { Duplex } from 'node:stream';
import { systemCode } from '#libs/errors';
import type { Connection } from './connection.ts';
import { rawRefusal, refusal } from './refusal.ts';
import { repairedHead } from './repaired-request.ts';

/** What the parser says about bytes that it refused. */
interface ParserError extends Error {
  readonly rawPacket?: unknown;
}

const statuses: ReadonlyMap<string, number> = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);

const mendable = new Set(['HPE_INVALID_HEADER_TOKEN', 'HPE_INVALID_URL']);

/** The head that a phone meant when the parser refused its first and only bytes, or undefined. */
export function repairable(error: ParserError, received: unknown): Buffer | undefined {
  if (!mendable.has(systemCode(error) ?? '')) return undefined;
  const { rawPacket } = error;
  // Anything that came before in other packets would be missing here.
  if (!Buffer.isBuffer(rawPacket) || rawPacket.length !== received) return undefined;
  return repairedHead(rawPacket);
}

/**
 * Refuse bytes that are no request, without ever writing into an answer that is going out. Returns what was wrong, or
 * undefined when the phone just went away.
 */
export function refuseUnreadable(
  error: ParserError,
  stream: Duplex,
  connection: Connection | undefined,
): string | undefined {
  const code = systemCode(error) ?? '';
  const status = statuses.get(code) ?? (code.startsWith('HPE_') ? 400 : undefined);
  if (connection === undefined || status === undefined) {
    stream.destroy();
    return code === 'ECONNRESET' ? undefined : code;
  }
  if (connection.busy) {
    connection.breakOff();
  } else if (stream.writable) {
    stream.end(rawRefusal(refusal(status)), () => {
      stream.destroy();
    });
  } else {
    stream.destroy();
  }
  return code;
}
