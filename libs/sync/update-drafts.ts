import { createHash, randomBytes, type Hash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { asBranchlineError, BranchlineError } from '#libs/errors';
import {
  copyInto,
  fsyncFolder,
  ifThere,
  INTERNAL_FOLDER,
  makeFolder,
  requireSpace,
  streamDurably,
  type Digest,
} from '#libs/files';
import type { UpdateDraft, UpdateDraftsTable } from '#libs/journal';
import { collectYoung, type Clock, type Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { requireUpdateName } from './update-name.ts';

export interface UpdateDraftsOptions {
  /** The Updates folder: drafts lie on the same disk, so that publishing is a rename. */
  readonly folder: string;
  readonly table: UpdateDraftsTable;
  /** Of one upload. */
  readonly maxBytes: number;
  /** Bytes to leave free on the disk of Updates. */
  readonly reserveBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits?: Partial<DraftLimits>;
}

export interface DraftLimits {
  /** Uploads kept aside. */
  readonly drafts: number;
  /** Uploads at a time. */
  readonly uploads: number;
  /** Milliseconds; what nobody decides on is removed then. */
  readonly keepMs: number;
  /** Milliseconds between two looks for such. */
  readonly sweepMs: number;
}

export const defaultDraftLimits: DraftLimits = {
  drafts: 16,
  uploads: 2,
  keepMs: 3 * 86_400_000,
  sweepMs: 3_600_000,
};

/** What somebody uploads. */
export interface IncomingUpload {
  readonly name: string;
  readonly by: string;
  /** Bytes, where the sender has said so. */
  readonly size: number | undefined;
  readonly body: AsyncIterable<Buffer>;
}

/** The disk is asked again after so many bytes, as others write to it as well, and what has gone through is given back. */
const askEveryBytes = 16 * 1_048_576;

/**
 * Uploads that are whole and on the disk, looked at, and not published: nothing in Updates changes until somebody decides.
 * The order is that of every write: bytes, fsync, name, row. What a crash leaves without a row is swept at the next start.
 */
export class UpdateDrafts implements Service {
  readonly name = 'update drafts';
  readonly #options: UpdateDraftsOptions;
  readonly #limits: DraftLimits;
  readonly #root: string;
  #incoming = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: UpdateDraftsOptions) {
    this.#options = options;
    this.#limits = { ...defaultDraftLimits, ...options.limits };
    this.#root = path.join(options.folder, INTERNAL_FOLDER, 'drafts');
  }

  async start(): Promise<void> {
    await this.#sweepUnknown();
    await this.#sweepOld();
    this.#timer = setInterval(() => {
      this.#sweepOld().catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'old uploads not removed');
      });
    }, this.#limits.sweepMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.resolve();
  }

  /** Newest first. */
  all(): UpdateDraft[] {
    return this.#options.table.all();
  }

  /** @throws BranchlineError NOT_FOUND. */
  find(id: string): UpdateDraft {
    const draft = this.#options.table.find(id);
    if (draft !== undefined) return draft;
    throw new BranchlineError(
      'NOT_FOUND',
      'this upload is no longer here: published, discarded or too old',
    );
  }

  fileOf({ id, name }: Pick<UpdateDraft, 'id' | 'name'>): string {
    return path.join(this.#root, id, name);
  }

  /**
   * Take an upload in, whole or not at all. `judge` looks at the file before it counts; what it throws refuses it.
   * @throws BranchlineError NAME_MALFORMED, FILE_TOO_LARGE, DISK_FULL, WRITE_FAILED, DRAFTS_TOO_MANY, PEER_BUSY, and what
   * the body and `judge` throw; then nothing is left.
   */
  async receive<Judged>(
    upload: IncomingUpload,
    judge: (draft: UpdateDraft, file: string) => Promise<Judged>,
  ): Promise<{ readonly draft: UpdateDraft; readonly judged: Judged }> {
    const name = requireUpdateName(upload.name);
    this.#requirePlace();
    this.#incoming += 1;
    try {
      await this.#requireRoom(upload.size);
      return await this.#receive({ ...upload, name }, judge);
    } catch (error) {
      throw asBranchlineError(error).code === 'DISK_FULL' ? this.#noRoom(error) : error;
    } finally {
      this.#incoming -= 1;
    }
  }

  /**
   * A verified copy of kept bytes, to be published under this name again; `discard` takes away what is left of it.
   * @throws BranchlineError DISK_FULL, WRITE_FAILED, NOT_FOUND, DIGEST_MISMATCH when the bytes are no longer those.
   */
  async copyOf(
    source: string,
    update: Digest & { name: string },
  ): Promise<{ id: string; file: string }> {
    const { folder, reserveBytes } = this.#options;
    await requireSpace(folder, update.size, reserveBytes);
    const id = newId();
    const file = this.fileOf({ id, name: update.name });
    await makeFolder(path.dirname(file), 0o750);
    try {
      const { sha256 } = await copyInto(source, [file]);
      if (sha256 === update.sha256) return { id, file };
      throw new BranchlineError(
        'DIGEST_MISMATCH',
        `${source} no longer holds the bytes of ${JSON.stringify(update.name)}: its disk is failing, or somebody has written there`,
      );
    } catch (error) {
      await this.#removeFolder(id);
      throw error;
    }
  }

  /** Forget one, and its bytes; one that is gone is no fault. */
  async discard(id: string): Promise<void> {
    this.#options.table.remove(id);
    await this.#removeFolder(id);
  }

  async #receive<Judged>(
    { name, by, body }: IncomingUpload,
    judge: (draft: UpdateDraft, file: string) => Promise<Judged>,
  ): Promise<{ draft: UpdateDraft; judged: Judged }> {
    const { table, clock, maxBytes, log } = this.#options;
    const id = newId();
    const file = this.fileOf({ id, name });
    await makeFolder(path.dirname(file), 0o750);
    try {
      const hash = createHash('sha256');
      const size = await streamDurably(file, this.#watched(body, hash), { maxBytes });
      await fsyncFolder(this.#root);
      const draft = { id, name, size, sha256: hash.digest('hex'), createdAt: clock.now(), by };
      const judged = await judge(draft, file);
      table.add(draft);
      log.info({ name, bytes: size, sha256: draft.sha256, by }, 'update uploaded');
      return { draft, judged };
    } catch (error) {
      await this.#removeFolder(id);
      throw error;
    }
  }

  /** Hashes on the way, and stops before the disk is full for everybody else. */
  async *#watched(
    body: AsyncIterable<Buffer>,
    hash: Hash,
  ): AsyncGenerator<Buffer, void, undefined> {
    const { folder, reserveBytes } = this.#options;
    let unasked = 0;
    for await (const chunk of body) {
      unasked += chunk.length;
      if (unasked >= askEveryBytes) {
        await requireSpace(folder, unasked, reserveBytes);
        collectYoung();
        unasked = 0;
      }
      hash.update(chunk);
      yield chunk;
    }
  }

  #requirePlace(): void {
    const { drafts, uploads } = this.#limits;
    if (this.#incoming >= uploads) {
      throw new BranchlineError('PEER_BUSY', `${uploads} uploads are on their way: wait for them`);
    }
    if (this.all().length + this.#incoming < drafts) return;
    throw new BranchlineError(
      'DRAFTS_TOO_MANY',
      `${drafts} uploads wait for a decision: publish or discard some`,
    );
  }

  async #requireRoom(size: number | undefined): Promise<void> {
    const { folder, maxBytes, reserveBytes } = this.#options;
    if ((size ?? 0) > maxBytes) {
      throw new BranchlineError(
        'FILE_TOO_LARGE',
        `the upload has ${String(size)} bytes, at most ${maxBytes} are allowed (MaxArchiveMB)`,
      );
    }
    await requireSpace(folder, size ?? 0, reserveBytes);
  }

  #noRoom(cause: unknown): BranchlineError {
    return new BranchlineError(
      'DISK_FULL',
      `the disk of ${this.#options.folder} has no room for this upload, and nothing of it was kept: free some space and upload it again`,
      { cause },
    );
  }

  async #sweepUnknown(): Promise<void> {
    const known = new Set(this.all().map(({ id }) => id));
    for (const name of (await ifThere(readdir(this.#root))) ?? []) {
      if (!known.has(name)) await rm(path.join(this.#root, name), { recursive: true, force: true });
    }
    for (const draft of this.all()) {
      // Published just before a crash, or taken away by hand.
      if ((await ifThere(stat(this.fileOf(draft)))) === undefined) await this.discard(draft.id);
    }
  }

  async #sweepOld(): Promise<void> {
    const { clock, log } = this.#options;
    for (const { id, name, createdAt } of this.all()) {
      if (clock.now() - createdAt < this.#limits.keepMs) continue;
      await this.discard(id);
      log.info({ name }, 'upload removed: nobody published or discarded it');
    }
  }

  async #removeFolder(id: string): Promise<void> {
    await rm(path.join(this.#root, id), { recursive: true, force: true });
  }
}

const newId = (): string => randomBytes(9).toString('hex');
