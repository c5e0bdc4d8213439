import { createHash, timingSafeEqual, type X509Certificate } from 'node:crypto';

const PIN = /^sha256\/[A-Za-z0-9_-]{43}$/;

export const isPin = (text: string): boolean => PIN.test(text);

/** `sha256/` and the base64url of SHA-256 over the public key's SubjectPublicKeyInfo (as RFC 7469 § 2.4 hashes it). */
export function pinOf(certificate: X509Certificate): string {
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return `sha256/${createHash('sha256').update(key).digest('base64url')}`;
}

export function matchesPin(certificate: X509Certificate, pin: string): boolean {
  const own = Buffer.from(pinOf(certificate));
  const wanted = Buffer.from(pin);
  return own.length === wanted.length && timingSafeEqual(own, wanted);
}
