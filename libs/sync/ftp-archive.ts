import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import {
  buildArchive,
  maxBuildBytes,
  maxBuildFiles,
  packable,
  type ArchiveSource,
} from '#libs/archive';
import { asBranchlineError, BranchlineError, type ErrorCode } from '#libs/errors';
import { ifThere, type ListedFile, listTree, makeFolder, streamDurably } from '#libs/files';
import type { Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import {
  archiveFolder,
  isArchiveName,
  localDay,
  monthArchive,
  type LocalDay,
} from './archive-names.ts';
import {
  isArchiveMade,
  isMonthSeen,
  type ArchiveMade,
  type ArchiveState,
  type MonthSeen,
} from './archive-state.ts';
import { writeMonthArchive } from './month-archive.ts';
import { readStill } from './still-file.ts';

export interface FtpArchiveOptions {
  /** FTPdata: what is archived, and where the archives lie. */
  readonly folder: string;
  /** Where the latest copy goes, for a hub and for the customer's server. */
  readonly backup: string;
  readonly made: ArchiveState<ArchiveMade>;
  readonly month: ArchiveState<MonthSeen>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly refused: (code: ErrorCode, sentence: string) => void;
  /** IANA name; default: the machine's. */
  readonly zone?: string;
}

/** Files left out are told one by one up to this many, then as a number. */
const toldAlone = 5;

/**
 * The telephones' data as one zip for each day of the week, the latest also in `Backup`, and one archive of each month
 * (Guide p. 22, table 1, and p. 39 "Backup Using Automatic Archive").
 */
export class FtpArchive {
  readonly #options: FtpArchiveOptions;
  #running: Promise<void> | undefined;
  #error: { readonly code: ErrorCode; readonly sentence: string; readonly at: number } | undefined;

  constructor(options: FtpArchiveOptions) {
    this.#options = options;
  }

  /** True when an earlier look was at a time before this start. */
  get hasRun(): boolean {
    return this.#options.month.read(isMonthSeen) !== undefined;
  }

  /** The archive that is in `Backup`. */
  get made(): ArchiveMade | undefined {
    return this.#options.made.read(isArchiveMade);
  }

  /** Why the last try made none, or left something out. */
  get error():
    { readonly code: ErrorCode; readonly sentence: string; readonly at: number } | undefined {
    return this.#error;
  }

  /**
   * Make what is due; who asks while one is being made gets that one.
   * @throws BranchlineError ARCHIVE_TOO_LARGE, TREE_TOO_LARGE, DISK_FULL, WRITE_FAILED, or the abort's reason: then the
   * former archive is untouched.
   */
  async make(signal: AbortSignal): Promise<void> {
    this.#running ??= this.#make(signal).finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #make(signal: AbortSignal): Promise<void> {
    const { clock, refused } = this.#options;
    const trouble = new Trouble();
    try {
      await this.#work(signal, trouble);
    } catch (error) {
      signal.throwIfAborted();
      trouble.add('', error);
      throw error;
    } finally {
      if (!signal.aborted) {
        const first = trouble.told();
        this.#error = first && { ...first, at: clock.now() };
        if (first !== undefined) refused(first.code, first.sentence);
      }
    }
  }

  async #work(signal: AbortSignal, trouble: Trouble): Promise<void> {
    const { clock, zone, folder } = this.#options;
    const today = localDay(clock.now(), zone);
    const files = await filesOf(folder);
    await this.#month(files, today, signal, trouble);
    // Nothing to keep: the archives of better days stay.
    if (files.length === 0) return;
    const content = contentOf(files, today);
    const { made } = this;
    if (made?.content === content && (await this.#isThere(made))) return;
    await this.#week(files, content, today, signal, trouble);
  }

  /** The first look in a new month packs what there is for the month of the last look, however long that is ago. */
  async #month(
    files: readonly ListedFile[],
    today: LocalDay,
    signal: AbortSignal,
    trouble: Trouble,
  ): Promise<void> {
    const { folder, month, log } = this.#options;
    const last = month.read(isMonthSeen)?.month;
    if (last === today.month) return;
    // A clock that was set back closes no month.
    if (last !== undefined && last < today.month && files.length > 0) {
      const target = path.join(folder, monthArchive(last));
      await makeFolder(path.dirname(target), 0o750);
      const names = files.map(({ name }) => name);
      const leftOut = (name: string, error: unknown): void => {
        trouble.add(name, error);
      };
      const bytes = await writeMonthArchive(folder, names, target, { signal, leftOut });
      log.info({ archive: target, files: names.length, bytes }, 'archive of the month made');
    }
    month.write({ month: today.month });
  }

  async #week(
    files: readonly ListedFile[],
    content: string,
    today: LocalDay,
    signal: AbortSignal,
    trouble: Trouble,
  ): Promise<void> {
    const { folder, backup, clock, made, log } = this.#options;
    const target = path.join(folder, archiveFolder, today.archive);
    const { fit, unfit } = packable(
      target,
      files.map(({ name }) => name),
    );
    for (const [name, error] of unfit) trouble.add(name, error);
    boundedBy(folder, files);
    const sources = await this.#read(fit, signal, trouble);
    await makeFolder(path.dirname(target), 0o750);
    const digest = await buildArchive(sources, target, { signal });
    await makeFolder(backup, 0o750);
    const copy = path.join(backup, today.archive);
    await streamDurably(copy, createReadStream(target), { maxBytes: digest.size });
    made.write({
      // With a file left out the next hour tries again.
      content: trouble.isNone ? content : '',
      name: today.archive,
      madeAt: clock.now(),
      files: sources.length,
      ...digest,
    });
    log.info({ archive: target, files: sources.length, bytes: digest.size }, 'archive made');
  }

  async #read(
    names: readonly string[],
    signal: AbortSignal,
    trouble: Trouble,
  ): Promise<ArchiveSource[]> {
    const { folder } = this.#options;
    const sources: ArchiveSource[] = [];
    let left = maxBuildBytes;
    for (const name of names) {
      signal.throwIfAborted();
      try {
        const file = await readStill(folder, name, left);
        if (file === undefined) continue;
        left -= file.bytes.length;
        sources.push({ name, bytes: file.bytes });
      } catch (error) {
        trouble.add(name, error);
      }
    }
    return sources;
  }

  /** Somebody may have tidied up. */
  async #isThere({ name, size }: ArchiveMade): Promise<boolean> {
    const { folder, backup } = this.#options;
    const places = [path.join(folder, archiveFolder, name), path.join(backup, name)];
    const sizes = await Promise.all(
      places.map((place) =>
        stat(place).then(
          (stats) => stats.size,
          () => undefined,
        ),
      ),
    );
    return sizes.every((each) => each === size);
  }
}

/** What was left out, and the failure of the whole. */
class Trouble {
  readonly #all: { readonly name: string; readonly error: BranchlineError }[] = [];

  get isNone(): boolean {
    return this.#all.length === 0;
  }

  add(name: string, thrown: unknown): void {
    const error = asBranchlineError(thrown);
    if (this.#all.some((one) => one.name === name)) return;
    this.#all.push({ name, error });
  }

  /** One sentence for all of it. */
  told(): { readonly code: ErrorCode; readonly sentence: string } | undefined {
    const [whole] = this.#all.filter(({ name }) => name === '');
    if (whole !== undefined) return { code: whole.error.code, sentence: whole.error.message };
    const [first] = this.#all;
    if (first === undefined) return undefined;
    const names = this.#all
      .slice(0, toldAlone)
      .map(({ name }) => JSON.stringify(name.slice(0, 100)));
    const more = this.#all.length > toldAlone ? ` and ${this.#all.length - toldAlone} more` : '';
    return {
      code: 'ARCHIVE_INCOMPLETE',
      sentence: `the archive of FTPdata was made without ${names.join(', ')}${more} (${first.error.code}: ${first.error.message})`,
    };
  }
}

const filesOf = async (folder: string): Promise<ListedFile[]> =>
  ((await ifThere(listTree(folder))) ?? []).filter(({ name }) => !isArchiveName(name));

/** adm-zip holds an archive in memory: what is beyond is refused before a byte is read. */
function boundedBy(folder: string, files: readonly ListedFile[]): void {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (bytes <= maxBuildBytes && files.length <= maxBuildFiles) return;
  throw new BranchlineError(
    'ARCHIVE_TOO_LARGE',
    `${folder} holds ${files.length} files of ${bytes} bytes, more than the ${maxBuildFiles} files or ${maxBuildBytes} bytes of one archive: move away what is no telephone's data`,
  );
}

/** The same for the same files on the same day: each day of the week has its own archive. */
function contentOf(files: readonly ListedFile[], { date }: LocalDay): string {
  const hash = createHash('sha256').update(date);
  for (const { name, size, modifiedMs } of files) {
    hash.update(`\0${name}\0${size}\0${modifiedMs}`);
  }
  return hash.digest('hex');
}
