import { constants } from 'node:fs';
import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { asBranchlineError } from '#libs/errors';
import { asDiskError, fsyncFolder, renameFile, writeAll } from '#libs/files';
import { systemClock, type Clock, type Service } from '#libs/lifecycle';
import type { Audit, AuditEntry } from './audit.ts';

export interface AuditLogOptions {
  /** Folder of its own: `audit.jsonl`, and older files with their time in the name. */
  readonly folder: string;
  /** Of all files together. */
  readonly maxBytes: number;
  /** Older files go, milliseconds. */
  readonly maxAgeMs: number;
  readonly clock?: Clock;
  /** Lines are lost, or written again. */
  readonly onTrouble: (error: unknown) => void;
}

/** Lines wait so long for others, in milliseconds. */
const gatherMs = 20;
/** One file is this share of all. */
const shares = 10;
/** Lines that wait for a slow disk; those of telephones beyond are lost, and told. */
const maxWaiting = 50_000;

interface Waiting {
  readonly lines: string[];
  readonly done: PromiseWithResolvers<undefined>;
}

/** The audit log: JSON lines that are only ever appended, bounded in size and age. */
export class AuditLog implements Audit, Service {
  readonly name = 'audit log';
  readonly #options: Required<AuditLogOptions>;
  readonly #file: string;
  #noted: string[] = [];
  #committed: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #troubled = false;

  constructor(options: AuditLogOptions) {
    this.#options = { clock: systemClock, ...options };
    this.#file = auditFile(options.folder);
  }

  async start(): Promise<void> {
    try {
      await this.#prune();
    } catch (error) {
      this.#options.onTrouble(error);
    }
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wake();
    while (this.#working !== undefined) await this.#working;
  }

  note(entries: readonly AuditEntry[]): void {
    if (this.#noted.length + entries.length > maxWaiting) {
      this.#trouble(new Error('the disk is slower than the audit log'));
      return;
    }
    for (const entry of entries) this.#noted.push(this.#line(entry));
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#wake();
    }, gatherMs);
  }

  async commit(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const done = Promise.withResolvers<undefined>();
    this.#committed.push({ lines: entries.map((entry) => this.#line(entry)), done });
    this.#wake();
    await done.promise;
  }

  #line(entry: AuditEntry): string {
    const time = new Date(this.#options.clock.now()).toISOString();
    const { name } = entry;
    return `${escaped(JSON.stringify({ time, ...entry, name: name.slice(0, 1024) }))}\n`;
  }

  #wake(): void {
    if (this.#working !== undefined) return;
    this.#working = this.#writeAll().finally(() => {
      this.#working = undefined;
      if (this.#committed.length > 0) this.#wake();
    });
  }

  /** Who commits meanwhile shares the next write. */
  async #writeAll(): Promise<void> {
    while (this.#noted.length > 0 || this.#committed.length > 0) {
      const noted = this.#noted;
      const committed = this.#committed;
      this.#noted = [];
      this.#committed = [];
      const lines = [...noted, ...committed.flatMap((waiting) => waiting.lines)];
      try {
        await this.#append(Buffer.from(lines.join('')), committed.length > 0);
        this.#troubled = false;
        for (const { done } of committed) done.resolve(undefined);
      } catch (error) {
        this.#trouble(error);
        for (const { done } of committed) done.reject(asDiskError(error, this.#file));
      }
    }
  }

  async #append(bytes: Buffer, durable: boolean): Promise<void> {
    const { folder, maxBytes, maxAgeMs, clock } = this.#options;
    const handle = await openLog(folder, this.#file);
    let full = false;
    try {
      const { size, birthtimeMs } = await handle.stat();
      try {
        await writeAll(handle, bytes, size);
      } catch (error) {
        // Every line stays whole.
        await handle.truncate(size).catch(() => undefined);
        throw error;
      }
      const age = clock.now() - birthtimeMs;
      full = size + bytes.length >= maxBytes / shares || age > maxAgeMs / shares;
      if (durable || full) await handle.datasync();
      if (size === 0) await fsyncFolder(folder);
    } finally {
      await handle.close();
    }
    if (full) await this.#rotate();
  }

  async #rotate(): Promise<void> {
    const { folder, clock } = this.#options;
    const older = new Set(await olderFiles(folder));
    let at = clock.now();
    // A clock that went back must not write over what is there.
    while (older.has(setAside(folder, at))) at += 1;
    await renameFile(this.#file, setAside(folder, at));
    await this.#prune();
  }

  async #prune(): Promise<void> {
    const { folder, maxBytes, maxAgeMs, clock } = this.#options;
    let bytes = maxBytes / shares;
    for (const file of (await olderFiles(folder)).toReversed()) {
      const { size, mtimeMs } = await stat(file);
      bytes += size;
      if (bytes <= maxBytes && mtimeMs >= clock.now() - maxAgeMs) continue;
      await rm(file, { force: true });
    }
  }

  #trouble(error: unknown): void {
    if (!this.#troubled) this.#options.onTrouble(asBranchlineError(error));
    this.#troubled = true;
  }
}

/** The file that is written to. */
export const auditFile = (folder: string): string => path.join(folder, 'audit.jsonl');

const setAside = (folder: string, at: number): string =>
  path.join(folder, `audit-${new Date(at).toISOString().replaceAll(/[-:.]/g, '')}.jsonl`);

/** What was set aside, oldest first. */
export async function olderFiles(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  return (await readdir(folder))
    .filter((name) => /^audit-\d{8}T\d{9}Z\.jsonl$/.test(name))
    .toSorted()
    .map((name) => path.join(folder, name));
}

// A command of root's writes here as well: a link in the server's folder must not lead it to another file. Windows has no such flag.
const { O_APPEND, O_CREAT, O_WRONLY } = constants;
const appending =
  O_APPEND | O_CREAT | O_WRONLY | ((constants as Partial<typeof constants>).O_NOFOLLOW ?? 0);

async function openLog(folder: string, file: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  return await open(file, appending, 0o640);
}

/** Names come from strangers: what steers a terminal or turns the writing direction is written as JSON escapes. */
const escaped = (json: string): string =>
  json.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
