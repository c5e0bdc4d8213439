/** What one line of progress says. */
export interface Progress {
  readonly label: string;
  readonly done: number;
  readonly overall: number;
  /** What is counted where it is not bytes. */
  readonly unit?: string;
}

const width = 28;

/** One line that is drawn over and over, on a terminal only; elsewhere each new label is one plain line. */
export class ProgressLine {
  readonly #out: NodeJS.WriteStream;
  #label = '';
  #startedAt = performance.now();

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  show(progress: Progress): void {
    if (progress.label !== this.#label) {
      this.#label = progress.label;
      this.#startedAt = performance.now();
      if (!this.#out.isTTY) this.#out.write(`${progress.label}\n`);
    }
    if (!this.#out.isTTY) return;
    const line = barOf(progress, performance.now() - this.#startedAt);
    this.#out.write(`\r${line.slice(0, this.#out.columns - 1)}\u001b[K`);
  }

  /** Leave the terminal as it was. */
  clear(): void {
    if (this.#out.isTTY) this.#out.write('\r\u001b[K');
    this.#label = '';
  }
}

/** `firmware.zip  ████████░░░░  31.2 of 60.0 MiB  52 %  210 MiB/s` */
export function barOf({ label, done, overall, unit }: Progress, elapsedMs: number): string {
  const share = overall === 0 ? 1 : Math.min(1, done / overall);
  const filled = Math.round(share * width);
  const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
  const percent = `${Math.floor(share * 100)} %`;
  if (unit !== undefined) return `${label}  ${bar}  ${done} of ${overall} ${unit}  ${percent}`;
  const rate = elapsedMs > 200 ? `  ${mebi(done / (elapsedMs / 1_000))} MiB/s` : '';
  return `${label}  ${bar}  ${mebi(done)} of ${mebi(overall)} MiB  ${percent}${rate}`;
}

const mebi = (bytes: number): string => (bytes / 1_048_576).toFixed(1);
