import {
  createPrivateKey,
  createPublicKey,
  KeyObject,
  webcrypto,
  type X509Certificate,
} from 'node:crypto';

/** ECDSA on P-256 with SHA-256: small, quick, and every TLS 1.2 stack has it. */
export const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

const RSA_2048 = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: 'SHA-256',
} as const;

/** A key pair of ours; made off the event loop. */
export function newKeyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
}

/** RSA 2048, which takes a second or so of another thread. */
export function newRsaKeyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(RSA_2048, true, ['sign', 'verify']);
}

export type KeyKind = 'rsa' | 'ec';

/** What kind of key a certificate is for, or undefined for one that telephones cannot use. */
export function kindOf({ publicKey }: X509Certificate): KeyKind | undefined {
  const kind = publicKey.asymmetricKeyType;
  return kind === 'rsa' || kind === 'ec' ? kind : undefined;
}

/** PKCS #8. */
export function keyPemOf(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}

/**
 * The pair of a private key in PEM: EC on P-256 or RSA.
 * @throws Error when it is something else.
 */
export function keyPairFromPem(pem: string): webcrypto.CryptoKeyPair {
  const privateKey = createPrivateKey(pem);
  const algorithm = privateKey.asymmetricKeyType === 'rsa' ? RSA_2048 : P256;
  return {
    privateKey: privateKey.toCryptoKey(algorithm, true, ['sign']),
    publicKey: createPublicKey(privateKey).toCryptoKey(algorithm, true, ['verify']),
  };
}
