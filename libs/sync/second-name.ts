import { copyFile, link, open } from 'node:fs/promises';
import { systemCode } from '#libs/errors';

/** Give a file a second name; a copy, on the disk, where the file system knows no such. The name is not durable yet. */
export async function secondName(file: string, name: string): Promise<void> {
  try {
    await link(file, name);
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error;
    await copyFile(file, name);
    const handle = await open(name, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
