import { lchown, lstat, stat } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import { ifThere } from './if-there.ts';

/** Whose a file or folder is (stat(2)). */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The owner of a folder, or of its nearest parent that exists. @throws BranchlineError NOT_FOUND when there is none. */
export async function ownerOf(folder: string): Promise<Owner> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const found = await ifThere(stat(at));
    if (found !== undefined) return found;
    // A drive of Windows that is not there has no parent that is.
    if (at === path.dirname(at)) throw new BranchlineError('NOT_FOUND', `there is no ${at}`);
  }
}

/**
 * What root has made becomes the server's; without root, and for root's own folders, nothing changes. Links, and files with
 * a second name, stay: whoever may write in the folder could have them lead to any file of root's.
 */
export async function giveTo(owner: Owner, paths: readonly string[]): Promise<void> {
  if (process.geteuid?.() !== 0 || owner.uid === 0) return;
  for (const made of paths) {
    const stats = await ifThere(lstat(made));
    if (stats?.uid !== 0 || stats.isSymbolicLink() || (stats.isFile() && stats.nlink > 1)) continue;
    await lchown(made, owner.uid, owner.gid);
  }
}
