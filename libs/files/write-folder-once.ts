import { mkdir, open, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '#libs/errors';
import { asDiskError } from './disk-error.ts';
import { fsyncFolder, makeFolder } from './durable-folder.ts';
import { ifThere } from './if-there.ts';
import { partialBeside } from './partial-name.ts';
import { renameFile } from './rename-file.ts';
import { writeAll } from './write-durably.ts';

export interface FolderFile {
  readonly bytes: Buffer | string;
  readonly mode: number;
}

/** What a rename answers when the target is a folder with something in it; Windows says EPERM or EACCES. */
const TAKEN = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES', 'ENOTDIR']);

/**
 * Make a folder with all its files, or not at all: readers, a second process and power cuts see none of them or every one.
 * An empty folder of that name may exist. Returns false, with nothing changed, when somebody was there first.
 * @throws BranchlineError DISK_FULL or WRITE_FAILED.
 */
export async function writeFolderOnce(
  folder: string,
  files: Readonly<Record<string, FolderFile>>,
): Promise<boolean> {
  await makeFolder(path.dirname(folder));
  const temporary = partialBeside(folder);
  try {
    await mkdir(temporary, { mode: 0o700 });
    for (const [name, file] of Object.entries(files)) {
      await writeNew(path.join(temporary, name), file);
    }
    await fsyncFolder(temporary);
    const made = await renameUnlessTaken(temporary, folder);
    if (made) await fsyncFolder(path.dirname(folder));
    else await rm(temporary, { recursive: true, force: true });
    return made;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw asDiskError(error, folder);
  }
}

async function writeNew(file: string, { bytes, mode }: FolderFile): Promise<void> {
  const handle = await open(file, 'wx', mode);
  try {
    await writeAll(handle, typeof bytes === 'string' ? Buffer.from(bytes) : bytes, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function renameUnlessTaken(from: string, to: string): Promise<boolean> {
  // Windows renames over no folder, not even over an empty one.
  if (process.platform === 'win32') await rmdir(to).catch(() => undefined);
  try {
    await renameFile(from, to);
    return true;
  } catch (error) {
    const taken = TAKEN.has(systemCode(error) ?? '') && (await ifThere(stat(to))) !== undefined;
    if (taken) return false;
    throw error;
  }
}
