import { rm } from 'node:fs/promises';
import { noAudit, type Audit } from '#libs/audit';
import { asBranchlineError, type ErrorCode } from '#libs/errors';
import type { Ledger, UploadKind } from '#libs/journal';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { mayPurge } from './purge-guard.ts';
import type { RecordFolder } from './record-folder.ts';
import { sweepStaleParts } from './stale-parts.ts';

export interface ReceivedRetentionOptions {
  readonly ledger: Ledger;
  readonly shelves: Partial<Record<UploadKind, RecordFolder>>;
  /** A week longer than at the branches (Guide p. 43). */
  readonly retainMs: number;
  /** Percent. */
  readonly guard: number;
  /** Without records of a branch for so long, an operator should know. */
  readonly gapMs: number;
  /** Where uploads are on their way in. */
  readonly incoming: readonly string[];
  /** A part that nobody has gone on with for so long is removed, in milliseconds. */
  readonly partMs: number;
  /** Between two looks, in milliseconds. */
  readonly everyMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit?: Audit;
  readonly refused: (code: ErrorCode, sentence: string) => void;
}

/** Files purged in one look; the next look takes the next. */
const maxAtOnce = 10_000;

/** Purges records at a hub that the collector has had for long enough, and says who has sent none for too long. */
export class ReceivedRetention implements Service {
  readonly name = 'retention';
  readonly #options: ReceivedRetentionOptions;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  /** Branch and kind whose silence has been told. */
  readonly #told = new Set<string>();

  constructor(options: ReceivedRetentionOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => {
      this.#working ??= this.#look().finally(() => {
        this.#working = undefined;
      });
    }, this.#options.everyMs);
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
  }

  async #look(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      const { code, message } = asBranchlineError(error);
      this.#options.refused(code, message);
    }
  }

  /** One look. Returns how many files went. */
  async run(): Promise<number> {
    const { ledger, shelves, clock } = this.#options;
    await this.#tellGaps();
    await this.#sweepParts();
    const totals = await ledger.totals();
    let gone = 0;
    for (const [kind, shelf] of Object.entries(shelves)) {
      const ofKind = totals.filter((total) => total.kind === kind);
      const all = ofKind.reduce((sum, { files }) => sum + files, 0);
      const [first] = ofKind;
      if (first !== undefined) gone += await this.#purge(first.kind, shelf, all, clock.now());
    }
    return gone;
  }

  async #purge(kind: UploadKind, shelf: RecordFolder, all: number, now: number): Promise<number> {
    const { ledger, retainMs, guard, log, refused, audit = noAudit } = this.#options;
    const due = await ledger.purgeable(kind, now - retainMs, maxAtOnce);
    if (!mayPurge(due.length, all, guard)) {
      refused(
        'PURGE_STOPPED',
        `${due.length} of ${all} ${kind} files were due to be purged at once; nothing was purged`,
      );
      return 0;
    }
    await audit.commit(
      due.map(({ branch, name, size, sha256 }) => ({
        ...{ act: 'purged', by: 'retention', kind, branch, name, size, sha256, result: 'done' },
      })),
    );
    // The row first: one that lies about a file which is still there costs a little room, the other way round a question.
    await ledger.purged(
      due.map(({ id }) => id),
      now,
    );
    for (const { branch, storedAs } of due)
      await rm(shelf.pathOf(branch, storedAs), { force: true });
    if (due.length > 0) log.info({ kind, files: due.length }, 'records purged');
    return due.length;
  }

  async #sweepParts(): Promise<void> {
    const { incoming, partMs, clock, log } = this.#options;
    for (const folder of incoming) {
      const before = clock.now() - partMs;
      const gone = await sweepStaleParts({ folder, before, limit: maxAtOnce });
      if (gone.length > 0) log.warn({ folder, files: gone.length }, 'parts of uploads removed');
    }
  }

  async #tellGaps(): Promise<void> {
    const { ledger, gapMs, clock, refused } = this.#options;
    for (const { branch, kind, lastReceivedAt } of await ledger.totals()) {
      if (kind === 'backup') continue;
      const key = `${branch} ${kind}`;
      const silent = clock.now() - lastReceivedAt;
      if (silent <= gapMs) {
        this.#told.delete(key);
        continue;
      }
      if (this.#told.has(key)) continue;
      this.#told.add(key);
      refused(
        'RECORDS_MISSING',
        `no ${kind} files from ${branch} for ${Math.floor(silent / 3_600_000)} hours`,
      );
    }
  }
}
