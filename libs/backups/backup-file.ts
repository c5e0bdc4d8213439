import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { BranchlineError } from '#libs/errors';
import { asDiskError } from '#libs/files';
import { absentAs } from './backup-history.ts';
import type { Body } from './receive-body.ts';

/** What lies in `file`, to be saved again. @throws BranchlineError NOT_FOUND. */
export async function* bytesOf(file: string): Body {
  const handle = await absentAs(undefined, open(file));
  if (handle === undefined) {
    throw new BranchlineError('NOT_FOUND', `${file} was removed meanwhile: choose another version`);
  }
  const stream: Body = handle.createReadStream();
  yield* stream;
}

/** The file of that name, if there is one. @throws BranchlineError NAME_MALFORMED when it is a folder. */
export async function fileAt(target: string): Promise<Stats | undefined> {
  const stats = await absentAs(undefined, stat(target));
  if (stats === undefined || stats.isFile()) return stats;
  throw new BranchlineError('NAME_MALFORMED', `${target} is a folder: choose another name`);
}

/** @throws BranchlineError DISK_FULL or WRITE_FAILED. */
export async function writing<T>(target: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw asDiskError(error, target);
  }
}
