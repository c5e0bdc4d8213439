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

/** A text as it is sent. */
export interface OnTheWire {
  readonly body: Buffer;
  readonly encoding: 'gzip' | undefined;
}

export const takesGzip = (acceptEncoding: string | undefined): boolean =>
  /(^|[\s,])gzip(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(acceptEncoding ?? '');

/** Compressed off the event loop when the client takes it and it saves a packet: a branch's link may be thin. */
export async function forTheWire(text: string, gzipped: boolean): Promise<OnTheWire> {
  const body = Buffer.from(text);
  if (!gzipped || body.length < worthwhileBytes) return { body, encoding: undefined };
  return { body: await compress(body, { level: 5 }), encoding: 'gzip' };
}
