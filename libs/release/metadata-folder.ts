import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError, systemCode } from '#libs/errors';
import { isInternalName, makeFolder, writeDurably } from '#libs/files';
import type { RoleName } from './role-name.ts';

/** Names of a repository with consistent snapshots: only the timestamp has no version (TUF 1.0.34 § 6.2). */
const NAME = /^(?:timestamp|([1-9]\d{0,9})\.(root|snapshot|targets))\.json$/;

/** So many versions of targets and snapshots stay for branches that are reading them. Roots stay for ever: each leads to the next. */
const KEPT = 10;

type Numbered = Exclude<RoleName, 'timestamp'>;

/** The folder that a hub serves its metadata from. Versioned files are written once and never again. */
export class MetadataFolder {
  readonly folder: string;
  readonly #versions: Record<Numbered, number[]>;
  /** What everybody asks for: the newest of each. */
  readonly #newest = new Map<string, Buffer>();

  private constructor(folder: string, names: readonly string[]) {
    this.folder = folder;
    const of = (role: Numbered): number[] =>
      names
        .map((name) => NAME.exec(name))
        .filter((match) => match?.[2] === role)
        .map((match) => Number(match?.[1]))
        .toSorted((a, b) => a - b);
    this.#versions = { root: of('root'), snapshot: of('snapshot'), targets: of('targets') };
  }

  static async open(folder: string): Promise<MetadataFolder> {
    await makeFolder(folder);
    const names = await readdir(folder);
    for (const name of names.filter(isInternalName)) await rm(path.join(folder, name));
    return new MetadataFolder(folder, names);
  }

  /** The highest version on disk, published or left over from a crash; 0 when there is none. */
  highest(role: Numbered): number {
    return this.#versions[role].at(-1) ?? 0;
  }

  /** The bytes of a file, or undefined when it is not here or not metadata. */
  async read(name: string): Promise<Buffer | undefined> {
    if (!NAME.test(name)) return undefined;
    const known = this.#newest.get(name);
    if (known !== undefined) return known;
    try {
      return await readFile(path.join(this.folder, name));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** As `read`, of a file that must be there. @throws BranchlineError RELEASE_MALFORMED. */
  async need(name: string): Promise<Buffer> {
    const bytes = await this.read(name);
    if (bytes !== undefined) return bytes;
    throw new BranchlineError(
      'RELEASE_MALFORMED',
      `${path.join(this.folder, name)} is missing: restore the folder from the backup`,
    );
  }

  /** Write a new version, durably, and keep it at hand. */
  async writeVersion(role: Numbered, version: number, bytes: Buffer): Promise<void> {
    await writeDurably(path.join(this.folder, nameOf(role, version)), bytes);
    this.#versions[role].push(version);
    this.keepAtHand(nameOf(role, version), bytes);
  }

  /** With this a new release is the one that counts. */
  async writeTimestamp(bytes: Buffer): Promise<void> {
    await writeDurably(path.join(this.folder, TIMESTAMP), bytes);
    this.keepAtHand(TIMESTAMP, bytes);
  }

  /** Answer `read` with these bytes from memory, and no longer with older ones of that role. */
  keepAtHand(name: string, bytes: Buffer): void {
    const role = NAME.exec(name)?.[2];
    for (const known of [...this.#newest.keys()]) {
      if (NAME.exec(known)?.[2] === role) this.#newest.delete(known);
    }
    this.#newest.set(name, bytes);
  }

  /** Remove what no branch can still be reading. */
  async prune(): Promise<void> {
    for (const role of ['snapshot', 'targets'] as const) {
      for (const version of this.#versions[role].splice(
        0,
        Math.max(0, this.#versions[role].length - KEPT),
      )) {
        await rm(path.join(this.folder, nameOf(role, version)), { force: true });
      }
    }
  }
}

export const TIMESTAMP = 'timestamp.json';
export const nameOf = (role: Numbered, version: number): string => `${version}.${role}.json`;
