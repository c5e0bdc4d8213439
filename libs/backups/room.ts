import { BranchlineError } from '#libs/errors';
import { freeBytes, listTree } from '#libs/files';
import { FreshRuns, type Clock } from '#libs/lifecycle';
import { absentAs, type BackupHistory } from './backup-history.ts';

export interface RoomOptions {
  readonly folder: string;
  readonly history: BackupHistory;
  readonly clock: Clock;
  /** Names, removed ones with versions included. */
  readonly maxFiles: number;
  /** Bytes of all current files. */
  readonly maxTotalBytes: number;
  /** Bytes of the disk that are left for everybody else. */
  readonly reserveBytes: number;
}

interface Use {
  files: number;
  bytes: number;
}

const recountMs = 60_000;
const lookMs = 1000;

/** How much more a folder of backups may take: files, bytes, and what the disk has left. */
export class Room {
  readonly #options: RoomOptions;
  readonly #counting = new FreshRuns<Use>();
  #use: Use | undefined;
  #countedAt = 0;
  #free = Infinity;
  #lookedAt = -Infinity;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /** @throws BranchlineError DISK_FULL when `bytes` more would touch the reserve. */
  async requireDisk(bytes: number): Promise<void> {
    const { folder, clock, reserveBytes } = this.#options;
    const now = clock.now();
    if (now - this.#lookedAt >= lookMs) {
      this.#lookedAt = now;
      this.#free = await freeBytes(folder);
    }
    if (this.#free - bytes >= reserveBytes) return;
    throw new BranchlineError(
      'DISK_FULL',
      `${folder} has no room for what telephones save (${this.#free} bytes free, ${reserveBytes} are kept for the rest): free some`,
    );
  }

  /**
   * Count a file of `after` bytes in place of one of `before` bytes; `known` when its name counts already.
   * @throws BranchlineError BACKUPS_TOO_MANY or TREE_TOO_LARGE; then nothing is counted.
   */
  async replace(known: boolean, before: number, after: number): Promise<void> {
    const { maxFiles, maxTotalBytes, folder, clock } = this.#options;
    const bytes = after - before;
    const fits = (use: Use): boolean =>
      (known || use.files < maxFiles) && (bytes <= 0 || use.bytes + bytes <= maxTotalBytes);
    let use = this.#use ?? (await this.#count());
    // Others may have made room since.
    if (!fits(use) && clock.now() - this.#countedAt >= recountMs) use = await this.#count();
    if (!fits(use)) {
      throw new BranchlineError(
        'BACKUPS_TOO_MANY',
        `${folder} holds ${use.files} files of ${use.bytes} bytes, and may hold ${maxFiles} of ${maxTotalBytes}: remove some or raise the limit`,
      );
    }
    this.give(known ? 0 : -1, -bytes);
  }

  /** So many files and bytes are no longer there. */
  give(files: number, bytes: number): void {
    if (this.#use === undefined) return;
    this.#use.files -= files;
    this.#use.bytes -= bytes;
  }

  async #count(): Promise<Use> {
    return await this.#counting.of('', async () => {
      this.#countedAt = this.#options.clock.now();
      this.#use = await this.#look();
      return this.#use;
    });
  }

  async #look(): Promise<Use> {
    const { folder, history, maxFiles } = this.#options;
    const bound = 2 * maxFiles + 1000;
    const [files, kept] = await Promise.all([
      absentAs([], listTree(folder, { maxFiles: bound })),
      history.names(bound),
    ]);
    for (const { name } of files) kept.delete(name);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    return { files: files.length + kept.size, bytes };
  }
}
