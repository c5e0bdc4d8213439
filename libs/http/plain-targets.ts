const maxTargets = 2_000;
/** Longer ones are sent by strangers. */
const maxTargetLength = 200;

/** The names in request targets that were taken apart before, of files that no telephone may save. */
export class PlainTargets {
  readonly #names = new Map<string, string>();

  get(target: string): string | undefined {
    return this.#names.get(target);
  }

  note(target: string, name: string): void {
    if (target.length > maxTargetLength || this.#names.has(target)) return;
    // All at once: what is asked for is soon here again.
    if (this.#names.size >= maxTargets) this.#names.clear();
    this.#names.set(target, name);
  }
}
