import type { Transfer } from '#libs/delivery';
import type { ErrorCode } from '#libs/errors';
import { encodePacket, tftpError } from './packet.ts';

const denials: ReadonlySet<ErrorCode> = new Set([
  'ACCESS_DENIED',
  'PATH_OUTSIDE_TREE',
  'NAME_MALFORMED',
]);

/** The ERROR packet for one of our codes. The text tells the phone's user what to report, and nothing about our disk. */
export function refusalFor(code: ErrorCode): Buffer {
  if (code === 'NOT_FOUND') return refusal(tftpError.notFound, 'File not found');
  if (denials.has(code)) return refusal(tftpError.accessViolation, 'Access violation');
  return refusal(tftpError.undefined, `Server error ${code}`);
}

export function refusal(code: number, message: string): Buffer {
  return encodePacket({ kind: 'error', code, message });
}

/** For logs and counters: a request that came to no download. */
export const refusedRequest = (address: string, file: string, code: ErrorCode): Transfer => ({
  kind: 'transfer',
  server: 'tftp',
  address,
  name: shortName(file),
  bytes: 0,
  ms: 0,
  outcome: 'refused',
  code,
});

/** A name that was only asked for may be anything. */
export const shortName = (name: string): string => name.slice(0, 200);
