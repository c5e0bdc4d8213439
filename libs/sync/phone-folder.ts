import path from 'node:path';
import type { BackupStore } from '#libs/backups';
import {
  ifThere,
  INTERNAL_FOLDER,
  listTree,
  removeQuietly,
  resolveInside,
  type ListedFile,
} from '#libs/files';
import type { MirrorArea, MirrorFile } from '#libs/journal';
import { archiveFolder } from './archive-names.ts';
import type { FetchedFile, MirroredFolder } from './mirrored-folder.ts';
import type { PublishedFiles } from './published-files.ts';

export interface PhoneFolderOptions {
  readonly area: Extract<MirrorArea, 'phones-ftp' | 'phones-http' | 'devices'>;
  readonly folder: string;
  readonly store: BackupStore;
  /** Names, those included that can be restored: more cannot be in the store. */
  readonly maxFiles?: number;
  /** Knows what an update has put there, such as an access list in FTPdata; where there is none, no update reaches it. */
  readonly published?: Pick<PublishedFiles, 'refresh' | 'has'>;
}

/** Saves that go side by side: they share the syncing of a folder. */
const atOnce = 16;

/** What telephones have saved; what is replaced or removed stays as a version, as if a telephone had done it. */
export class PhoneFolder implements MirroredFolder {
  readonly area: MirrorArea;
  readonly root: string;
  readonly incoming: string;
  readonly fileMode = 0o640;
  readonly tells = true;
  readonly #options: PhoneFolderOptions;

  constructor(options: PhoneFolderOptions) {
    this.#options = options;
    this.area = options.area;
    this.root = options.folder;
    this.incoming = path.join(options.folder, INTERNAL_FOLDER, 'mirror');
  }

  async list(): Promise<ListedFile[]> {
    const { area, folder, published, maxFiles = 500_000 } = this.#options;
    await published?.refresh();
    const files = (await ifThere(listTree(folder, { maxFiles }))) ?? [];
    return area === 'phones-ftp' ? files.filter(({ name }) => !isArchived(name)) : files;
  }

  pathOf(name: string): string {
    return resolveInside(this.#options.folder, name);
  }

  /** As of the last `list`. */
  isMirrored(file: MirrorFile): boolean {
    const { published, folder } = this.#options;
    return published?.has(folder, file) !== true;
  }

  /** What is in place counts, even where another one has failed: that is thrown only when none is. */
  async take(files: readonly FetchedFile[], signal: AbortSignal): Promise<ReadonlySet<string>> {
    const { store } = this.#options;
    const taken = new Set<string>();
    const failures: unknown[] = [];
    try {
      for (let at = 0; at < files.length && !signal.aborted; at += atOnce) {
        const works = files.slice(at, at + atOnce).map(async (file) => {
          if (await store.put(file.name, file, file.replaces)) taken.add(file.name);
        });
        for (const ended of await Promise.allSettled(works)) {
          if (ended.status === 'rejected') failures.push(ended.reason);
        }
      }
    } finally {
      await removeQuietly(files.map((file) => file.path));
    }
    if (taken.size > 0) return taken;
    signal.throwIfAborted();
    if (failures.length > 0) throw failures[0];
    return taken;
  }

  async keepVersion(file: FetchedFile): Promise<void> {
    try {
      await this.#options.store.keepVersion(file.name, file);
    } finally {
      await removeQuietly([file.path]);
    }
  }

  async remove(name: string, sha256: string): Promise<boolean> {
    return await this.#options.store.removeSame(name, sha256);
  }
}

/** Each server makes its own archives; in any case, as telephones and Windows read names. */
const isArchived = (name: string): boolean =>
  name.slice(0, name.indexOf('/') + 1).toLowerCase() === `${archiveFolder.toLowerCase()}/`;
