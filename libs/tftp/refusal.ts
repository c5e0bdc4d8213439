import type { ErrorCode } from '#libs/errors';
import { encodePacket, tftpError } from './packet.ts';

/** The ERROR packet for one of our codes. The text tells the phone's user what to report, and nothing about our disk. */
export function refusalFor(code: ErrorCode): Buffer {
  if (code === 'NOT_FOUND') return refusal(tftpError.notFound, 'File not found');
  if (code === 'PATH_OUTSIDE_TREE' || code === 'NAME_MALFORMED') {
    return refusal(tftpError.accessViolation, 'Access violation');
  }
  return refusal(tftpError.undefined, `Server error ${code}`);
}

export function refusal(code: number, message: string): Buffer {
  return encodePacket({ kind: 'error', code, message });
}
