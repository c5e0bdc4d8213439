import { constants, type Stats } from 'node:fs';
import { open, readlink, realpath, stat, type FileHandle } from 'node:fs/promises';
import { BranchlineError, systemCode } from '#libs/errors';
import { isBelow } from './paths.ts';
import { resolveInside } from './safe-name.ts';

/** A regular file inside a tree, open for reading. The caller closes the handle. */
export interface InsideFile {
  readonly handle: FileHandle;
  /** Of the open file, whatever its name points to by now. */
  readonly stats: Stats;
}

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ENXIO', 'ENODEV', 'EACCES', 'EPERM']);
// Without O_NONBLOCK a FIFO in the tree would hold one thread of the pool for ever.
const FLAGS = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK);

/**
 * Open a regular file by a stranger's name. Symbolic links may lead anywhere inside the tree and nowhere else: what is
 * judged is the file that was opened, so swapping a link in between gains nothing.
 * @throws BranchlineError PATH_OUTSIDE_TREE, NAME_MALFORMED or NOT_FOUND.
 */
export async function openInside(root: string, name: string): Promise<InsideFile> {
  const wanted = resolveInside(root, name);
  let handle: FileHandle | undefined;
  try {
    handle = await open(wanted, FLAGS);
    const [stats, home] = await Promise.all([handle.stat(), realpath(root)]);
    if (!stats.isFile()) throw absent(name);
    const real = await pathOfOpened(handle, wanted);
    if (real === undefined || !isBelow(real, home)) {
      throw new BranchlineError(
        'PATH_OUTSIDE_TREE',
        `${JSON.stringify(name)} is refused: a symbolic link leads out of ${root}`,
      );
    }
    return { handle, stats };
  } catch (error) {
    await handle?.close();
    throw asReadError(error, name);
  }
}

/** Where the open file lives, or undefined when that cannot be told. */
async function pathOfOpened(handle: FileHandle, wanted: string): Promise<string | undefined> {
  if (process.platform === 'linux') {
    // A name that was replaced meanwhile reads "… (deleted)": the folder in front of it still tells.
    return await readlink(`/proc/self/fd/${handle.fd}`);
  }
  const real = await realpath(wanted);
  // NTFS numbers files with 64 bits: as numbers, neighbours would look the same.
  const [now, opened] = await Promise.all([
    stat(real, { bigint: true }),
    handle.stat({ bigint: true }),
  ]);
  return now.ino === opened.ino && now.dev === opened.dev ? real : undefined;
}

function asReadError(thrown: unknown, name: string): unknown {
  const code = systemCode(thrown) ?? '';
  if (code === 'ENAMETOOLONG') {
    return new BranchlineError('NAME_MALFORMED', `${JSON.stringify(name)} is too long`, {
      cause: thrown,
    });
  }
  if (code === 'ELOOP') {
    return new BranchlineError(
      'PATH_OUTSIDE_TREE',
      `${JSON.stringify(name)} is refused: its symbolic links go in circles`,
      { cause: thrown },
    );
  }
  return ABSENT.has(code) ? absent(name, thrown) : thrown;
}

function absent(name: string, cause?: unknown): BranchlineError {
  const denied = ['EACCES', 'EPERM'].includes(systemCode(cause) ?? '');
  return new BranchlineError(
    'NOT_FOUND',
    denied
      ? `${JSON.stringify(name)} may not be read by this server: check its owner and mode`
      : `there is no file ${JSON.stringify(name)}`,
    { cause },
  );
}
