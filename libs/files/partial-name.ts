import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Paths } from './paths.ts';

/** What unfinished files end with: never listed, never served, swept after a crash. */
export const PARTIAL_SUFFIX = '.partial';

/** The folder that Branchline keeps for itself inside a tree: never listed, never served. */
export const INTERNAL_FOLDER = '.branchline';

/** True for a file or folder name (one part) that is our own business and nobody else's. */
export function isInternalName(part: string): boolean {
  const lower = part.toLowerCase();
  return lower === INTERNAL_FOLDER || lower.endsWith(PARTIAL_SUFFIX);
}

/** A fresh hidden name beside `target`: same folder, hence the same disk, so that a rename is enough. */
export function partialBeside(target: string, paths: Paths = path): string {
  // 48 characters are at most 192 bytes: with the rest it stays below the 255 of a file name.
  const stem = Array.from(paths.basename(target)).slice(0, 48).join('');
  const random = randomBytes(6).toString('hex');
  return paths.join(paths.dirname(target), `.${stem}.${random}${PARTIAL_SUFFIX}`);
}
