import { createSecureContext, type SecureContextOptions, type SecureVersion } from 'node:tls';
import { BranchlineError } from '#libs/errors';

/** What an HTTPS listener shows to telephones. */
export interface PhoneTls {
  /** PEM, the chain included. An RSA one: phones of the 1200 series know only RSA key exchange. */
  readonly cert: string | Buffer;
  /** PEM. */
  readonly key: string | Buffer;
  /** TLSv1.2 unless told. */
  readonly minVersion?: SecureVersion;
  /** OpenSSL's cipher list; Node's own unless told: it has RSA key exchange with AES. */
  readonly ciphers?: string;
}

/** Seconds; a resumed handshake costs a quarter of a full one, and phones come back in the morning. */
const sessionSeconds = 12 * 3600;

/**
 * The options of a TLS context, tried out.
 * @throws BranchlineError CERTIFICATE_INVALID.
 */
export function secureOptions({ cert, key, minVersion, ciphers }: PhoneTls): SecureContextOptions {
  const options: SecureContextOptions = {
    cert,
    key,
    minVersion: minVersion ?? 'TLSv1.2',
    sessionTimeout: sessionSeconds,
    ...(ciphers === undefined ? {} : { ciphers }),
  };
  try {
    createSecureContext(options);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BranchlineError(
      'CERTIFICATE_INVALID',
      `the certificate for telephones cannot be used: ${why}; check that certificate and key are PEM and belong together`,
      { cause },
    );
  }
  return options;
}
