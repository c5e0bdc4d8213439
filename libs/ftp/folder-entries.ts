import type { Dirent, Stats } from 'node:fs';
import { opendir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError, systemCode } from '#libs/errors';
import { isBelow, isInternalName } from '#libs/files';
import type { Entry } from './listing.ts';

/** Entries looked at side by side: the thread pool is left to others. */
const atOnce = 16;

/**
 * What a folder shows: files and folders that are nobody's secret, ordered by name. Symbolic links are shown as what
 * they lead to, when that is inside `root`. What vanishes meanwhile is left out.
 * @throws BranchlineError TREE_TOO_LARGE.
 */
export async function folderEntries(folder: string, root: string, max: number): Promise<Entry[]> {
  const found: Dirent[] = [];
  for await (const entry of await opendir(folder, { bufferSize: 256 })) {
    if (isInternalName(entry.name)) continue;
    if (found.length >= max) {
      throw new BranchlineError('TREE_TOO_LARGE', `${folder} holds more than ${max} names`);
    }
    found.push(entry);
  }
  const entries: Entry[] = [];
  for (let from = 0; from < found.length; from += atOnce) {
    const some = found.slice(from, from + atOnce);
    const looked = await Promise.all(some.map((entry) => look(folder, root, entry)));
    entries.push(...looked.filter((entry) => entry !== undefined));
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function look(folder: string, root: string, entry: Dirent): Promise<Entry | undefined> {
  const place = path.join(folder, entry.name);
  try {
    if (entry.isSymbolicLink() && !isBelow(await realpath(place), root)) return undefined;
    return entryOf(entry.name, await stat(place));
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? ''))
      return undefined;
    throw error;
  }
}

/** Undefined for what is neither file nor folder. */
export function entryOf(name: string, stats: Stats): Entry | undefined {
  const folder = stats.isDirectory();
  if (!folder && !stats.isFile()) return undefined;
  const { mtimeMs: modifiedMs } = stats;
  return { name, folder, size: folder ? 0 : stats.size, modifiedMs, writable: true };
}
