import type { PhoneTls } from '#libs/identity';

/** What telephones of the 4600 and 9600 series may need (Guide p. 25). */
export interface OldTls {
  /** TLS 1.0 and 1.1 with AES (Guide key TLSV1). */
  readonly encrypted: boolean;
  /** RSA_NULL_SHA, which authenticates and encrypts nothing (Guide key IPTel). */
  readonly unencrypted: boolean;
}

const encryptedSuites = [
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-SHA',
  'AES256-SHA',
];
const unencryptedSuites = ['NULL-SHA'];

/**
 * Versions and ciphers of a listener for old telephones, and for nobody else: it ends at TLS 1.1, so that a client of
 * today fails there instead of being served without encryption. The best suite that a telephone knows is taken.
 */
export function oldTls({
  encrypted,
  unencrypted,
}: OldTls): Pick<PhoneTls, 'minVersion' | 'maxVersion' | 'ciphers'> {
  const suites = [...(encrypted ? encryptedSuites : []), ...(unencrypted ? unencryptedSuites : [])];
  // OpenSSL forbids the SHA-1 signatures of TLS 1.0, and NULL ciphers, from security level 1 on.
  return { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: `${suites.join(':')}:@SECLEVEL=0` };
}
