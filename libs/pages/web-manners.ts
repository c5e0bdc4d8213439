import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** Sent with every answer: the pages need nothing but themselves, and nobody may frame or sniff them. */
export const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

const compress = promisify(gzip);
const worthwhileBytes = 1_400;

/** Compressed off the event loop when the client takes it and it saves a packet: a branch's link may be thin. */
export async function forTheWire(
  text: string,
  acceptEncoding: string | undefined,
): Promise<{ body: Buffer; encoding: 'gzip' | undefined }> {
  const body = Buffer.from(text);
  const takesGzip = /(^|[\s,])gzip(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(acceptEncoding ?? '');
  if (!takesGzip || body.length < worthwhileBytes) return { body, encoding: undefined };
  return { body: await compress(body, { level: 5 }), encoding: 'gzip' };
}
