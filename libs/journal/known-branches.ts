import type { BranchRecord } from './hub-state.ts';

/**
 * The branches as they were read last, so that a look at 2,000 of them reads nothing. Whoever writes says what has changed;
 * what another process has written, the mark of the journal says.
 */
export class KnownBranches {
  #mark: number | undefined;
  #records = new Map<string, BranchRecord>();
  #list: readonly BranchRecord[] | undefined;

  /** All of them by name; `read` is called when there is anything that is not known. */
  all(mark: number, read: () => readonly BranchRecord[]): readonly BranchRecord[] {
    if (mark !== this.#mark) {
      this.#records = new Map(read().map((record) => [record.name, record]));
      this.#mark = mark;
      this.#list = undefined;
    }
    this.#list ??= [...this.#records.values()];
    return this.#list;
  }

  /** One has changed in what is given; one that is not known stays unknown. */
  changed(name: string, change: Partial<BranchRecord>): void {
    const record = this.#records.get(name);
    if (record === undefined) return;
    this.#records.set(name, { ...record, ...change });
    this.#list = undefined;
  }

  /** Read anew at the next look. */
  forget(): void {
    this.#mark = undefined;
  }
}
