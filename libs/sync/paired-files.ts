import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { asBranchlineError, systemCode } from '#libs/errors';
import { asDiskError, fsyncFolder, hashFile, makeFolder, resolveInside } from '#libs/files';
import type { PublicationFile } from '#libs/journal';
import type { Logger } from '#libs/observe';
import type { FetchedFile } from './mirrored-folder.ts';
import { publishingRank, type Tree } from './placement.ts';
import { secondName } from './second-name.ts';
import { checkSwitch } from './switch-files.ts';
import { previousFolder, stagingFolder } from './tree-folders.ts';

/** One tree, and where it lies. */
export interface TreePlace {
  readonly tree: Tree;
  readonly root: string;
}

/** What of these can be put in place now: the rest has changed meanwhile, or something stands in the way. */
export async function placeable(
  root: string,
  files: readonly FetchedFile[],
  log: Logger,
  signal: AbortSignal,
): Promise<FetchedFile[]> {
  const found: FetchedFile[] = [];
  for (const file of files) {
    try {
      const target = resolveInside(root, file.name);
      await checkSwitch(root, target);
      if ((await digestOf(target, signal)) === file.replaces) found.push(file);
    } catch (error) {
      signal.throwIfAborted();
      const { code, message } = asBranchlineError(error);
      log.warn(
        { name: file.name, code, reason: message },
        'a file of the other server is left out',
      );
    }
  }
  return found;
}

/**
 * Move them into staging, in the order in which they are to appear.
 * @throws BranchlineError DISK_FULL, WRITE_FAILED.
 */
export async function stagePaired(
  id: number,
  { tree, root }: TreePlace,
  files: readonly FetchedFile[],
): Promise<PublicationFile[]> {
  const folder = stagingFolder(root, id);
  const staged: PublicationFile[] = [];
  const inOrder = files.toSorted((a, b) => publishingRank(a.name) - publishingRank(b.name));
  try {
    await mkdir(folder, { recursive: true });
    for (const [ordinal, { path: from, name, size, sha256 }] of inOrder.entries()) {
      await rename(from, path.join(folder, `${ordinal}`));
      staged.push({ ordinal, tree, name, size, sha256 });
    }
  } catch (error) {
    throw asDiskError(error, folder);
  }
  await fsyncFolder(folder);
  return staged;
}

/** What a replaced, removed or lost file is kept as below `previous/ID`: found by its name. */
export const keptName = (ordinal: number, name: string): string =>
  `${ordinal}-${path.posix.basename(name)}`;

/**
 * Keep a file among the previous versions, under a second name. Returns where.
 * @throws BranchlineError DISK_FULL, WRITE_FAILED.
 */
export async function keepPrevious(
  id: number,
  root: string,
  name: string,
  file: string,
): Promise<string> {
  const folder = previousFolder(root, id);
  const kept = path.join(folder, keptName(0, name));
  await makeFolder(folder);
  try {
    await secondName(file, kept);
  } catch (error) {
    throw asDiskError(error, kept);
  }
  await fsyncFolder(folder);
  return kept;
}

/** SHA-256 of a file; undefined when there is none of that name. */
export async function digestOf(file: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    return (await hashFile(file, signal === undefined ? {} : { signal })).sha256;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
