import type { HubState } from '#libs/journal';
import type { Logger } from '#libs/observe';

/** Remembers who was here and tells the state every few seconds: not every request is worth a commit. */
export class SeenBranches {
  readonly #state: HubState;
  readonly #log: Logger;
  readonly #everyMs: number;
  #seen = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(state: HubState, log: Logger, everyMs: number) {
    this.#state = state;
    this.#log = log;
    this.#everyMs = everyMs;
  }

  note(branch: string, at: number): void {
    this.#seen.set(branch, at);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, this.#everyMs);
  }

  /** Never rejects: what cannot be recorded now is recorded with the next ones. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#seen.size === 0) return;
    const seen = this.#seen;
    this.#seen = new Map();
    try {
      await this.#state.recordSeen(seen);
    } catch (error) {
      this.#log.error({ err: error }, 'cannot record when branches were last seen');
      this.#seen = new Map([...seen, ...this.#seen]);
    }
  }
}
