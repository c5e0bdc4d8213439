/**
 * The count of one server (Guide p. 35): each missed file counts one up; each file that arrives counts one down, to 0 at
 * the least, in rounds in which none was missed. Each server has a count of its own: one that works says nothing of
 * another that does not.
 */
export class MissedFiles {
  readonly #limit: number;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#count;
  }

  /** True when the script is to be run. */
  get atLimit(): boolean {
    return this.#count >= this.#limit;
  }

  missed(): void {
    this.#count = Math.min(this.#limit, this.#count + 1);
  }

  /** A round in which all files arrived. */
  arrived(files: number): void {
    this.#count = Math.max(0, this.#count - files);
  }

  /** The script was run: begin anew. */
  clear(): void {
    this.#count = 0;
  }
}
