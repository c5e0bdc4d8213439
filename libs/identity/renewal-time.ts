import { createHash } from 'node:crypto';
import type { CertificateDescription } from './describe-certificate.ts';

/**
 * When to renew, Unix milliseconds: at two thirds of the certificate's life, plus up to a twentieth of it that `seed`
 * (the branch's name) decides, so that a thousand branches that joined on one day do not come back in one minute.
 */
export function renewalTime(
  certificate: Pick<CertificateDescription, 'notBeforeMs' | 'notAfterMs'>,
  seed: string,
): number {
  const life = certificate.notAfterMs - certificate.notBeforeMs;
  const share = createHash('sha256').update(seed).digest().readUInt32BE(0) / 2 ** 32;
  return Math.round(certificate.notBeforeMs + (life * 2) / 3 + (life / 20) * share);
}
