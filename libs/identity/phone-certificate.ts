import { randomBytes, X509Certificate, type webcrypto } from 'node:crypto';
import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import { makeFolder, writeDurably } from '#libs/files';
import { systemClock, type Clock } from '#libs/lifecycle';
import { belongTogether } from './authority-files.ts';
import { parseCertificate } from './describe-certificate.ts';
import { generalName } from './general-name.ts';
import { keyPairFromPem, keyPemOf, newKeyPair, newRsaKeyPair, type KeyKind } from './key-pair.ts';
import { readIfThere } from './read-if-there.ts';
import { dayMs, validity } from './validity.ts';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from './x509.ts';

/** Where one certificate for telephones lies. */
export interface PhonePairFiles {
  /** PEM, with intermediates after the leaf (`CertFile`). */
  readonly certFile: string;
  /** PEM (`KeyFile`). */
  readonly keyFile: string;
}

export interface PhoneCertificateOptions extends PhonePairFiles {
  /** Of a key that has to be made. RSA unless told: telephones of the 46xx series exchange keys with RSA only. */
  readonly kind?: KeyKind;
  /** Host names and addresses that telephones use; the first is the common name, which is all that old ones read. */
  readonly names: readonly string[];
  readonly clock?: Clock;
}

/** A certificate for telephones and its key. */
export interface PhonePair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface PhoneCertificate extends PhonePair {
  /** True when it was made just now, and no telephone can know it yet. */
  readonly made: boolean;
}

const LIFE_MS = 10 * 365 * dayMs;
/** Late, because telephones that were given the old certificate need the new one by hand. */
const RENEW_MS = 30 * dayMs;
/** By this a certificate of ours is known: an administrator's own is never replaced. */
const MADE_HERE = 'self-made by Branchline';

/**
 * A certificate of the telephones' TLS listeners: the operator's, or one that is made once and signs itself. One of
 * ours is made anew, for the same key, in the last 30 days of its life.
 * @throws BranchlineError CERTIFICATE_INVALID when the files do not fit; DISK_FULL, WRITE_FAILED.
 */
export async function openPhoneCertificate(
  options: PhoneCertificateOptions,
): Promise<PhoneCertificate> {
  const { certFile, keyFile } = options;
  if ((await readIfThere(certFile)) === undefined) {
    return await make(options, await readIfThere(keyFile));
  }
  const pair = await readPhonePair(options);
  if (isDue(pair, options.clock ?? systemClock)) return await make(options, pair.keyPem);
  return { ...pair, made: false };
}

/**
 * What the two files hold now; nothing is made.
 * @throws BranchlineError CERTIFICATE_INVALID when one is missing or they do not belong together.
 */
export async function readPhonePair({ certFile, keyFile }: PhonePairFiles): Promise<PhonePair> {
  const certificatePem = await readIfThere(certFile);
  const keyPem = await readIfThere(keyFile);
  if (certificatePem === undefined) throw unfit(`${certFile} is missing`);
  if (keyPem === undefined) throw unfit(`${keyFile} is missing, the key of ${certFile}`);
  if (!belongTogether(parseCertificate(certificatePem, certFile), keyPem)) {
    throw unfit(`${keyFile} is not the key of ${certFile}`);
  }
  return { certificatePem, keyPem };
}

function isDue({ certificatePem }: PhonePair, clock: Clock): boolean {
  const certificate = new X509Certificate(certificatePem);
  const left = certificate.validToDate.getTime() - clock.now();
  return certificate.subject.includes(MADE_HERE) && left < RENEW_MS;
}

/** The key is on the disk before its certificate, and a key alone gets one: a power cut in between costs nothing. */
async function make(
  options: PhoneCertificateOptions,
  existingKeyPem: string | undefined,
): Promise<PhoneCertificate> {
  const { certFile, keyFile, kind = 'rsa', clock = systemClock } = options;
  const keys = await (existingKeyPem !== undefined
    ? readKeys(keyFile, existingKeyPem)
    : kind === 'rsa'
      ? newRsaKeyPair()
      : newKeyPair());
  const keyPem = existingKeyPem ?? keyPemOf(keys.privateKey);
  if (existingKeyPem === undefined) {
    await makeFolder(path.dirname(keyFile));
    await writeDurably(keyFile, keyPem, { mode: 0o600 });
  }
  const certificatePem = await signItself(keys, options.names, clock.now());
  await makeFolder(path.dirname(certFile));
  await writeDurably(certFile, certificatePem, { mode: 0o644 });
  return { certificatePem, keyPem, made: true };
}

async function signItself(
  keys: webcrypto.CryptoKeyPair,
  names: readonly string[],
  now: number,
): Promise<string> {
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: [{ OU: [MADE_HERE] }, { CN: [names[0] ?? 'Branchline'] }],
    keys,
    ...validity(now, LIFE_MS),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names.map(generalName))]),
    ],
  });
  return certificate.toString('pem');
}

function readKeys(keyFile: string, keyPem: string): ReturnType<typeof keyPairFromPem> {
  try {
    return keyPairFromPem(keyPem);
  } catch (error) {
    throw unfit(`${keyFile} is not a private key (RSA or EC P-256, without a password)`, error);
  }
}

/** What is wrong with the telephones' certificates, in one form. */
export function unfit(why: string, cause?: unknown): BranchlineError {
  return new BranchlineError(
    'CERTIFICATE_INVALID',
    `the telephones' certificate cannot be used: ${why}; correct CertFile and KeyFile, or remove both files and a certificate is made`,
    { cause },
  );
}
