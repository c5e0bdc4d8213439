import { createHash } from 'node:crypto';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { FetchedFile, MirroredFolder } from '#libs/sync';

export const sha256Of = (bytes: Buffer | string): string =>
  createHash('sha256').update(bytes).digest('hex');

let made = 0;

/** A file as it came from the other server: in the folder's `incoming`, with its mode and time. `replaces`: bytes, not their digest. */
export async function fetched(
  folder: Pick<MirroredFolder, 'incoming' | 'fileMode'>,
  name: string,
  bytes: Buffer | string,
  { replaces, modifiedMs = Date.now() - 60_000 }: { replaces?: string; modifiedMs?: number } = {},
): Promise<FetchedFile> {
  await mkdir(folder.incoming, { recursive: true });
  const file = path.join(folder.incoming, `${(made += 1)}`);
  await writeFile(file, bytes, { mode: folder.fileMode });
  await utimes(file, modifiedMs / 1000, modifiedMs / 1000);
  return {
    ...{ name, path: file, modifiedMs, size: Buffer.byteLength(bytes), sha256: sha256Of(bytes) },
    replaces: replaces === undefined ? undefined : sha256Of(replaces),
  };
}
