import { setTimeout as sleep } from 'node:timers/promises';
import { asBranchlineError, type BranchlineError } from '#libs/errors';
import type { Clock } from '#libs/lifecycle';
import { fileName, isSameDay } from './file-name.ts';
import { openFolderOf } from './open-files.ts';
import { countRecords, endsRecord, firstStart, lastStart } from './record-ends.ts';
import { RecordFile } from './record-file.ts';

export interface CutRules {
  /** A file is closed at the last record end before this size. */
  readonly bytes: number;
  /** A file is closed when it has been open for so long, and at midnight. */
  readonly ms: number;
}

export interface LaneEvents {
  /** These bytes are on the disk. */
  readonly onStored: (stored: { readonly records: number; readonly bytes: number }) => void;
  readonly onClosed: (file: { readonly name: string; readonly tail: number }) => void;
  /** A write failed; undefined when it has succeeded after that. */
  readonly onTrouble: (error: BranchlineError | undefined) => void;
  /** A file had to be cut inside a record. */
  readonly onTooLong: (name: string) => void;
}

export interface LaneOptions extends LaneEvents {
  /** Where finished files go. */
  readonly folder: string;
  readonly kind: string;
  /** Address that the records come from. */
  readonly from: string;
  readonly pattern: string;
  readonly cut: CutRules;
  readonly clock: Clock;
  /** True: what is appended is a stream, cut where a record ends. False: each piece stays whole. */
  readonly stream: boolean;
  /** How often a failed write is tried again, in milliseconds; undefined: the caller is told and does so itself. */
  readonly retryMs?: number;
}

interface Piece {
  readonly bytes: Buffer;
  readonly resolve: (value: undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Longer than any record: a stream without ends is cut all the same, and told. */
const maxRecord = 65_536;
/** Of one write, when pieces have gathered while the disk was busy. */
const maxBatch = 1_048_576;

/** Records of one source on their way into one file after the other, in order, each on the disk before it is acknowledged. */
export class RecordLane {
  readonly #options: LaneOptions;
  readonly #stop = new AbortController();
  #file: RecordFile | undefined;
  #tail = 0;
  #ended = false;
  #waiting: Piece[] = [];
  #turn: Promise<void> = Promise.resolve();
  #looking = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Of the file that is open. */
  get file(): { readonly name: string; readonly size: number } | undefined {
    return this.#file && { name: this.#file.name, size: this.#file.size };
  }

  /** Resolves when the bytes are on the disk. @throws BranchlineError when they are not, unless it tries by itself. */
  async append(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#waiting.push({ bytes, resolve, reject });
    await Promise.all([promise, this.#inTurn(() => this.#commit())]);
  }

  /** Close the file if its time is over and its last record is whole. */
  async cutIfDue(): Promise<void> {
    // While the disk takes nothing, the looks must not pile up behind what waits for it.
    if (this.#looking) return;
    this.#looking = true;
    try {
      await this.#inTurn(async () => {
        const whole = !this.#options.stream || this.#ended;
        if (this.#file !== undefined && whole && this.#isDue(this.#file)) await this.#close();
      });
    } finally {
      this.#looking = false;
    }
  }

  /** Close the file after what was appended. @throws BranchlineError when it stays for the next start. */
  async close(): Promise<void> {
    await this.#inTurn(async () => {
      try {
        await this.#close();
      } catch (error) {
        await this.#file?.abandon();
        this.#file = undefined;
        throw error;
      }
    });
  }

  /** No more tries: what cannot be written now is given up, and its file left to the next start. */
  abort(): void {
    this.#stop.abort();
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(work);
    // The next one works whatever became of this one, which its caller hears of.
    this.#turn = mine.catch(() => undefined);
    await mine;
  }

  /** Everything that has gathered goes with one fsync. */
  async #commit(): Promise<void> {
    const pieces = this.#take();
    if (pieces.length === 0) return;
    try {
      await this.#write(Buffer.concat(pieces.map(({ bytes }) => bytes)));
      for (const { resolve } of pieces) resolve(undefined);
    } catch (error) {
      for (const { reject } of pieces) reject(error);
    }
  }

  #take(): Piece[] {
    let bytes = 0;
    const fit = this.#waiting.findIndex((piece, n) => {
      bytes += piece.bytes.length;
      return n > 0 && bytes > maxBatch;
    });
    return this.#waiting.splice(0, fit === -1 ? this.#waiting.length : fit);
  }

  async #write(all: Buffer): Promise<void> {
    for (let rest = all; rest.length > 0;) {
      const at = this.#cutAt(rest);
      if (at !== undefined) {
        if (at > 0) await this.#store(rest.subarray(0, at));
        await this.#close();
        rest = rest.subarray(at);
        continue;
      }
      await this.#store(rest);
      rest = rest.subarray(rest.length);
    }
    const { stream, cut, onTooLong } = this.#options;
    if (stream && this.#file !== undefined && this.#file.size > cut.bytes + maxRecord) {
      onTooLong(this.#file.name);
      await this.#close();
    }
  }

  /** Where in `bytes` the file ends; undefined when all of them belong into it. */
  #cutAt(bytes: Buffer): number | undefined {
    const { stream, cut } = this.#options;
    const size = this.#file?.size ?? 0;
    const due = this.#file !== undefined && this.#isDue(this.#file);
    if (!stream) return due ? 0 : undefined;
    if (due) return firstStart(bytes, 0, this.#ended);
    const room = cut.bytes - size;
    if (bytes.length <= room) return undefined;
    const before = this.#file !== undefined && this.#ended;
    return lastStart(bytes, room, before) ?? firstStart(bytes, room + 1, before);
  }

  #isDue({ openedAt, size }: RecordFile): boolean {
    const { cut, clock } = this.#options;
    const now = clock.now();
    // A clock that was set back must not keep a file open for ever.
    const old = Math.abs(now - openedAt) >= cut.ms;
    return size >= cut.bytes || old || !isSameDay(openedAt, now);
  }

  async #store(bytes: Buffer): Promise<void> {
    const { folder, pattern, kind, from, clock, onStored } = this.#options;
    const file = (this.#file ??= await this.#tried(() => {
      const at = clock.now();
      return RecordFile.create(openFolderOf(folder), fileName(pattern, { kind, from, at }), at);
    }));
    await this.#tried(() => file.append(bytes));
    const { records, tail } = countRecords(bytes, this.#tail);
    this.#tail = tail;
    this.#ended = endsRecord(bytes, this.#ended);
    onStored({ records, bytes: bytes.length });
  }

  async #close(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    const name = await this.#tried(() => file.publish(this.#options.folder));
    const tail = this.#tail;
    this.#file = undefined;
    this.#tail = 0;
    this.#ended = false;
    this.#options.onClosed({ name, tail });
  }

  async #tried<T>(step: () => Promise<T>): Promise<T> {
    const { retryMs, onTrouble } = this.#options;
    for (let failed = false; ;) {
      try {
        const result = await step();
        if (failed) onTrouble(undefined);
        return result;
      } catch (error) {
        failed = true;
        onTrouble(asBranchlineError(error));
        if (retryMs === undefined || this.#stop.signal.aborted) throw error;
        await sleep(retryMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }
}
