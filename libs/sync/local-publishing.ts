import { asBranchlineError, type ErrorCode } from '#libs/errors';
import type { UpdateRecord } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import type { TreePublisher } from './tree-publisher.ts';
import type { Updates } from './updates.ts';

export interface LocalPublishingOptions {
  readonly updates: Updates;
  readonly publisher: TreePublisher;
  /** How often what did not succeed is tried again, in milliseconds. */
  readonly retryMs: number;
  readonly onRefused: (code: ErrorCode, sentence: string) => void;
}

/** Brings what an administrator has put into this server's own Updates to its own telephones (Guide p. 19, p. 38). */
export class LocalPublishing implements Service {
  readonly name = 'local publishing';
  readonly #options: LocalPublishingOptions;
  readonly #stopped = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #busy = false;

  constructor(options: LocalPublishingOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.changed();
    this.#timer = setInterval(() => {
      this.changed();
    }, this.#options.retryMs);
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped.abort();
    await this.#work;
  }

  /** Something may be there to publish. */
  changed(): void {
    if (this.#busy || this.#stopped.signal.aborted) return;
    this.#busy = true;
    this.#work = this.#publishAll().finally(() => {
      this.#busy = false;
    });
  }

  async #publishAll(): Promise<void> {
    // Again until nothing new has come meanwhile; what failed waits for the next time.
    const tried = new Set<string>();
    for (;;) {
      const pending = this.#pending().filter(({ sha256, name }) => !tried.has(`${sha256} ${name}`));
      if (pending.length === 0) return;
      for (const update of pending) {
        if (this.#stopped.signal.aborted) return;
        tried.add(`${update.sha256} ${update.name}`);
        await this.#publish(update);
      }
    }
  }

  #pending(): UpdateRecord[] {
    const { updates, publisher } = this.#options;
    const outcomes = publisher.outcomes();
    return updates
      .all()
      .filter(({ name, sha256, origin }) => origin === 'local' && outcomes.isPending(name, sha256));
  }

  async #publish({ name, sha256 }: UpdateRecord): Promise<void> {
    const { updates, publisher, onRefused } = this.#options;
    try {
      const update = { name, sha256, file: updates.pathOf(name) };
      await publisher.publish(update, silent, this.#stopped.signal);
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      const { code, message } = asBranchlineError(error);
      onRefused(code, message);
    }
  }
}

const silent = { at: () => undefined, ended: () => undefined };
