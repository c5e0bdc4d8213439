import { closeSync, openSync } from 'node:fs';
import type { Archive } from './archive.ts';
import { CHUNK, unpackMember } from './unpack-member.ts';

/**
 * Inflate every member without writing it, and hold it to its declared size and checksum. For a thread of its own: it reads
 * the archive without letting others have their turn.
 * @throws BranchlineError ARCHIVE_SIZE_LIES, ARCHIVE_CRC_WRONG or ARCHIVE_UNREADABLE.
 */
export async function verifyArchive(archive: Archive): Promise<void> {
  const descriptor = openSync(archive.path, 'r');
  try {
    const scratch = Buffer.allocUnsafeSlow(CHUNK);
    for (const entry of archive.entries) {
      if (entry.isFolder) continue;
      const order = { entry, destinations: [] };
      await unpackMember({ path: archive.path, descriptor }, order, scratch, () => undefined);
    }
  } finally {
    closeSync(descriptor);
  }
}
