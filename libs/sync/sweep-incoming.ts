import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { ifThere, PARTIAL_SUFFIX } from '#libs/files';

/**
 * What an earlier process left half-written in a shelf's `incoming`: small files are sent again as a whole, theirs goes. Parts
 * of large ones stay: they are gone on with, or grow stale. Only for the process that serves.
 */
export async function sweepIncoming(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!name.startsWith('.') || !name.endsWith(PARTIAL_SUFFIX)) continue;
    await rm(path.join(folder, name), { force: true });
  }
}

const namesIn = async (folder: string): Promise<string[]> => (await ifThere(readdir(folder))) ?? [];
