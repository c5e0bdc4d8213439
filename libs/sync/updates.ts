import { stat } from 'node:fs/promises';
import path from 'node:path';
import { hashFile, renameDurably, type ContentStore, type Digest } from '#libs/files';
import type { UpdateRecord, UpdatesTable } from '#libs/journal';
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
  | { readonly kind: 'added'; readonly update: UpdateRecord; readonly replaces?: UpdateRecord }
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

  pathOf(name: string): string {
    return path.join(this.#options.folder, name);
  }

  all(): UpdateRecord[] {
    return this.#options.table.all();
  }

  find(name: string): UpdateRecord | undefined {
    return this.#options.table.find(name);
  }

  /** True when the file is known with this size and time: then its bytes are known too. */
  knows(name: string, size: number, modifiedMs: number): boolean {
    const known = this.#options.table.find(name);
    return known?.size === size && known.modifiedMs === modifiedMs;
  }

  /**
   * Take in a file that an administrator has put there and that stands still.
   * @throws BranchlineError FILE_CHANGED, NOT_FOUND: look again later.
   */
  async settle(name: string): Promise<void> {
    const file = this.pathOf(name);
    const before = await stat(file);
    const digest = await this.#digest(file);
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
    const file = this.pathOf(update.name);
    // First: between the rename and the record nobody must find a file that he does not know.
    await this.#options.store?.put(partial);
    await renameDurably(partial, file);
    const { mtimeMs } = await stat(file);
    this.#record({
      name: update.name,
      size: update.size,
      modifiedMs: Math.trunc(mtimeMs),
      sha256: update.sha256,
      publishedAt: update.publishedAt,
      origin: 'upstream',
    });
  }

  /** The file is no longer in the folder. */
  remove(name: string): void {
    if (this.#options.table.find(name) === undefined) return;
    this.#options.table.remove(name);
    this.#options.log.info({ name }, 'update removed from Updates');
    this.#options.onChange({ kind: 'removed', name });
  }

  async #digest(file: string): Promise<Digest> {
    return this.#options.store === undefined
      ? await hashFile(file)
      : await this.#options.store.put(file);
  }

  #record(update: UpdateRecord): void {
    const known = this.#options.table.find(update.name);
    if (known?.sha256 === update.sha256) {
      // Touched, or fetched after it was put there by hand: the same bytes keep their first day.
      this.#options.table.record({
        ...update,
        publishedAt: known.publishedAt,
        origin: known.origin,
      });
      return;
    }
    this.#options.table.record(update);
    this.#options.log.info(
      { name: update.name, bytes: update.size, sha256: update.sha256, origin: update.origin },
      known === undefined ? 'update added' : 'update replaced',
    );
    this.#options.onChange({ kind: 'added', update, ...(known && { replaces: known }) });
  }
}
