import { BackupStore, type BackupStoreOptions, type Body } from '#libs/backups';

/** A store with generous limits, ready to save. */
export async function backupStore(
  folder: string,
  options: Partial<BackupStoreOptions> = {},
): Promise<BackupStore> {
  const store = new BackupStore({
    folder,
    maxBytes: 8 * 1024 * 1024,
    maxFiles: 100,
    maxTotalBytes: 1024 ** 3,
    keepVersions: 10,
    keepBytes: 1024 ** 3,
    reserveBytes: 0,
    ...options,
  });
  await store.prepare();
  return store;
}

/** A body that arrives in these pieces. */
// eslint-disable-next-line @typescript-eslint/require-await -- a body is asynchronous by its type
export async function* bodyOf(...pieces: readonly (string | Buffer)[]): Body {
  for (const piece of pieces) yield Buffer.from(piece);
}
