import type { Root } from '@tufjs/models';
import { BranchlineError } from '#libs/errors';
import { systemClock, type Clock } from '#libs/lifecycle';
import { defaultBounds } from './bounds.ts';
import { InTurn } from './in-turn.ts';
import { MetadataFolder, nameOf } from './metadata-folder.ts';
import { loadPublished, type PublishedRelease, type Signed } from './published-release.ts';
import { readRoot } from './read-metadata.ts';
import type { ReleaseKey, ReleaseKeys } from './release-keys.ts';
import { inOrder, sameTargets, type ReleaseTarget } from './release-target.ts';
import {
  defaultLives,
  expiresAfter,
  roleNames,
  type ReleaseLives,
  type RoleName,
} from './role-name.ts';
import {
  infoOf,
  signRoot,
  signSnapshot,
  signTimestamp,
  withKeys,
  type RootTerms,
} from './sign-metadata.ts';
import { signTargets } from './targets-work.ts';

export interface RepositoryOptions {
  readonly clock?: Clock;
  readonly lives?: ReleaseLives;
}

/** What `refresh` has done. */
export interface Refreshed {
  /** The roles that were signed again. */
  readonly signed: readonly RoleName[];
  /** The roles that are due, but whose keys are elsewhere. */
  readonly lacking: readonly RoleName[];
}

/** In the order in which they are signed. */
const belowRoot = ['targets', 'snapshot', 'timestamp'] as const;

/**
 * The signed set that a hub offers, as TUF metadata with consistent snapshots. Files are written from targets to
 * timestamp: until the timestamp is there the old set holds, and what a crash leaves over is skipped.
 */
export class ReleaseRepository {
  readonly #files: MetadataFolder;
  readonly #keys: ReleaseKeys;
  readonly #clock: Clock;
  readonly #lives: ReleaseLives;
  readonly #turn = new InTurn();
  #root: { readonly signed: Root; readonly bytes: Buffer };
  #published: PublishedRelease | undefined;

  private constructor(
    files: MetadataFolder,
    keys: ReleaseKeys,
    root: { readonly signed: Root; readonly bytes: Buffer },
    published: PublishedRelease | undefined,
    { clock = systemClock, lives = defaultLives }: RepositoryOptions,
  ) {
    this.#files = files;
    this.#keys = keys;
    this.#root = root;
    this.#published = published;
    this.#clock = clock;
    this.#lives = lives;
  }

  /**
   * Load the repository in `folder`, or begin one there with a root that names `keys`.
   * @throws BranchlineError RELEASE_MALFORMED, RELEASE_MIXED and the like when files are missing or damaged;
   * RELEASE_KEY_MISSING; DISK_FULL, WRITE_FAILED.
   */
  static async open(
    folder: string,
    keys: ReleaseKeys,
    options: RepositoryOptions = {},
  ): Promise<ReleaseRepository> {
    const files = await MetadataFolder.open(folder);
    if (files.highest('root') === 0) await writeFirstRoot(files, keys, options);
    const name = nameOf('root', files.highest('root'));
    const bytes = await files.need(name);
    const { signed } = readRoot(bytes, name);
    files.keepAtHand(name, bytes);
    const published = await loadPublished(files, signed);
    return new ReleaseRepository(files, keys, { signed, bytes }, published, options);
  }

  /** Number of the newest release; 0 before the first. It grows when the set changes or is signed again. */
  get version(): number {
    return this.#published?.targets.info.version ?? 0;
  }

  /** Until when branches believe that there is nothing newer, Unix milliseconds; 0 before the first release. */
  get timestampExpires(): number {
    return this.#published?.timestamp.expires ?? 0;
  }

  /** The newest root, for a branch that joins. */
  root(): Buffer {
    return this.#root.bytes;
  }

  /** The bytes of a metadata file, or undefined when there is none of that name. The newest ones come from memory. */
  read(name: string): Promise<Buffer | undefined> {
    return this.#files.read(name);
  }

  /**
   * Sign this set as the newest release unless it is that already. On return it is on the disk.
   * @throws BranchlineError NAME_MALFORMED or PATH_OUTSIDE_TREE for a target's name, UPDATES_TOO_MANY,
   * RELEASE_KEY_MISSING, DISK_FULL, WRITE_FAILED; the old release stays then.
   */
  publish(targets: readonly ReleaseTarget[]): Promise<{ version: number; changed: boolean }> {
    return this.#turn.run(async () => {
      const list = await inOrder(targets);
      const changed = !sameTargets(this.#published?.targets.list ?? [], list);
      if (changed || this.#published === undefined) {
        await this.#signFrom('targets', list);
        return { version: this.version, changed: true };
      }
      return { version: this.version, changed: false };
    });
  }

  /**
   * Sign again what has passed half of its life. A role whose key is elsewhere is left as it is, and named.
   * @throws BranchlineError DISK_FULL, WRITE_FAILED.
   */
  refresh(): Promise<Refreshed> {
    return this.#turn.run(async () => {
      const due = roleNames.filter((role) => this.#isDue(role));
      const lacking = due.filter((role) => !this.#keys.canSign(this.#root.signed.roles[role]));
      const signed = due.filter((role) => !lacking.includes(role));
      if (signed.includes('root')) await this.#signRoot(this.#root.signed);
      // Whatever is signed, the timestamp is too: branches look no further when it has not changed.
      const lowest = belowRoot.find((role) => signed.includes(role)) ?? 'timestamp';
      if (signed.length > 0) await this.#signFrom(lowest, this.#published?.targets.list);
      return { signed, lacking };
    });
  }

  /**
   * Replace the timestamp and snapshot keys: when they were stolen, or when this hub was restored from a backup so old
   * that branches know newer releases. Branches follow at their next poll, and forget which versions they knew.
   * @throws BranchlineError RELEASE_KEY_MISSING when the root key is elsewhere; DISK_FULL, WRITE_FAILED.
   */
  replaceOnlineKeys(): Promise<void> {
    return this.#turn.run(async () => {
      this.#keys.signersOf(this.#root.signed.roles['root'], 'root');
      const fresh = [await this.#keys.add('snapshot'), await this.#keys.add('timestamp')];
      await this.#signRoot(withKeys(this.#root.signed, fresh));
      await this.#signFrom('snapshot', this.#published?.targets.list);
    });
  }

  #isDue(role: RoleName): boolean {
    const published = this.#published;
    if (role === 'root') return this.#halfLived(role, Date.parse(this.#root.signed.expires));
    return published !== undefined && this.#halfLived(role, published[role].expires);
  }

  #halfLived(role: RoleName, expires: number): boolean {
    return expires - this.#clock.now() < this.#lives[role] / 2;
  }

  /** Sign a role and those above it, each of which names the one before. Nothing is published before the last. */
  async #signFrom(
    role: (typeof belowRoot)[number],
    list: readonly ReleaseTarget[] | undefined,
  ): Promise<void> {
    if (list === undefined) return;
    const before = this.#published;
    const all = role === 'targets' || before === undefined;
    // All keys first: a file that could not be named in the next one is not worth writing.
    const signers = {
      targets: all ? this.#signersOf('targets') : [],
      snapshot: role === 'timestamp' ? [] : this.#signersOf('snapshot'),
      timestamp: this.#signersOf('timestamp'),
    };
    const targets = all ? await this.#signTargets(list, signers.targets) : before.targets;
    const snapshot =
      role === 'timestamp' && before !== undefined
        ? before.snapshot
        : await this.#signSnapshot(targets, signers.snapshot);
    const dated = {
      version: (before?.timestamp.version ?? 0) + 1,
      expires: this.#expiresOf('timestamp'),
    };
    await this.#files.writeTimestamp(signTimestamp(dated, snapshot.info, signers.timestamp));
    const timestamp = { version: dated.version, expires: Date.parse(dated.expires) };
    this.#published = { targets, snapshot, timestamp };
    await this.#files.prune();
  }

  async #signTargets(
    list: readonly ReleaseTarget[],
    keys: readonly ReleaseKey[],
  ): Promise<PublishedRelease['targets']> {
    const version = this.#files.highest('targets') + 1;
    const expires = this.#expiresOf('targets');
    const signers = keys.map(({ keyId, pem }) => ({ keyId, pem }));
    const bytes = await signTargets({ targets: list, version, expires, signers });
    if (bytes.length > defaultBounds.targets) throw tooMany(list.length, bytes.length);
    await this.#files.writeVersion('targets', version, bytes);
    return { info: infoOf(version, bytes), expires: Date.parse(expires), list };
  }

  async #signSnapshot(targets: Signed, keys: readonly ReleaseKey[]): Promise<Signed> {
    const version = this.#files.highest('snapshot') + 1;
    const expires = this.#expiresOf('snapshot');
    const bytes = signSnapshot({ version, expires }, targets.info, keys);
    await this.#files.writeVersion('snapshot', version, bytes);
    return { info: infoOf(version, bytes), expires: Date.parse(expires) };
  }

  async #signRoot(terms: RootTerms): Promise<void> {
    const version = this.#files.highest('root') + 1;
    const expires = this.#expiresOf('root');
    const bytes = signRoot({ version, expires }, terms, this.#signersOf('root'));
    await this.#files.writeVersion('root', version, bytes);
    this.#root = { signed: readRoot(bytes, nameOf('root', version)).signed, bytes };
  }

  #signersOf(role: RoleName): readonly ReleaseKey[] {
    return this.#keys.signersOf(this.#root.signed.roles[role], role);
  }

  #expiresOf(role: RoleName): string {
    return expiresAfter(this.#clock.now(), this.#lives[role]);
  }
}

async function writeFirstRoot(
  files: MetadataFolder,
  keys: ReleaseKeys,
  { clock = systemClock, lives = defaultLives }: RepositoryOptions,
): Promise<void> {
  const made = roleNames.flatMap((role) => keys.madeFor(role).slice(0, 1));
  if (made.length < roleNames.length) {
    throw new BranchlineError(
      'RELEASE_KEY_MISSING',
      `a new repository needs a key for each role, and ${keys.folder} has not all: restore the repository from the backup, or empty both folders`,
    );
  }
  const expires = expiresAfter(clock.now(), lives.root);
  const terms = withKeys({ keys: {}, roles: {} }, made);
  const signers = keys.signersOf(terms.roles['root'], 'root');
  await files.writeVersion('root', 1, signRoot({ version: 1, expires }, terms, signers));
}

function tooMany(count: number, bytes: number): BranchlineError {
  return new BranchlineError(
    'UPDATES_TOO_MANY',
    `a release of ${count} files takes ${bytes} bytes to describe, and branches read ${defaultBounds.targets}: remove old files from Updates, or shorten their names`,
  );
}
