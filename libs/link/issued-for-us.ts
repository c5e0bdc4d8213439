import { createPrivateKey, X509Certificate } from 'node:crypto';
import { asBranchlineError, BranchlineError } from '#libs/errors';

/**
 * A certificate that a hub has sent is worth keeping only if it is for our key and from the authority beside it.
 * @throws BranchlineError PEER_ANSWER_INVALID.
 */
export function requireIssuedForUs(
  pair: { readonly certificatePem: string; readonly keyPem: string },
  authorityPem: string,
  address: string,
): void {
  let why: string | undefined;
  let cause: unknown;
  try {
    const certificate = new X509Certificate(pair.certificatePem);
    if (!certificate.checkPrivateKey(createPrivateKey(pair.keyPem))) why = 'it is for another key';
    else if (!certificate.verify(new X509Certificate(authorityPem).publicKey)) {
      why = 'another authority has signed it';
    }
  } catch (error) {
    why = asBranchlineError(error).message;
    cause = error;
  }
  if (why === undefined) return;
  throw new BranchlineError(
    'PEER_ANSWER_INVALID',
    `the certificate that ${address} has sent cannot be used: ${why}`,
    { cause },
  );
}
