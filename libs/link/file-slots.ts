/** How many downloads run at once, in all and for each branch. */
export class FileSlots {
  readonly #total: number;
  readonly #each: number;
  readonly #held = new Map<string, number>();
  #used = 0;

  constructor(total: number, each: number) {
    this.#total = total;
    this.#each = each;
  }

  get used(): number {
    return this.#used;
  }

  /** Take a slot: the function that gives it back, or undefined when there is none. */
  take(branch: string): (() => void) | undefined {
    const held = this.#held.get(branch) ?? 0;
    if (this.#used >= this.#total || held >= this.#each) return undefined;
    this.#used += 1;
    this.#held.set(branch, held + 1);
    return () => {
      this.#used -= 1;
      const left = (this.#held.get(branch) ?? 1) - 1;
      if (left > 0) this.#held.set(branch, left);
      else this.#held.delete(branch);
    };
  }
}
