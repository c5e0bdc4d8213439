import { asBranchlineError, type BranchlineError } from '#libs/errors';
import type { MirrorArea, MirrorBook, MirrorPage } from '#libs/journal';
import { delayBefore, pause, type Backoff, type Service } from '#libs/lifecycle';
import { maxMirrorWaitMs, type MirrorAsked } from '#libs/link';
import type { MirrorFailure, MirrorTaking } from './mirror-taking.ts';
import type { MirroredFolder } from './mirrored-folder.ts';

export interface MirrorPullOptions {
  readonly book: MirrorBook;
  readonly folders: readonly MirroredFolder[];
  readonly taking: Pick<MirrorTaking, 'take'>;
  /** What the other server has changed; waits for something. */
  readonly catalogue: (asked: MirrorAsked, signal: AbortSignal) => Promise<MirrorPage>;
  /** The other server cannot be asked, told once until it answers again; undefined: it answers. */
  readonly onAway: (error: BranchlineError | undefined) => void;
  /** A folder has changed here. */
  readonly onTaken: (area: MirrorArea) => void;
  readonly backoff?: Backoff;
  /** How often what could not be done is tried again, in milliseconds. */
  readonly retryMs?: number;
}

/** How one folder stands. */
export interface MirrorAreaState {
  readonly area: MirrorArea;
  /** Files that are not yet as at the other server. */
  readonly behind: number;
  readonly failures: readonly MirrorFailure[];
}

/** How soon what telephones save, and could not be taken, is tried again, in milliseconds. */
const soonMs = 500;

const patience: Backoff = { tries: Infinity, firstMs: 500, maxMs: 5_000 };

/**
 * Asks the other server of a pair what it has changed, and takes what is lacking here. What telephones save comes at once, and the
 * other server is told when it is here; trees and updates, which may be large, come beside that.
 */
export class MirrorPull implements Service {
  readonly name = 'mirror of the other server';
  readonly #options: MirrorPullOptions;
  readonly #states = new Map<MirrorArea, MirrorAreaState>();
  #stopping = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();
  #wakeBulk: (() => void) | undefined;
  #bulkWanted = true;
  #applied = 0;
  #read = false;

  constructor(options: MirrorPullOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController();
    const { folders } = this.#options;
    const bulk = folders.filter(({ tells }) => !tells);
    const urgent = folders.filter(({ tells }) => tells);
    this.#loops = Promise.all([this.#listen(urgent), this.#takeBulk(bulk)]);
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wakeBulk?.();
    await this.#loops;
  }

  /** True once the whole catalogue of the other server was read, since the start. */
  get read(): boolean {
    return this.#read;
  }

  states(): MirrorAreaState[] {
    return this.#options.folders.map(
      ({ area }) => this.#states.get(area) ?? { area, behind: 0, failures: [] },
    );
  }

  /** A folder here has changed by itself: what was passed over may be possible now. */
  look(): void {
    this.#bulkWanted = true;
    this.#wakeBulk?.();
  }

  async #listen(urgent: readonly MirroredFolder[]): Promise<void> {
    const { signal } = this.#stopping;
    const { book, catalogue, onAway, backoff = patience } = this.#options;
    for (let failures = 0; !signal.aborted;) {
      try {
        const open = urgent.some((folder) => this.#behind(folder) > 0);
        const waitMs = !this.#read ? 0 : open ? soonMs : maxMirrorWaitMs;
        const asked = { book: book.peer, since: book.since, applied: this.#applied, waitMs };
        const page = await catalogue(asked, signal);
        onAway(undefined);
        failures = 0;
        const learnt = book.learn(page);
        if (page.rows.length > 0) this.look();
        // It counts anew: nothing of that is dealt with.
        if (!learnt) this.#applied = 0;
        if (!learnt || !page.complete) continue;
        for (const folder of urgent) await this.#take(folder);
        this.#read = true;
        // What could not be taken is not here: nobody is to rely on it.
        if (!urgent.some((folder) => this.#hasFailed(folder))) this.#applied = page.next;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        failures += 1;
        onAway(asBranchlineError(error));
        await pause(delayBefore(failures, backoff), signal);
      }
    }
  }

  async #takeBulk(bulk: readonly MirroredFolder[]): Promise<void> {
    const { signal } = this.#stopping;
    const { retryMs = 10_000 } = this.#options;
    while (!signal.aborted) {
      this.#bulkWanted = false;
      for (const folder of bulk) await this.#take(folder);
      const open = bulk.some((folder) => this.#behind(folder) > 0);
      await this.#untilWanted(open ? retryMs : 60_000, signal);
    }
  }

  async #untilWanted(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#bulkWanted) return;
    const woken = new AbortController();
    this.#wakeBulk = () => {
      woken.abort();
    };
    await pause(ms, AbortSignal.any([signal, woken.signal]));
    this.#wakeBulk = undefined;
  }

  #behind({ area }: MirroredFolder): number {
    return this.#states.get(area)?.behind ?? 0;
  }

  #hasFailed({ area }: MirroredFolder): boolean {
    return (this.#states.get(area)?.failures.length ?? 0) > 0;
  }

  /** Resolves in any case, and tells of what has failed as a state: one folder does not hold up the others. */
  async #take(folder: MirroredFolder): Promise<void> {
    const { taking, onTaken } = this.#options;
    const { area } = folder;
    const { signal } = this.#stopping;
    const before = this.#states.get(area)?.failures ?? [];
    const note = (behind: number, failures = before): void => {
      this.#states.set(area, { area, behind, failures });
    };
    try {
      const { failures, failed, changed } = await taking.take(folder, signal, note);
      note(failed, failures);
      if (changed) onTaken(area);
    } catch (error) {
      if (signal.aborted) return;
      const { code, message } = asBranchlineError(error);
      note(Math.max(1, this.#behind(folder)), [{ name: area, code, message }]);
    }
  }
}
