import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  asDiskError,
  fsyncFolder,
  hashFile,
  ifThere,
  INTERNAL_FOLDER,
  makeFolder,
  partialBeside,
  removeQuietly,
  renameDurably,
  safeName,
  writeNew,
} from '#libs/files';
import type { UploadIdentity } from '#libs/journal';
import type { Placed, Shelf } from './shelf.ts';

/**
 * Call records of all branches, a folder for each (Guide p. 43, "Copying CDR/BCMS Data"). Nothing in it is ever
 * overwritten: other bytes under a name that is taken stand beside it as `NAME~HASH8`.
 */
export class RecordFolder implements Shelf {
  readonly root: string;
  readonly incoming: string;

  constructor(root: string) {
    this.root = path.resolve(root);
    this.incoming = path.join(this.root, INTERNAL_FOLDER, 'incoming');
  }

  pathOf(branch: string, storedAs: string): string {
    return path.join(this.root, branch, storedAs);
  }

  async putBytes(identity: UploadIdentity, bytes: Buffer): Promise<Placed> {
    const temporary = partialBeside(path.join(this.incoming, identity.sha256));
    await writeNew(temporary, bytes, { mode: 0o640 });
    try {
      return await this.putFile(identity, temporary);
    } catch (error) {
      await removeQuietly([temporary]);
      throw asDiskError(error, temporary);
    }
  }

  /** What a crash left in place before its row was written is recognised by its bytes. */
  async putFile(identity: UploadIdentity, file: string): Promise<Placed> {
    const { branch, sha256, size } = identity;
    const name = safeName(identity.name);
    const names = [name, `${name}~${sha256.slice(0, 8)}`, `${name}~${sha256}`];
    for (const storedAs of names) {
      const target = this.pathOf(branch, storedAs);
      const clash = storedAs !== name;
      const here = await sizeOf(target);
      if (here === undefined) {
        await makeFolder(path.dirname(target), 0o750);
        await renameDurably(file, target);
        return { storedAs, clash };
      }
      if (here === size && (await hashFile(target)).sha256 === sha256) {
        await rm(file, { force: true });
        await fsyncFolder(path.dirname(target));
        return { storedAs, clash };
      }
    }
    throw new Error(`${name} of ${branch}: other bytes bear its own digest`);
  }
}

/** A digest of bytes that came in one piece. */
export const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const sizeOf = async (file: string): Promise<number | undefined> =>
  (await ifThere(stat(file)))?.size;
