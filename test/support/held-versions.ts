import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BackupStore } from '#libs/backups';
import { systemCode } from '#libs/errors';

export interface HeldVersions {
  /** SHA-256 of what a telephone gets; undefined when it gets nothing. */
  readonly current: string | undefined;
  /** Of that and of what it replaced. */
  readonly all: ReadonlySet<string>;
}

/** What a folder of backups holds under a name, read from the disk. */
export async function heldVersions(folder: string, name: string): Promise<HeldVersions> {
  const current = await digestOf(path.join(folder, name));
  const all = new Set<string>(current === undefined ? [] : [current]);
  const store = new BackupStore({
    ...{ folder, maxBytes: 1, maxFiles: 100_000, maxTotalBytes: Infinity },
    ...{ keepVersions: 10, keepBytes: Infinity, reserveBytes: 0 },
  });
  for (const { version } of await store.versions(name)) {
    const digest = await digestOf(await store.pathOf(name, version));
    if (digest !== undefined) all.add(digest);
  }
  return { current, all };
}

/** SHA-256 of a file; undefined when there is none. */
export async function digestOf(file: string): Promise<string | undefined> {
  try {
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
