import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openPhoneCertificate, type KeyKind } from '#libs/identity';

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A fresh certificate for `localhost`, as the product makes it. */
export async function makePhoneCertificate(kind: KeyKind = 'rsa'): Promise<Pair> {
  const folder = await mkdtemp(path.join(tmpdir(), 'branchline-tls-'));
  try {
    const { certificatePem, keyPem } = await openPhoneCertificate({
      certFile: path.join(folder, 'cert.pem'),
      keyFile: path.join(folder, 'key.pem'),
      names: ['localhost'],
      kind,
    });
    return { cert: certificatePem, key: keyPem };
  } finally {
    await rm(folder, { recursive: true });
  }
}

let shared: Promise<Pair> | undefined;

/** One for all tests of a file: making RSA keys takes its time. */
export function phoneCertificate(): Promise<Pair> {
  shared ??= makePhoneCertificate();
  return shared;
}
