import type { Dirent } from 'node:fs';
import { opendir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError, systemCode } from '#libs/errors';
import { isInternalName } from './partial-name.ts';
import { isBelow } from './paths.ts';

/** One regular file of a tree, as its folder tells it. */
export interface ListedFile {
  /** Inside the tree, with `/`. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Unix milliseconds, with fractions where the disk keeps them. */
  readonly modifiedMs: number;
}

export interface ListOptions {
  /** Default 100,000. */
  readonly maxFiles?: number;
  /** Folders below one another; default 32. */
  readonly maxDepth?: number;
}

/** Files looked at side by side: enough to hide the disk's latency, few enough to leave the thread pool to others. */
const AT_ONCE = 16;

/**
 * All regular files below `root`, ordered by name (code units), without what is ours. Links to files count when they
 * stay inside the tree; links to folders are not followed. What vanishes meanwhile is left out.
 * @throws BranchlineError TREE_TOO_LARGE.
 */
export async function listTree(root: string, options: ListOptions = {}): Promise<ListedFile[]> {
  const { maxFiles = 100_000, maxDepth = 32 } = options;
  const home = await realpath(root);
  const files: ListedFile[] = [];
  const folders: { name: string; depth: number }[] = [{ name: '', depth: 0 }];
  const tooLarge = (): BranchlineError =>
    new BranchlineError(
      'TREE_TOO_LARGE',
      `${root} holds more than ${maxFiles} files or ${maxDepth} folders below one another: move some away`,
    );
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    if (at.depth > maxDepth) throw tooLarge();
    const candidates: Dirent[] = [];
    for await (const entry of entriesOf(path.join(home, at.name))) {
      if (isInternalName(entry.name)) continue;
      if (entry.isDirectory()) {
        folders.push({ name: path.posix.join(at.name, entry.name), depth: at.depth + 1 });
      } else if (entry.isFile() || entry.isSymbolicLink()) candidates.push(entry);
      if (files.length + candidates.length > maxFiles || folders.length > maxFiles)
        throw tooLarge();
    }
    for (let from = 0; from < candidates.length; from += AT_ONCE) {
      const some = candidates.slice(from, from + AT_ONCE);
      const folder = at.name;
      const listed = await Promise.all(some.map((entry) => look(home, folder, entry)));
      files.push(...listed.filter((file) => file !== undefined));
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function look(home: string, folder: string, entry: Dirent): Promise<ListedFile | undefined> {
  const name = path.posix.join(folder, entry.name);
  const full = path.join(home, name);
  try {
    if (entry.isSymbolicLink() && !isBelow(await realpath(full), home)) return undefined;
    const stats = await stat(full);
    return stats.isFile() ? { name, size: stats.size, modifiedMs: stats.mtimeMs } : undefined;
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Read piece by piece: a folder of a million names must not fill the memory before it is refused. */
async function* entriesOf(folder: string): AsyncGenerator<Dirent, void, undefined> {
  try {
    yield* await opendir(folder, { bufferSize: 256 });
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
