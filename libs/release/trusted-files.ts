import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Metadata, Root, Snapshot, Timestamp } from '@tufjs/models';
import { BranchlineError, systemCode } from '#libs/errors';
import { fsyncFolder, makeFolder, writeDurably } from '#libs/files';
import { sha256Of } from './digest.ts';
import { readRoot, readSnapshot, readTimestamp } from './read-metadata.ts';
import { requireSignatures } from './require-signatures.ts';
import type { RoleName } from './role-name.ts';
import type { OpenedTargets } from './targets-file.ts';
import { openTargets } from './targets-work.ts';

/** What a branch trusts at the moment; each part as it was last verified, expired or not. */
export interface Trusted {
  readonly root: Root;
  readonly timestamp: { readonly signed: Timestamp; readonly bytes: Buffer } | undefined;
  readonly snapshot: { readonly signed: Snapshot; readonly sha256: string } | undefined;
  readonly targets: OpenedTargets | undefined;
}

const FILES: Readonly<Record<RoleName, string>> = {
  root: 'root.json',
  timestamp: 'timestamp.json',
  snapshot: 'snapshot.json',
  targets: 'targets.json',
};

/** The folder where a branch keeps what it trusts; every change is on the disk before it counts (TUF 1.0.34 § 5.3.8 and others). */
export class TrustedFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * What was trusted last, or undefined without a root. What the root does not vouch for any more is left out: it comes
   * anew with the next refresh.
   * @throws BranchlineError RELEASE_MALFORMED when the root itself is damaged.
   */
  async load(): Promise<Trusted | undefined> {
    const rootBytes = await this.#read('root');
    if (rootBytes === undefined) return undefined;
    const root = this.#readRoot(rootBytes);
    return {
      root,
      timestamp: await this.#vouched('timestamp', (bytes) => {
        const metadata = readTimestamp(bytes, FILES.timestamp);
        requireSignatures(root, 'timestamp', metadata, FILES.timestamp);
        return { signed: metadata.signed, bytes };
      }),
      snapshot: await this.#vouched('snapshot', (bytes) => {
        const metadata = readSnapshot(bytes, FILES.snapshot);
        requireSignatures(root, 'snapshot', metadata, FILES.snapshot);
        return { signed: metadata.signed, sha256: sha256Of(bytes) };
      }),
      targets: await this.#vouched('targets', (bytes) =>
        openTargets({ bytes, root: root.toJSON(), where: FILES.targets }),
      ),
    };
  }

  async write(role: RoleName, bytes: Buffer): Promise<void> {
    await makeFolder(this.folder, 0o700);
    await writeDurably(path.join(this.folder, FILES[role]), bytes);
  }

  /** On return they are gone, also after a power cut. */
  async remove(roles: readonly RoleName[]): Promise<void> {
    await makeFolder(this.folder, 0o700);
    for (const role of roles) await rm(path.join(this.folder, FILES[role]), { force: true });
    await fsyncFolder(this.folder);
  }

  #readRoot(bytes: Buffer): Root {
    let metadata: Metadata<Root>;
    try {
      metadata = readRoot(bytes, FILES.root);
      requireSignatures(metadata.signed, 'root', metadata, FILES.root);
    } catch (error) {
      throw new BranchlineError(
        'RELEASE_MALFORMED',
        `${path.join(this.folder, FILES.root)} is damaged: join the hub again with a new invitation`,
        { cause: error },
      );
    }
    return metadata.signed;
  }

  async #vouched<T>(
    role: RoleName,
    read: (bytes: Buffer) => T | Promise<T>,
  ): Promise<T | undefined> {
    const bytes = await this.#read(role);
    if (bytes === undefined) return undefined;
    try {
      return await read(bytes);
    } catch (error) {
      if (error instanceof BranchlineError && error.code.startsWith('RELEASE_')) return undefined;
      throw error;
    }
  }

  async #read(role: RoleName): Promise<Buffer | undefined> {
    try {
      return await readFile(path.join(this.folder, FILES[role]));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
}
