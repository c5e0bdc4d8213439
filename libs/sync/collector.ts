import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { noAudit, type Audit } from '#libs/audit';
import {
  copyInto,
  fsyncFolder,
  ifThere,
  INTERNAL_FOLDER,
  makeFolder,
  renameDurably,
} from '#libs/files';
import type { Ledger, ReceivedFile, UploadKind } from '#libs/journal';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { RecordFolder } from './record-folder.ts';

/** What the delivery needs of the ledger. */
export type CollectorLedger = Pick<Ledger, 'undelivered' | 'delivering' | 'delivered' | 'damaged'>;

export interface CollectorOptions {
  readonly kind: UploadKind;
  readonly ledger: CollectorLedger;
  /** Where the records lie as they came. */
  readonly records: RecordFolder;
  /** The folder that the importing application reads (Guide p. 43: "as if the data was collected locally"). */
  readonly inbox: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How often to try again what could not be delivered, in milliseconds. */
  readonly retryMs: number;
  readonly audit?: Audit;
  readonly onFailure: (sentence: string, error: unknown) => void;
  /** What is stored under a record's name is gone, or other bytes: it is passed over, the others go on. */
  readonly onDamaged: (file: ReceivedFile) => void;
}

/** Rows that are worked on between two looks at the ledger. */
const atOnce = 100;

/**
 * Hands records to the application that imports them, each exactly once, oldest first. The file is prepared beside the inbox,
 * its name there is committed, then it is renamed: after a crash, a prepared file that is still there was not delivered, and
 * one that is gone was, even if the application has taken it away since.
 */
export class Collector implements Service {
  readonly name: string;
  readonly #options: CollectorOptions;
  readonly #preparing: string;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.name = `${options.kind} delivery`;
    this.#preparing = path.join(path.resolve(options.inbox), INTERNAL_FOLDER, 'delivering');
  }

  async start(): Promise<void> {
    this.#stopped = false;
    await makeFolder(this.#preparing, 0o750);
    this.#timer = setInterval(() => {
      this.wake();
    }, this.#options.retryMs);
    this.wake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#working;
  }

  /** Something new is there. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#working !== undefined) {
      this.#again = true;
      return;
    }
    this.#working = this.#run().finally(() => {
      this.#working = undefined;
      if (this.#again) this.wake();
    });
  }

  /** Resolves once nothing is under way. */
  async settled(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  async #run(): Promise<void> {
    const { kind, ledger, onFailure } = this.#options;
    this.#again = false;
    try {
      for (;;) {
        const waiting = await ledger.undelivered(kind, atOnce);
        for (const file of waiting) {
          if (this.#stopped) return;
          await this.#deliver(file);
        }
        if (waiting.length < atOnce) return;
      }
    } catch (error) {
      // The order is kept: what comes after it waits, too.
      onFailure(`${kind} records cannot be delivered`, error);
    }
  }

  async #deliver(file: ReceivedFile): Promise<void> {
    const { ledger, clock, log, inbox, audit = noAudit } = this.#options;
    const prepared = path.join(this.#preparing, String(file.id));
    if (file.deliveredAs === undefined) {
      if (!(await this.#prepare(file, prepared))) {
        await ledger.damaged(file.id, clock.now());
        this.#options.onDamaged(file);
        return;
      }
      const as = await this.#freeName(file);
      await ledger.delivering(file.id, as);
      await renameDurably(prepared, path.join(inbox, as));
    } else if (await exists(prepared)) {
      // Since a crash, somebody else may have taken the name.
      const as = await this.#freeName(file);
      if (as !== file.deliveredAs) await ledger.delivering(file.id, as);
      await renameDurably(prepared, path.join(inbox, as));
    } else {
      // Renamed before a crash: make sure that the disk knows.
      await fsyncFolder(inbox);
    }
    const { branch, kind, name, size, sha256 } = file;
    const what = { branch, kind, name, size, sha256 };
    await audit.commit([{ act: 'delivered', by: 'delivery', ...what, result: 'done' }]);
    await ledger.delivered(file.id, clock.now());
    log.info({ branch, kind, name }, 'delivered');
  }

  /** A whole, synced copy under the number of its row; false when the record itself is no longer what came. */
  async #prepare(file: ReceivedFile, prepared: string): Promise<boolean> {
    await rm(prepared, { force: true });
    const source = this.#options.records.pathOf(file.branch, file.storedAs);
    if (!(await exists(source))) return false;
    const { sha256, size } = await copyInto(source, [prepared]);
    if (sha256 !== file.sha256 || size !== file.size) {
      await rm(prepared, { force: true });
      return false;
    }
    await fsyncFolder(this.#preparing);
    return true;
  }

  /** What lies in the inbox is the application's: it is never overwritten. */
  async #freeName({ name, branch, sha256 }: ReceivedFile): Promise<string> {
    const plain = name.slice(name.lastIndexOf('/') + 1);
    const names = [plain, `${plain}~${branch}`, `${plain}~${branch}~${sha256.slice(0, 8)}`];
    for (const candidate of names) {
      if (!(await exists(path.join(this.#options.inbox, candidate)))) return candidate;
    }
    return `${plain}~${branch}~${sha256}`;
  }
}

const exists = async (file: string): Promise<boolean> => (await ifThere(stat(file))) !== undefined;
