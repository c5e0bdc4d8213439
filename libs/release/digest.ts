import { createHash } from 'node:crypto';
import type { FileInfo } from './read-metadata.ts';
import { refusal } from './refusal.ts';

/** Lower-case hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The digest, once it is what a signed file has announced. @throws BranchlineError RELEASE_MIXED. */
export function requireDigest(bytes: Uint8Array, expected: FileInfo, where: string): string {
  const sha256 = sha256Of(bytes);
  if (bytes.length === expected.length && sha256 === expected.sha256) return sha256;
  throw refusal('RELEASE_MIXED', where, 'has not the bytes that the signed file before it names');
}
