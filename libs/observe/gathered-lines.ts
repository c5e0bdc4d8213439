const gatherMs = 20;
const maxGathered = 500;

/**
 * Gathers log lines for a fiftieth of a second: writing each by itself would take a tenth of the time of a server that
 * hands out small files to a building of telephones.
 */
export class GatheredLines {
  readonly #passOn: (lines: readonly string[]) => void;
  #lines: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(passOn: (lines: readonly string[]) => void) {
    this.#passOn = passOn;
  }

  write(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length >= maxGathered) this.pass();
    else
      this.#timer ??= setTimeout(() => {
        this.pass();
      }, gatherMs);
  }

  /** Pass on what there is, now. */
  pass(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#lines;
    this.#lines = [];
    if (lines.length > 0) this.#passOn(lines);
  }
}
