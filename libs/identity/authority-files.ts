import { createPrivateKey, randomUUID, type X509Certificate } from 'node:crypto';
import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import { writeFolderOnce } from '#libs/files';
import { parseCertificate } from './describe-certificate.ts';
import { issueAuthority, type Issuer } from './issue.ts';
import { keyPairFromPem, keyPemOf, newKeyPair } from './key-pair.ts';
import { holderOf } from './names.ts';
import { readIfThere } from './read-if-there.ts';

const CERTIFICATE = 'authority.pem';
const KEY = 'authority.key.pem';

/** Load what `createAuthority` has made, or undefined. @throws BranchlineError CERTIFICATE_INVALID. */
export async function loadAuthority(folder: string): Promise<Issuer | undefined> {
  const certificatePem = await readIfThere(path.join(folder, CERTIFICATE));
  const keyPem = await readIfThere(path.join(folder, KEY));
  if (certificatePem === undefined && keyPem === undefined) return undefined;
  if (certificatePem === undefined) throw broken(folder, `${CERTIFICATE} is missing`);
  if (keyPem === undefined) throw broken(folder, `${KEY} is missing`);
  const certificate = parseCertificate(certificatePem, path.join(folder, CERTIFICATE));
  const { hubId } = holderOf(certificate);
  if (hubId === undefined || !certificate.ca) {
    throw broken(folder, `${CERTIFICATE} is not the authority of a hub`);
  }
  if (!belongTogether(certificate, keyPem)) {
    throw broken(folder, `${KEY} is not the key of ${CERTIFICATE}`);
  }
  return { certificate, hubId, signingKey: keyPairFromPem(keyPem).privateKey };
}

/** Make an authority unless another process is quicker; either way load it afterwards. */
export async function createAuthority(folder: string, now: number): Promise<void> {
  const keys = await newKeyPair();
  await writeFolderOnce(folder, {
    [KEY]: { bytes: keyPemOf(keys.privateKey), mode: 0o600 },
    [CERTIFICATE]: { bytes: await issueAuthority(keys, randomUUID(), now), mode: 0o644 },
  });
}

/** True when the key is readable and the certificate's. */
export function belongTogether(certificate: X509Certificate, keyPem: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}

function broken(folder: string, why: string): BranchlineError {
  return new BranchlineError(
    'CERTIFICATE_INVALID',
    `the authority in ${folder} cannot be used: ${why}; restore the folder from the backup, or empty it and let all branches join anew`,
  );
}
