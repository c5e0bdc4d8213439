import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import { makeFolder, writeDurably } from '#libs/files';
import { systemClock, type Clock } from '#libs/lifecycle';
import { belongTogether } from './authority-files.ts';
import { parseCertificate } from './describe-certificate.ts';
import { generalName } from './general-name.ts';
import { keyPairFromPem, keyPemOf, newRsaKeyPair } from './key-pair.ts';
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

export interface PhoneCertificateOptions {
  /** PEM, with intermediates after the leaf (`CertFile`). */
  readonly certFile: string;
  /** PEM (`KeyFile`). */
  readonly keyFile: string;
  /** Host names and addresses that telephones use; the first is the common name, which is all that old ones read. */
  readonly names: readonly string[];
  readonly clock?: Clock;
}

export interface PhoneCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
  /** True when it was made just now, and no telephone can know it yet. */
  readonly made: boolean;
}

const LIFE_MS = 10 * 365 * dayMs;

/**
 * The certificate of the telephones' HTTPS listener: the operator's, or one that is made once and signs itself. RSA, as
 * telephones of the 46xx series exchange keys with RSA only.
 * @throws BranchlineError CERTIFICATE_INVALID when the files do not fit; DISK_FULL, WRITE_FAILED.
 */
export async function openPhoneCertificate(
  options: PhoneCertificateOptions,
): Promise<PhoneCertificate> {
  const { certFile, keyFile } = options;
  const certificatePem = await readIfThere(certFile);
  const keyPem = await readIfThere(keyFile);
  if (certificatePem === undefined) return await make(options, keyPem);
  if (keyPem === undefined) throw unfit(`${keyFile} is missing, the key of ${certFile}`);
  if (!belongTogether(parseCertificate(certificatePem, certFile), keyPem)) {
    throw unfit(`${keyFile} is not the key of ${certFile}`);
  }
  return { certificatePem, keyPem, made: false };
}

/** The key is on the disk before its certificate, and a key alone gets one: a power cut in between costs nothing. */
async function make(
  { certFile, keyFile, names, clock = systemClock }: PhoneCertificateOptions,
  existingKeyPem: string | undefined,
): Promise<PhoneCertificate> {
  const keys =
    existingKeyPem === undefined ? await newRsaKeyPair() : readKeys(keyFile, existingKeyPem);
  const keyPem = existingKeyPem ?? keyPemOf(keys.privateKey);
  if (existingKeyPem === undefined) {
    await makeFolder(path.dirname(keyFile));
    await writeDurably(keyFile, keyPem, { mode: 0o600 });
  }
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: [{ CN: [names[0] ?? 'Branchline'] }],
    keys,
    ...validity(clock.now(), LIFE_MS),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names.map(generalName))]),
    ],
  });
  const certificatePem = certificate.toString('pem');
  await makeFolder(path.dirname(certFile));
  await writeDurably(certFile, certificatePem, { mode: 0o644 });
  return { certificatePem, keyPem, made: true };
}

function readKeys(keyFile: string, keyPem: string): ReturnType<typeof keyPairFromPem> {
  try {
    return keyPairFromPem(keyPem);
  } catch (error) {
    throw unfit(`${keyFile} is not a private key (RSA or EC P-256, without a password)`, error);
  }
}

function unfit(why: string, cause?: unknown): BranchlineError {
  return new BranchlineError(
    'CERTIFICATE_INVALID',
    `the telephones' certificate cannot be used: ${why}; correct CertFile and KeyFile, or remove both files and a certificate is made`,
    { cause },
  );
}
