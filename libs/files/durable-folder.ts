import { closeSync, fsync, open } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { asDiskError } from './disk-error.ts';
import type { Paths } from './paths.ts';
import { renameFile } from './rename-file.ts';

const openFolder = promisify(open);
const sync = promisify(fsync);

/** Make the names in a folder survive a power cut; without it a rename may be lost (fsync(2), NOTES). */
export async function fsyncFolder(
  folder: string,
  platform: NodeJS.Platform = process.platform,
): Promise<void> {
  // Windows opens no folder for this: NTFS keeps a journal of its names.
  if (platform === 'win32') return;
  try {
    const descriptor = await openFolder(folder, 'r');
    try {
      await sync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw asDiskError(error, folder);
  }
}

/**
 * Rename on one disk, and return only when a power cut can no longer undo it.
 * @throws BranchlineError DISK_FULL or WRITE_FAILED.
 */
export async function renameDurably(from: string, to: string): Promise<void> {
  try {
    await renameFile(from, to);
  } catch (error) {
    throw asDiskError(error, to);
  }
  const target = path.dirname(to);
  const source = path.dirname(from);
  await fsyncFolder(target);
  if (path.resolve(source) !== path.resolve(target)) await fsyncFolder(source);
}

/**
 * Make a folder and its parents where they are missing; the new names survive a power cut. Returns what it made.
 * @throws BranchlineError DISK_FULL or WRITE_FAILED.
 */
export async function makeFolder(folder: string, mode?: number): Promise<string[]> {
  const wanted = path.resolve(folder);
  let first: string | undefined;
  try {
    first = await mkdir(wanted, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  } catch (error) {
    throw asDiskError(error, wanted);
  }
  if (first === undefined) return [];
  const changed = foldersBetween(wanted, path.dirname(first));
  for (const folder of changed) await fsyncFolder(folder);
  return [wanted, ...changed].slice(0, -1);
}

/**
 * The folders above `below`, the nearest first, up to `top`. Windows may give `top` in its long form, `\\?\C:\x`, where the way up does
 * not meet it: then it ends at the root.
 */
export function foldersBetween(below: string, top: string, paths: Paths = path): string[] {
  const found: string[] = [];
  for (let at = below; at !== top;) {
    const above = paths.dirname(at);
    if (above === at) break;
    found.push(above);
    at = above;
  }
  return found;
}
