import type { ErrorCode } from '#libs/errors';

/** Codes in a hub's refusal that a branch makes its own. */
export const believed: ReadonlySet<ErrorCode> = new Set([
  'CERTIFICATE_MISSING',
  'CERTIFICATE_STRANGE',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_REVOKED',
  'JOIN_TOKEN_UNKNOWN',
  'JOIN_TOKEN_USED',
  'JOIN_TOKEN_EXPIRED',
  'JOIN_REQUEST_INVALID',
  'LINK_CYCLE',
  'LINK_REQUEST_INVALID',
  'PROTOCOL_MISMATCH',
  'PEER_FULL',
  'UPLOAD_REFUSED',
  'LENGTH_MISMATCH',
  'DIGEST_MISMATCH',
]);

const more: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'PEER_BUSY',
  'PEER_LACKS_FILE',
  'PEER_TOO_SLOW',
]);

/** True when a refusal with this code says something about the request, and not about the hub's own house. */
export function isToldOutside(code: ErrorCode): boolean {
  return believed.has(code) || more.has(code);
}
