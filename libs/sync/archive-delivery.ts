import path from 'node:path';
import { asBranchlineError, type ErrorCode } from '#libs/errors';
import type { Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import {
  isArchiveSent,
  type ArchiveMade,
  type ArchiveSent,
  type ArchiveState,
} from './archive-state.ts';
import type { CustomerFtp } from './customer-ftp.ts';

export interface ArchiveDeliveryOptions {
  readonly ftp: Pick<CustomerFtp, 'address' | 'send'>;
  /** Where the latest archive lies. */
  readonly backup: string;
  /** The latest archive. */
  readonly made: () => ArchiveMade | undefined;
  readonly sent: ArchiveState<ArchiveSent>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly refused: (code: ErrorCode, sentence: string) => void;
}

/** The latest archive on its way to the customer's server; what was sent is remembered over a restart. */
export class ArchiveDelivery {
  readonly #options: ArchiveDeliveryOptions;
  #running: Promise<void> | undefined;
  #error: { readonly code: ErrorCode; readonly sentence: string; readonly at: number } | undefined;

  constructor(options: ArchiveDeliveryOptions) {
    this.#options = options;
  }

  /** `host:port` */
  get address(): string {
    return this.#options.ftp.address;
  }

  /** What that server got last. */
  get sent(): ArchiveSent | undefined {
    const sent = this.#options.sent.read(isArchiveSent);
    return sent?.server === this.address ? sent : undefined;
  }

  /** Why the last try sent nothing. */
  get error():
    { readonly code: ErrorCode; readonly sentence: string; readonly at: number } | undefined {
    return this.#error;
  }

  /** Send what was not sent yet; failures are told and do not throw. One at a time. */
  async deliver(signal: AbortSignal): Promise<void> {
    this.#running ??= this.#deliver(signal).finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #deliver(signal: AbortSignal): Promise<void> {
    const { made, ftp, backup, sent, clock, log, refused } = this.#options;
    const archive = made();
    if (archive === undefined) return;
    const { name, size, sha256 } = archive;
    if (this.sent?.sha256 === sha256 && this.sent.name === name) return;
    try {
      await ftp.send({ path: path.join(backup, name), name, size }, signal);
      sent.write({ server: this.address, name, sha256, sentAt: clock.now() });
      this.#error = undefined;
      log.info(
        { server: this.address, name, bytes: size },
        "archive sent to the customer's server",
      );
    } catch (thrown) {
      if (signal.aborted) return;
      const { code, message: sentence } = asBranchlineError(thrown);
      this.#error = { code, sentence, at: clock.now() };
      refused(code, sentence);
    }
  }
}
