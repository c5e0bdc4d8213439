import { asBranchlineError, type ErrorCode } from '#libs/errors';
import type { UpdateRecord } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { ReleaseTarget } from '#libs/release';
import type { Updates } from './updates.ts';

/** Where the signed set is kept; libs/release provides it. */
export interface SignedRelease {
  /** Sign the set if it differs from the one published. */
  publish(targets: readonly ReleaseTarget[]): Promise<{ version: number; changed: boolean }>;
  /** Sign again what nears its expiry. */
  refresh(): Promise<unknown>;
}

export interface ReleasePublisherOptions {
  readonly updates: Updates;
  readonly release: SignedRelease;
  /** Wake the branches that wait. */
  readonly wake: (version: number) => void;
  /** False for what cannot be handed out yet; always true unless told. */
  readonly maySign?: (update: UpdateRecord) => boolean;
  readonly log: Logger;
  readonly onFailure: (code: ErrorCode, sentence: string) => void;
  /** Changes closer together than this are signed as one set, in milliseconds. */
  readonly gatherMs?: number;
  /** How often expiry is looked at, in milliseconds. */
  readonly refreshMs?: number;
}

/** At a hub: signs what lies in Updates, and signs again before it expires, one at a time. */
export class ReleasePublisher implements Service {
  readonly name = 'release publisher';
  readonly #options: ReleasePublisherOptions;
  #work: Promise<void> = Promise.resolve();
  #gathering: NodeJS.Timeout | undefined;
  #refreshing: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: ReleasePublisherOptions) {
    this.#options = options;
  }

  /** A hub that is ready has a valid signed set, even an empty one. */
  async start(): Promise<void> {
    await this.#publish();
    await this.#options.release.refresh();
    this.#refreshing = setInterval(
      () => {
        this.#queue(async () => {
          await this.#options.release.refresh();
        });
      },
      this.#options.refreshMs ?? 10 * 60_000,
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#gathering);
    clearInterval(this.#refreshing);
    await this.#work;
  }

  /** The set has changed. */
  changed(): void {
    if (this.#stopped || this.#gathering !== undefined) return;
    this.#gathering = setTimeout(() => {
      this.#gathering = undefined;
      this.#queue(() => this.#publish());
    }, this.#options.gatherMs ?? 100);
  }

  async #publish(): Promise<void> {
    const { updates, release, wake, maySign = () => true, log } = this.#options;
    const signed = updates.all().filter((update) => maySign(update));
    const targets = signed.map((update) => ({
      name: update.name,
      size: update.size,
      sha256: update.sha256,
      published: update.publishedAt,
    }));
    const { version, changed } = await release.publish(targets);
    updates.noteRelease(version, targets);
    if (!changed) return;
    log.info({ release: version, files: targets.length }, 'release signed');
    wake(version);
  }

  #queue(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      const { code, message } = asBranchlineError(error);
      this.#options.log.error({ err: error, code }, 'release not signed');
      this.#options.onFailure(code, `the release could not be signed: ${message}`);
    });
  }
}
