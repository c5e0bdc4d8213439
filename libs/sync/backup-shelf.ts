import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { BackupStore } from '#libs/backups';
import { INTERNAL_FOLDER, safeName } from '#libs/files';
import type { UploadIdentity } from '#libs/journal';
import type { Placed, Shelf } from './shelf.ts';

/** Backups of all branches, a folder for each: the newest under its name, what it replaced as a version. */
export class BackupShelf implements Shelf {
  readonly root: string;
  readonly incoming: string;
  readonly #store: BackupStore;

  constructor(folder: string, store: BackupStore) {
    this.root = folder;
    this.incoming = path.join(folder, INTERNAL_FOLDER, 'uploads');
    this.#store = store;
  }

  async putBytes(identity: UploadIdentity, bytes: Buffer): Promise<Placed> {
    const name = safeName(identity.name);
    const options = { bytes: bytes.length };
    await this.#store.save(`${identity.branch}/${name}`, Readable.from([bytes]), options);
    return { storedAs: name, clash: false };
  }

  async putFile(identity: UploadIdentity, file: string): Promise<Placed> {
    const name = safeName(identity.name);
    const options = { bytes: identity.size };
    await this.#store.save(`${identity.branch}/${name}`, createReadStream(file), options);
    await rm(file, { force: true });
    return { storedAs: name, clash: false };
  }
}
