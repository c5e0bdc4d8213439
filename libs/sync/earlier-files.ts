import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '#libs/errors';
import { asDiskError, fsyncFolder, ifThere, INTERNAL_FOLDER, makeFolder } from '#libs/files';
import { secondName } from './second-name.ts';

/** Files that are kept, of all names together: each may be as large as a firmware set. */
const maxKept = 5;

/** Of a digest in a name: enough to tell two versions apart. */
const digits = 12;

/** Updates that were replaced or lost, as `Updates/.branchline/earlier/DIGEST-NAME`, the last few of them. */
export class EarlierFiles {
  readonly #folder: string;

  /** `updates`: the Updates folder. */
  constructor(updates: string) {
    this.#folder = path.join(updates, INTERNAL_FOLDER, 'earlier');
  }

  /**
   * Keep a file of the same disk under a second name. Returns where it is kept.
   * @throws BranchlineError DISK_FULL, WRITE_FAILED.
   */
  async keep(name: string, sha256: string, file: string): Promise<string> {
    const kept = path.join(this.#folder, `${sha256.slice(0, digits)}-${name}`);
    await makeFolder(this.#folder, 0o750);
    try {
      await secondName(file, kept);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw asDiskError(error, kept);
    }
    await fsyncFolder(this.#folder);
    await this.#prune();
    return kept;
  }

  /** The last that were kept stay: by the time at which they got their second name. */
  async #prune(): Promise<void> {
    const files = await Promise.all(
      (await readdir(this.#folder)).map(async (name) => {
        const file = path.join(this.#folder, name);
        return { file, at: (await ifThere(stat(file)))?.ctimeMs ?? 0 };
      }),
    );
    for (const { file } of files.toSorted((a, b) => b.at - a.at).slice(maxKept))
      await rm(file, { force: true });
  }
}
