import { asBranchlineError, type ErrorCode } from '#libs/errors';
import type { ContentStore } from '#libs/files';
import type { SignedUpdate, UpdateRecord } from '#libs/journal';
import { pause, type Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { Updates } from './updates.ts';

export interface LackingUpdatesOptions {
  readonly updates: Updates;
  readonly store: Pick<ContentStore, 'size'>;
  readonly log: Logger;
  /** An update could not be put there: for the status page. */
  readonly onRefused: (code: ErrorCode, sentence: string) => void;
  /** Some that were lacking are there now; `wanted` when a branch has asked for one in vain. Must not throw. */
  readonly onHeld: (held: { readonly wanted: boolean }) => void;
  /** Between two looks while any is lacking, and after a branch has missed one, in milliseconds. */
  readonly retryMs?: number;
}

/** How many contents are looked for side by side. */
const atOnce = 64;

/**
 * At a hub: puts updates into the content store whose bytes are not there, from Updates. That is so where a server has published
 * on its own and became a hub later, and where the store has lost files or was not restored. One stat each at the start.
 */
export class LackingUpdates implements Service {
  readonly name = 'lacking updates';
  readonly #options: LackingUpdatesOptions;
  readonly #stopped = new AbortController();
  /** Contents that were in no release when they were last found lacking. */
  #unsigned: ReadonlySet<string> = new Set();
  /** How many were lacking when that was last told. */
  #told = 0;
  #wanted = false;
  #woken = Promise.withResolvers<undefined>();
  #work: Promise<void> = Promise.resolve();

  constructor(options: LackingUpdatesOptions) {
    this.#options = options;
  }

  /** On return it is known what must not be signed yet; the rest goes on beside everything else. */
  async start(): Promise<void> {
    this.#work = this.#run(await this.#look());
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#woken.resolve(undefined);
    await this.#work;
  }

  /** False for one that no branch can fetch yet: it is not signed before it can be handed out. */
  maySign({ sha256 }: Pick<UpdateRecord, 'sha256'>): boolean {
    return !this.#unsigned.has(sha256);
  }

  /** A branch has asked for a content that is not there. */
  missed(): void {
    this.#wanted = true;
    this.#woken.resolve(undefined);
  }

  async #run(found: SignedUpdate[]): Promise<void> {
    const { retryMs = 30_000 } = this.#options;
    for (let lacking = found; !this.#isStopped();) {
      try {
        if (lacking.length === 0) {
          await this.#woken.promise;
          this.#woken = Promise.withResolvers();
          lacking = await this.#look();
        }
        lacking = await this.#fill(lacking);
      } catch (error) {
        this.#refuse(error, 'the content store cannot be looked through');
      }
      // Branches may ask for what nobody has as often as they like.
      await pause(retryMs, this.#stopped.signal);
    }
  }

  /** Those whose bytes are not in the store. */
  async #look(): Promise<SignedUpdate[]> {
    const { updates, store } = this.#options;
    const lacking: SignedUpdate[] = [];
    for (let offset = 0; ; offset += atOnce) {
      const some = updates.signed(atOnce, offset);
      if (some.length === 0) break;
      const sizes = await Promise.all(some.map(({ sha256 }) => store.size(sha256)));
      lacking.push(...some.filter(({ size }, n) => sizes[n] !== size));
    }
    const unsigned = lacking.filter(({ release }) => release === undefined);
    this.#unsigned = new Set(unsigned.map(({ sha256 }) => sha256));
    return lacking;
  }

  /** What is lacking still. */
  async #fill(lacking: SignedUpdate[]): Promise<SignedUpdate[]> {
    if (lacking.length === 0) return lacking;
    const { log, onHeld } = this.#options;
    const files = lacking.length;
    if (files !== this.#told)
      log.warn({ files }, 'updates are not in the content store: they are put there');
    this.#told = files;
    for (const { name } of lacking) {
      if (this.#isStopped()) return lacking;
      await this.#put(name);
    }
    const left = await this.#look();
    const held = files - left.length;
    if (left.length === 0) this.#told = 0;
    if (held > 0) {
      log.info({ files: held, left: left.length }, 'updates were put into the content store');
      onHeld({ wanted: this.#wanted });
      this.#wanted = false;
    }
    return left;
  }

  /** A file that is not there, or not the one of the record, is left to the watch of Updates. */
  async #put(name: string): Promise<void> {
    const { updates } = this.#options;
    try {
      if (await updates.isSettled(name)) await updates.settle(name, this.#stopped.signal);
    } catch (error) {
      if (!this.#isStopped()) this.#refuse(error, 'update not put into the content store');
    }
  }

  #refuse(error: unknown, what: string): void {
    const { code, message } = asBranchlineError(error);
    this.#options.log.warn({ code, err: error }, what);
    if (code !== 'FILE_CHANGED' && code !== 'NOT_FOUND') this.#options.onRefused(code, message);
  }

  /** It may be stopped while a promise is awaited. */
  #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }
}
