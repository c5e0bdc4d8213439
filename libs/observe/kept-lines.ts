import { isWanted, parseLogLine, type LogFilter, type LogLine } from './log-line.ts';

/** A page of the log. */
export interface LogPage {
  /** Oldest first. */
  readonly lines: readonly LogLine[];
  /** Ask on from here. */
  readonly cursor: string;
  /** True when lines between the given cursor and these have gone meanwhile. */
  readonly gap: boolean;
}

export interface LogQuestion extends LogFilter {
  /** A cursor of this log; of another one, or none: everything that is kept. */
  readonly after?: string | undefined;
  /** The newest so many. */
  readonly limit: number;
}

const maxLines = 2_000;
const maxChars = 1_000_000;

/** The last lines of the log, as they were written: two thousand, or a million characters. */
export class KeptLines {
  /** Tells this process's lines from those of the one before. */
  readonly #birth = `${Date.now().toString(36)}${process.pid.toString(36)}`;
  readonly #lines: string[] = [];
  #chars = 0;
  /** Of the oldest line that is kept. */
  #first = 0;

  write(line: string): void {
    this.#lines.push(line);
    this.#chars += line.length;
    while (this.#lines.length > maxLines || this.#chars > maxChars) {
      this.#chars -= this.#lines.shift()?.length ?? 0;
      this.#first += 1;
    }
  }

  ask({ after, limit, ...filter }: LogQuestion): LogPage {
    const from = this.#position(after);
    const start = Math.max(0, (from ?? 0) - this.#first);
    const lines: LogLine[] = [];
    for (let n = this.#lines.length - 1; n >= start && lines.length < limit; n -= 1) {
      const line = parseLogLine(this.#lines[n] ?? '');
      if (line !== undefined && isWanted(line, filter)) lines.push(line);
    }
    return {
      lines: lines.toReversed(),
      cursor: `${this.#birth}-${this.#first + this.#lines.length}`,
      gap: from !== undefined && from < this.#first,
    };
  }

  #position(cursor: string | undefined): number | undefined {
    const [, birth, at] = /^(\w{1,30})-(\d{1,15})$/.exec(cursor ?? '') ?? [];
    return birth === this.#birth ? Number(at) : undefined;
  }
}
