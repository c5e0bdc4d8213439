import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { noAudit, type Audit } from '#libs/audit';
import { BranchlineError, systemCode, type ErrorCode } from '#libs/errors';
import { fsyncFolder } from '#libs/files';
import type { OutgoingFile, OutgoingTable } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { OutgoingFiles } from './outgoing-files.ts';
import { mayPurge } from './purge-guard.ts';

export interface OutgoingRetentionOptions {
  readonly files: OutgoingFiles;
  readonly table: OutgoingTable;
  /** The hubs of today, by the names under which their ledgers are known. */
  readonly peers: readonly string[];
  readonly retainMs: number;
  /** Percent. */
  readonly guard: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit?: Audit;
  readonly refused: (code: ErrorCode, sentence: string) => void;
}

/**
 * Records leave a branch only when a hub of today has acknowledged exactly these bytes, and that `retainMs` ago (Guide p. 43,
 * `RetainDays`). What nobody has acknowledged stays, whatever its age.
 */
export class OutgoingRetention {
  readonly #options: OutgoingRetentionOptions;

  constructor(options: OutgoingRetentionOptions) {
    this.#options = options;
  }

  /** Purge what is due among `present`, the result of a scan. Returns how many went. */
  async run(present: readonly OutgoingFile[]): Promise<number> {
    const {
      files,
      table,
      peers,
      retainMs,
      guard,
      clock,
      log,
      refused,
      audit = noAudit,
    } = this.#options;
    const { kind } = files;
    const before = clock.now() - retainMs;
    const ledgers = peers.map((peer) => table.ledgerOf(peer)).filter((id) => id !== undefined);
    const isDue = table.acknowledged(kind, ledgers, before);
    const isSafe = table.acknowledged(kind, ledgers);
    const overdue = present.filter((file) => file.noticedAt < before && !isSafe(file));
    if (overdue.length > 0) {
      refused(
        'RECORDS_OVERDUE',
        `${overdue.length} ${kind} files are older than they need to be kept, and no hub has them; the oldest is ${overdue[0]?.name ?? ''}`,
      );
    }
    const due = present.filter(isDue);
    if (!mayPurge(due.length, present.length, guard)) {
      refused(
        'PURGE_STOPPED',
        `${due.length} of ${present.length} ${kind} files were due to be purged at once; nothing was purged`,
      );
      return 0;
    }
    await audit.commit(
      due.map(({ name, size, sha256 }) => ({
        ...{ act: 'purged', by: 'retention', kind, name, size, sha256, result: 'done' },
      })),
    );
    const gone: string[] = [];
    for (const file of due) if (await this.#purge(file)) gone.push(file.name);
    if (gone.length === 0) return 0;
    for (const folder of new Set(gone.map((name) => path.dirname(files.pathOf(name))))) {
      await fsyncFolder(folder);
    }
    table.forget(kind, gone);
    log.info({ kind, files: gone.length }, 'records purged');
    return gone.length;
  }

  /** Only the bytes that were acknowledged: a file that was written to since is another one. */
  async #purge(file: OutgoingFile): Promise<boolean> {
    const place = this.#options.files.pathOf(file.name);
    try {
      const { size, mtimeMs } = await stat(place);
      if (size !== file.size || mtimeMs !== file.modifiedMs) return false;
      await rm(place);
      return true;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return true;
      throw new BranchlineError('WRITE_FAILED', `${place} cannot be removed: check its owner`, {
        cause: error,
      });
    }
  }
}
