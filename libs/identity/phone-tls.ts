import { createSecureContext, type SecureVersion, type TlsOptions } from 'node:tls';
import { constants } from 'node:crypto';
import { BranchlineError } from '#libs/errors';

/** A certificate and its key, PEM, the chain included. */
export interface TlsPair {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** What a TLS listener shows to telephones, and what it asks of them. */
export interface PhoneTls {
  /** One for each kind of key. An RSA one is among them: phones of the 1200 series know only RSA key exchange. */
  readonly pairs: readonly TlsPair[];
  /** TLSv1.2 unless told. */
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
  /** OpenSSL's cipher list; Node's own unless told: it has RSA key exchange with AES. */
  readonly ciphers?: string;
  /** PEM of the authorities of clients: nobody gets in without a certificate of theirs. Undefined = nobody is asked. */
  readonly clientAuthorities?: string | undefined;
  /** Session tickets are good after a restart and at other processes that have the same 48 bytes. */
  readonly ticketKeys?: Buffer | undefined;
}

/** Seconds; a resumed handshake costs a quarter of a full one, and phones come back in the morning. */
const sessionSeconds = 12 * 3600;

/** OpenSSL keeps sessions apart by this; Node would take the command line, which differs between processes. */
const sessionIdContext = 'branchline phones';

/**
 * The options of a TLS listener, tried out.
 * @throws BranchlineError CERTIFICATE_INVALID.
 */
export function secureOptions(tls: PhoneTls): TlsOptions {
  const { pairs, minVersion, maxVersion, ciphers, clientAuthorities, ticketKeys } = tls;
  const options: TlsOptions = {
    cert: pairs.map(({ cert }) => cert),
    key: pairs.map(({ key }) => key),
    minVersion: minVersion ?? 'TLSv1.2',
    ...(maxVersion !== undefined && { maxVersion }),
    ...(ciphers !== undefined && { ciphers }),
    ...(clientAuthorities === undefined
      ? resumption(ticketKeys)
      : clientCertificates(clientAuthorities)),
  };
  try {
    if (pairs.length === 0) throw new Error('there is none that this listener can show');
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

const resumption = (ticketKeys: Buffer | undefined): TlsOptions => ({
  sessionTimeout: sessionSeconds,
  sessionIdContext,
  ...(ticketKeys !== undefined && { ticketKeys }),
});

/** Without tickets: who resumes is believed to be who it was, whatever has become of its certificate since. */
const clientCertificates = (authorities: string): TlsOptions => ({
  ca: authorities,
  requestCert: true,
  rejectUnauthorized: true,
  secureOptions: constants.SSL_OP_NO_TICKET,
});
