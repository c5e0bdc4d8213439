import { X509Certificate } from 'node:crypto';
import { describeCertificate } from '#libs/identity';
import type { HubState } from '#libs/journal';
import { expired, revoked, strange } from './certificate-refusals.ts';

/**
 * Returns when the hub lets the holder of this certificate in, and throws what its handshake could not say otherwise.
 * @throws BranchlineError CERTIFICATE_STRANGE, CERTIFICATE_EXPIRED, CERTIFICATE_REVOKED, CERTIFICATE_INVALID.
 */
export async function explainCertificate(
  certificatePem: string,
  authorityPem: string,
  state: HubState,
  now: number,
): Promise<void> {
  const { fingerprint, notAfterMs } = describeCertificate(certificatePem);
  const authority = new X509Certificate(authorityPem);
  if (!new X509Certificate(certificatePem).verify(authority.publicKey)) throw strange();
  const branch = await state.branchByFingerprint(fingerprint);
  if (branch === undefined) throw strange();
  if (branch.revokedAt !== undefined) throw revoked(branch);
  if (notAfterMs <= now) throw expired(notAfterMs);
}
