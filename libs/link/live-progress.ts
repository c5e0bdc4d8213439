import type { PullProgress } from './shapes.ts';

/** How far the pull of a branch was when it told last. */
export interface ToldProgress extends PullProgress {
  /** By the hub's clock, Unix milliseconds. */
  readonly at: number;
}

/** Asked of a branch that pulls alone. */
const leastMs = 5_000;
/** All who pull together tell so often: 2,000 branches are heard every 20 s. */
const eachMs = 10;

/**
 * The pulls that are going on below a hub. In memory alone: it is old after seconds, and a commit for each would take the disk
 * from the branches that are being served.
 */
export class LiveProgress {
  readonly #told = new Map<string, ToldProgress>();

  /** Keep it. Returns in how many milliseconds this branch may tell again. */
  note(branch: string, progress: PullProgress, at: number): number {
    this.#told.set(branch, { ...progress, at });
    return this.#everyMs();
  }

  /** Undefined when the branch does not pull, or has fallen silent in the middle. */
  of(branch: string, now: number): ToldProgress | undefined {
    const told = this.#told.get(branch);
    if (told === undefined || Math.abs(now - told.at) <= 3 * this.#everyMs()) return told;
    this.#told.delete(branch);
    return undefined;
  }

  /** The pull has ended. */
  ended(branch: string): void {
    this.#told.delete(branch);
  }

  #everyMs(): number {
    return Math.max(leastMs, this.#told.size * eachMs);
  }
}
