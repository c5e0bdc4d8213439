import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import {
  fsyncFolder,
  hashFile,
  ifThere,
  renameDurably,
  type ContentStore,
  type Digest,
} from '#libs/files';
import type { EarlierUpdate, SignedUpdate, UpdateRecord, UpdatesTable } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';

export interface UpdatesOptions {
  /** The Updates folder of this server (Guide p. 38). */
  readonly folder: string;
  readonly table: UpdatesTable;
  /** At a hub: where branches are served from, so that an edit in Updates tears no download. */
  readonly store?: ContentStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when the set has changed; must not throw. */
  readonly onChange: (change: UpdateChange) => void;
}

export type UpdateChange =
  | {
      readonly kind: 'added';
      readonly update: UpdateRecord;
      readonly replaces?: UpdateRecord;
      /** Somebody was told that it replaces something, and said yes. */
      readonly meant: boolean;
    }
  | { readonly kind: 'removed'; readonly name: string };

/** What lies in this server's Updates folder: hashed, recorded and, at a hub, stored by content. */
export class Updates {
  readonly #options: UpdatesOptions;

  constructor(options: UpdatesOptions) {
    this.#options = options;
  }

  get folder(): string {
    return this.#options.folder;
  }

  /** True at a hub: what is replaced here stays in its store. */
  get keepsEarlier(): boolean {
    return this.#options.store !== undefined;
  }

  pathOf(name: string): string {
    return path.join(this.#options.folder, name);
  }

  all(): UpdateRecord[] {
    return this.#options.table.all();
  }

  find(name: string): UpdateRecord | undefined {
    return this.#options.table.find(name);
  }

  count(): number {
    return this.#options.table.count();
  }

  /** Some of them in the order of their names, with the release that first had them. */
  signed(limit: number, offset: number): SignedUpdate[] {
    return this.#options.table.signed(limit, offset);
  }

  /** What was published under a name before, newest first. */
  earlier(name: string): EarlierUpdate[] {
    return this.#options.table.earlier(name);
  }

  /** The last version of names that are no longer here, newest first. */
  withdrawn(limit: number): EarlierUpdate[] {
    return this.#options.table.withdrawn(limit);
  }

  /** At a hub: these are signed in this release. */
  noteRelease(
    release: number,
    targets: readonly { readonly name: string; readonly sha256: string }[],
  ): void {
    this.#options.table.noteRelease(release, targets);
  }

  /** True when the file is known with this size and time: then its bytes are known too. */
  knows(name: string, size: number, modifiedMs: number): boolean {
    const known = this.#options.table.find(name);
    return known?.size === size && known.modifiedMs === modifiedMs;
  }

  /**
   * Take in a file that an administrator has put there and that stands still.
   * @throws BranchlineError FILE_CHANGED, NOT_FOUND: look again later; or the abort's reason.
   */
  async settle(name: string, signal?: AbortSignal): Promise<void> {
    const file = this.pathOf(name);
    const before = await stat(file);
    const digest = await this.#digest(file, signal);
    this.#record({
      name,
      size: digest.size,
      modifiedMs: Math.trunc(before.mtimeMs),
      sha256: digest.sha256,
      publishedAt: this.#options.clock.now(),
      origin: 'local',
    });
  }

  /**
   * Take over a file fetched from a hub: verified by the caller, on the same disk, already fsynced.
   * On return it is in Updates under its name, durably, and recorded.
   */
  async adopt(
    partial: string,
    update: Digest & { name: string; publishedAt: number },
  ): Promise<void> {
    // First: between the rename and the record nobody must find a file that he does not know.
    await this.#options.store?.put(partial);
    await this.#take(partial, { ...update, origin: 'upstream' }, false);
  }

  /**
   * Take over a file that an administrator has decided to publish, here or at the other server of a pair, under the same
   * conditions; other bytes of that name are replaced. `publishedAt`: Unix milliseconds, now by default. False, and nothing
   * is done, when `mayReplace` says so once the bytes are checked.
   * @throws BranchlineError DIGEST_MISMATCH when it has other bytes than `update` says; DISK_FULL, WRITE_FAILED.
   */
  async place(
    file: string,
    update: Digest & { readonly name: string; readonly publishedAt?: number },
    mayReplace: () => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<boolean> {
    const { sha256 } = await this.#digest(file);
    if (sha256 !== update.sha256) {
      throw new BranchlineError(
        'DIGEST_MISMATCH',
        `${file} is not published: its bytes have changed since it was looked at`,
      );
    }
    if (!(await mayReplace())) return false;
    const publishedAt = update.publishedAt ?? this.#options.clock.now();
    await this.#take(file, { ...update, publishedAt, origin: 'local' }, true);
    return true;
  }

  /** True when the file in the folder is the one of the record, which is undefined for none. */
  async isSettled(name: string): Promise<boolean> {
    const there = await ifThere(stat(this.pathOf(name)));
    if (there === undefined) return this.find(name) === undefined;
    return this.knows(name, there.size, Math.trunc(there.mtimeMs));
  }

  /**
   * At a hub: remember bytes that were published under a name elsewhere, among the earlier versions. False where there is no
   * store for them. @throws BranchlineError FILE_CHANGED, DISK_FULL, WRITE_FAILED.
   */
  async remember(
    file: string,
    update: Digest & { readonly name: string; readonly publishedAt: number },
  ): Promise<boolean> {
    const { store, table, clock } = this.#options;
    if (store === undefined) return false;
    await store.put(file);
    const { name, sha256 } = update;
    const isKnown = this.find(name)?.sha256 === sha256;
    if (!isKnown && this.earlier(name).every((known) => known.sha256 !== sha256))
      table.remember({ ...update, endedAt: clock.now() });
    return true;
  }

  async #take(
    partial: string,
    update: Omit<UpdateRecord, 'modifiedMs'>,
    meant: boolean,
  ): Promise<void> {
    const file = this.pathOf(update.name);
    await renameDurably(partial, file);
    const { mtimeMs } = await stat(file);
    const { name, size, sha256, publishedAt, origin } = update;
    this.#record(
      { name, size, sha256, publishedAt, origin, modifiedMs: Math.trunc(mtimeMs) },
      meant,
    );
  }

  /** Take a file out of the folder. What was made of it, here and at branches, stays. */
  async withdraw(name: string): Promise<void> {
    await rm(this.pathOf(name), { force: true });
    await fsyncFolder(this.#options.folder);
    this.remove(name);
  }

  /** The file is no longer in the folder. */
  remove(name: string): void {
    const known = this.#options.table.find(name);
    if (known === undefined) return;
    this.#options.table.replace(known, undefined, this.#options.clock.now());
    this.#options.log.info({ name }, 'update removed from Updates');
    this.#options.onChange({ kind: 'removed', name });
  }

  async #digest(file: string, signal?: AbortSignal): Promise<Digest> {
    const options = signal === undefined ? {} : { signal };
    return this.#options.store === undefined
      ? await hashFile(file, options)
      : await this.#options.store.put(file, options);
  }

  #record(update: UpdateRecord, meant = false): void {
    const { table, clock } = this.#options;
    const known = table.find(update.name);
    if (known?.sha256 === update.sha256) {
      // Touched, or fetched after it was put there by hand: the same bytes keep their first day.
      table.record({ ...update, publishedAt: known.publishedAt, origin: known.origin });
      return;
    }
    if (known === undefined) table.record(update);
    else table.replace(known, update, clock.now());
    this.#options.log.info(
      { name: update.name, bytes: update.size, sha256: update.sha256, origin: update.origin },
      known === undefined ? 'update added' : 'update replaced',
    );
    this.#options.onChange({ kind: 'added', update, meant, ...(known && { replaces: known }) });
  }
}
