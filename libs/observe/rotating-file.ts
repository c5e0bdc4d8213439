import { appendFileSync } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { systemCode } from '#libs/errors';

/** The size-limited set of files of Guide key `LogFile`: NAME, NAME.1 (the one before) … NAME.n. */
export interface RotatingFileOptions {
  readonly file: string;
  /** Bytes after which NAME becomes NAME.1. */
  readonly maxBytes: number;
  /** How many older files stay beside NAME; 0 keeps only NAME. */
  readonly files: number;
  /** Bytes waiting for a slow disk before lines are dropped. */
  readonly maxWaitingBytes?: number;
}

/** What keeps a log file from being written. */
export interface LogTrouble {
  readonly sentence: string;
  /** Lines that reached no file since the trouble began. */
  readonly dropped: number;
}

const defaultWaitingBytes = 4 * 1024 * 1024;

/**
 * Appends lines in order, without ever blocking or throwing: a log must not bring down what it describes.
 * A full disk or a folder that cannot be written costs lines, counted in `trouble`; writing goes on when it can.
 */
export class RotatingFile {
  readonly #options: Required<RotatingFileOptions>;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #handle: FileHandle | undefined;
  #size = 0;
  #pump: Promise<void> | undefined;
  #reason: string | undefined;
  #notSetAside: string | undefined;
  #dropped = 0;
  #reopen = false;

  constructor(options: RotatingFileOptions) {
    this.#options = { maxWaitingBytes: defaultWaitingBytes, ...options };
  }

  /** The present trouble, or undefined while lines reach the file. */
  get trouble(): LogTrouble | undefined {
    const sentence = this.#reason ?? this.#notSetAside;
    return sentence === undefined ? undefined : { sentence, dropped: this.#dropped };
  }

  /** Queue one line, its newline included. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#waitingBytes + bytes > this.#options.maxWaitingBytes) {
      this.#drop(1, `log file ${this.#options.file}: the disk is slower than the log`);
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += bytes;
    this.#pump ??= this.#writeAll();
  }

  /** Resolves when all lines queued so far have reached the file or were given up. */
  async flush(): Promise<void> {
    await this.#pump;
  }

  /** The end of the process: what is queued goes to the file without waiting for anything, or is lost. */
  flushNow(): void {
    const lines = this.#waiting;
    this.#waiting = [];
    if (lines.length === 0) return;
    try {
      appendFileSync(this.#options.file, lines.join(''), { mode: 0o640 });
    } catch {
      // There is nobody left to tell.
    }
  }

  /** Write what is queued and let go of the file; a later `write` opens it again. */
  async close(): Promise<void> {
    await this.flush();
    await this.#release();
  }

  /** Write what is queued and open the file by its name again; lines that come meanwhile lose nothing. */
  async reopen(): Promise<void> {
    this.#reopen = true;
    this.#pump ??= this.#writeAll();
    await this.#pump;
  }

  async #writeAll(): Promise<void> {
    // Lines of one turn of the event loop go together.
    await Promise.resolve();
    while (this.#waiting.length > 0 || this.#reopen) {
      if (this.#reopen) {
        this.#reopen = false;
        await this.#release();
        continue;
      }
      const lines = this.#waiting;
      this.#waiting = [];
      this.#waitingBytes = 0;
      await this.#writeBatch(lines);
    }
    this.#pump = undefined;
  }

  /** Never rejects: what cannot be written is dropped and counted. */
  async #writeBatch(lines: readonly string[]): Promise<void> {
    let written = 0;
    try {
      while (written < lines.length) {
        const handle = this.#handle ?? (await this.#openFile());
        const room = this.#options.maxBytes - this.#size;
        const { bytes, count } = fitting(lines, written, room);
        if (count === 0 && this.#size > 0) {
          await this.#rotate(handle);
          continue;
        }
        const part = count === 0 ? Buffer.from(lines[written] ?? '') : bytes;
        await this.#append(handle, part);
        written += Math.max(count, 1);
      }
      this.#recovered();
    } catch (error) {
      this.#drop(
        lines.length - written,
        `log file ${this.#options.file}: ${words(error)}; make room or correct the folder's rights`,
      );
      await this.#release();
    }
  }

  async #openFile(): Promise<FileHandle> {
    const handle = await open(this.#options.file, 'a', 0o640);
    this.#handle = handle;
    this.#size = (await handle.stat()).size;
    return handle;
  }

  /** Append all of `bytes`; a line cut short by a full disk is taken back, so that every line stays whole. */
  async #append(handle: FileHandle, bytes: Buffer): Promise<void> {
    try {
      await handle.appendFile(bytes);
      this.#size += bytes.length;
    } catch (error) {
      await handle.truncate(this.#size).catch(() => undefined);
      throw error;
    }
  }

  /** When renaming fails, NAME is emptied instead: the limit holds and the newest lines are kept. */
  async #rotate(handle: FileHandle): Promise<void> {
    const { file, files } = this.#options;
    try {
      for (let n = files; n >= 1; n -= 1) {
        await renameIfPresent(n === 1 ? file : `${file}.${n - 1}`, `${file}.${n}`);
      }
      if (files === 0) await handle.truncate(0);
      this.#notSetAside = undefined;
    } catch (error) {
      this.#notSetAside = `log file ${file} could not be set aside and was emptied: ${words(error)}`;
      await handle.truncate(0);
    }
    await this.#release();
  }

  async #release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => undefined);
  }

  #drop(count: number, reason: string): void {
    this.#dropped += count;
    this.#reason = reason;
  }

  #recovered(): void {
    if (this.#dropped > 0) {
      const facts = { level: 'warn', time: new Date().toISOString(), lines: this.#dropped };
      this.#waiting.push(`${JSON.stringify({ ...facts, msg: 'log lines dropped' })}\n`);
    }
    this.#reason = undefined;
    this.#dropped = 0;
  }
}

/** As many whole lines from `start` as fit into `room` bytes. */
function fitting(
  lines: readonly string[],
  start: number,
  room: number,
): { bytes: Buffer; count: number } {
  let total = 0;
  let end = start;
  for (; end < lines.length; end += 1) {
    const bytes = Buffer.byteLength(lines[end] ?? '');
    if (total + bytes > room) break;
    total += bytes;
  }
  return { bytes: Buffer.from(lines.slice(start, end).join('')), count: end - start };
}

async function renameIfPresent(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));
