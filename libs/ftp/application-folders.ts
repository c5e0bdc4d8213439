import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError, systemCode } from '#libs/errors';
import { isBelow, makeFolder } from '#libs/files';
import { printPath, type VirtualPath } from './virtual-path.ts';

/** A folder of the application under the name that the Guide gives it, such as `FTPdata`. */
export interface ApplicationFolder {
  readonly name: string;
  readonly folder: string;
}

/** Where a path of the super user leads. */
export type Place =
  /** Made of the names of folders: nothing can be changed in it. */
  | { readonly kind: 'top'; readonly names: readonly string[] }
  | {
      readonly kind: 'inside';
      /** The application folder itself, free of symbolic links. */
      readonly root: string;
      /** Inside it, with `/`; empty for the folder itself. */
      readonly name: string;
    };

const dataFolder = 'data';

/**
 * The one root over the application's folders: `/data/FTPdata` and its like (Guide p. 17), and for short also
 * `/FTPdata`. Nothing else of this machine is below it.
 */
export class ApplicationFolders {
  readonly #folders: readonly ApplicationFolder[];

  constructor(folders: readonly ApplicationFolder[]) {
    this.#folders = folders;
  }

  /** @throws BranchlineError NOT_FOUND. */
  async locate(whole: VirtualPath): Promise<Place> {
    const [first, ...below] = whole;
    if (first === undefined) return { kind: 'top', names: [dataFolder] };
    const inData = first.toLowerCase() === dataFolder;
    const [name, ...rest] = inData ? below : whole;
    if (name === undefined) {
      return { kind: 'top', names: this.#folders.map((folder) => folder.name) };
    }
    const lower = name.toLowerCase();
    const found = this.#folders.find((folder) => folder.name.toLowerCase() === lower);
    if (found === undefined) throw missing(whole);
    return { kind: 'inside', root: await rootOf(found.folder), name: rest.join('/') };
  }
}

/**
 * The path on disk of what lies at `place`, its folder free of symbolic links that lead out. The last name itself is not
 * followed: renaming and removing act on the link.
 * @throws BranchlineError NOT_FOUND, PATH_OUTSIDE_TREE.
 */
export async function onDisk(
  { root, name }: { readonly root: string; readonly name: string },
  whole: VirtualPath,
): Promise<string> {
  if (name === '') return root;
  const folder = await realFolder(path.join(root, path.dirname(name)), whole);
  requireInside(folder, root, whole);
  return path.join(folder, path.basename(name));
}

/** @throws BranchlineError PATH_OUTSIDE_TREE when `real`, a path without symbolic links, is not in `root`. */
export function requireInside(real: string, root: string, whole: VirtualPath): void {
  if (real === root || isBelow(real, root)) return;
  throw new BranchlineError(
    'PATH_OUTSIDE_TREE',
    `${shown(whole)} is refused: a symbolic link leads out of ${root}`,
  );
}

/** A folder that nobody has needed before is made now. */
async function rootOf(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  await makeFolder(folder);
  return await realpath(folder);
}

async function realFolder(folder: string, whole: VirtualPath): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'].includes(systemCode(error) ?? ''))
      throw missing(whole);
    throw error;
  }
}

export const missing = (whole: VirtualPath, cause?: unknown): BranchlineError =>
  new BranchlineError('NOT_FOUND', `there is no ${shown(whole)}`, { cause });

export const shown = (whole: VirtualPath): string => JSON.stringify(printPath(whole).slice(0, 200));
