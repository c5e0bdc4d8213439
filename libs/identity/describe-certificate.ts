import { X509Certificate } from 'node:crypto';
import { BranchlineError } from '#libs/errors';
import { holderOf } from './names.ts';

export interface CertificateDescription {
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  /** Set on a branch's certificate. */
  readonly branch: string | undefined;
  /** Set on a hub's certificate and on its authority's. */
  readonly hubId: string | undefined;
  /** Unix milliseconds. */
  readonly notBeforeMs: number;
  /** Unix milliseconds. */
  readonly notAfterMs: number;
  /** Lower-case hex. */
  readonly serial: string;
  readonly subject: string;
}

/**
 * What a certificate says; of several in one PEM text the first. Nothing is verified.
 * @throws BranchlineError CERTIFICATE_INVALID when it is no certificate.
 */
export function describeCertificate(
  certificate: string | Buffer | X509Certificate,
): CertificateDescription {
  const read = certificate instanceof X509Certificate ? certificate : parseCertificate(certificate);
  return {
    fingerprint: read.fingerprint256.replaceAll(':', '').toLowerCase(),
    ...holderOf(read),
    notBeforeMs: read.validFromDate.getTime(),
    notAfterMs: read.validToDate.getTime(),
    serial: read.serialNumber.toLowerCase(),
    subject: read.subject,
  };
}

/** @throws BranchlineError CERTIFICATE_INVALID. */
export function parseCertificate(
  pemOrDer: string | Buffer,
  where = 'what was given',
): X509Certificate {
  try {
    return new X509Certificate(pemOrDer);
  } catch (error) {
    throw new BranchlineError(
      'CERTIFICATE_INVALID',
      `${where} is not a certificate in PEM or DER form`,
      { cause: error },
    );
  }
}
