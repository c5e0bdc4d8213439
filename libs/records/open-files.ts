import { open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fsyncFolder, ifThere, INTERNAL_FOLDER, renameDurably } from '#libs/files';
import { countRecords } from './record-ends.ts';

/** Where files lie that are still written to: the same disk, and nobody else's business. */
export const openFolderOf = (folder: string): string => path.join(folder, INTERNAL_FOLDER, 'open');

const maxNames = 1000;

/** Give a file that is finished its name in `folder`, beside whatever is there. May be tried again. */
export async function publishFile(file: string, folder: string): Promise<string> {
  const { name, ext } = path.parse(file);
  for (let n = 1; n <= maxNames; n += 1) {
    const target = n === 1 ? `${name}${ext}` : `${name}-${n}${ext}`;
    const there = await isThere(path.join(folder, target));
    if (!(await isThere(file))) {
      // Renamed by a try whose fsync failed.
      await fsyncFolder(folder);
      await fsyncFolder(path.dirname(file));
      return target;
    }
    if (there) continue;
    await renameDurably(file, path.join(folder, target));
    return target;
  }
  throw new Error(`${folder} has ${maxNames} files named ${name}`);
}

/** A file that a crash had left open. */
export interface RecoveredFile {
  readonly name: string;
  readonly size: number;
  /** Bytes at its end that are no whole record; they stay in the file. */
  readonly tail: number;
}

/** How much of a file's end is looked at for the last record. */
const maxTail = 65_536;

/** Publish what a crash has left open, every byte of it. Before anything new is opened. */
export async function recoverFiles(folder: string): Promise<RecoveredFile[]> {
  const from = openFolderOf(folder);
  const recovered: RecoveredFile[] = [];
  for (const left of (await readdir(from)).toSorted()) {
    const file = path.join(from, left);
    const handle = await open(file, 'r+');
    let found: Omit<RecoveredFile, 'name'>;
    try {
      const { size } = await handle.stat();
      const end = Buffer.alloc(Math.min(size, maxTail));
      await handle.read(end, 0, end.length, size - end.length);
      found = { size, tail: countRecords(end, 0).tail };
      // It may have been written and not synced, and is from now on taken for finished.
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (found.size === 0) await rm(file);
    else recovered.push({ ...found, name: await publishFile(file, folder) });
  }
  return recovered;
}

const isThere = async (file: string): Promise<boolean> => (await ifThere(stat(file))) !== undefined;
