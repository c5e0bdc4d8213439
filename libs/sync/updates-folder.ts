import { watch, type FSWatcher } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { asBranchlineError, systemCode, type ErrorCode } from '#libs/errors';
import { faultOf, makeFolder } from '#libs/files';
import { pause, type Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { isPassedOver } from './update-name.ts';
import type { Updates } from './updates.ts';

export interface UpdatesFolderOptions {
  readonly updates: Updates;
  /** Time between the two looks that a file must stand still for, in milliseconds. */
  readonly settleMs: number;
  /** Time between two looks at the whole folder, in milliseconds: the watch alone is not trusted (network shares). */
  readonly rescanMs: number;
  readonly log: Logger;
  /** A file was left out: for the status page. */
  readonly onRefused: (code: ErrorCode, sentence: string) => void;
}

interface Look {
  readonly size: number;
  readonly modifiedMs: number;
}

/** More than this in one folder is a mistake, and a bound on our memory. */
const maxFiles = 50_000;

/** Between two looks when nothing waits for its second one, in milliseconds: events alone must not keep us busy. */
const breatherMs = 50;

/** How many files are looked at side by side. */
const atOnce = 64;

/** Watches Updates: a file counts when its size and time have stood still over two looks. */
export class UpdatesFolder implements Service {
  readonly name = 'updates folder';
  readonly #options: UpdatesFolderOptions;
  /** Files that have not stood still yet, as they were last seen. */
  readonly #looks = new Map<string, Look>();
  /** Names that the watch has spoken of since the last look. */
  readonly #touched = new Set<string>();
  readonly #stopped = new AbortController();
  #watcher: FSWatcher | undefined;
  #loop: Promise<void> = Promise.resolve();
  #nextScan = 0;
  #wake: (() => void) | undefined;

  constructor(options: UpdatesFolderOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await makeFolder(this.#options.updates.folder);
    try {
      this.#watcher = watch(this.#options.updates.folder, (_event, name) => {
        if (name === null || this.#touched.size >= maxFiles) this.#nextScan = 0;
        else this.#touched.add(name);
        this.#wake?.();
      });
      this.#watcher.on('error', (error) => {
        this.#options.log.warn(
          { err: error },
          'watching Updates failed; it is looked at in intervals',
        );
      });
    } catch (error) {
      this.#options.log.warn(
        { err: error },
        'Updates cannot be watched; it is looked at in intervals',
      );
    }
    this.#loop = this.#run();
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#watcher?.close();
    await this.#loop;
  }

  /** Look at the whole folder at once instead of at the next interval. */
  rescan(): void {
    this.#nextScan = 0;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.#look();
      } catch (error) {
        const { code, message } = asBranchlineError(error);
        this.#options.log.error({ err: error }, 'Updates cannot be read');
        this.#options.onRefused(code, `${this.#options.updates.folder} cannot be read: ${message}`);
      }
      // Events come in bursts while a file is being copied: one look per settle time is enough.
      await pause(this.#looks.size > 0 ? this.#options.settleMs : breatherMs, signal);
      if (this.#looks.size === 0 && this.#touched.size === 0) await this.#untilTouched(signal);
    }
  }

  async #untilTouched(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => {
      woken.abort();
    };
    const left = this.#nextScan - performance.now();
    await pause(left, AbortSignal.any([signal, woken.signal]));
    this.#wake = undefined;
  }

  async #look(): Promise<void> {
    const { updates } = this.#options;
    const names = new Set([...this.#looks.keys(), ...this.#touched]);
    this.#touched.clear();
    if (performance.now() >= this.#nextScan) {
      this.#nextScan = performance.now() + this.#options.rescanMs;
      for (const name of await this.#present()) names.add(name);
      for (const { name } of updates.all()) names.add(name);
    }
    const wanted = [...names].filter((name) => !isPassedOver(name));
    for (let at = 0; at < wanted.length; at += atOnce) {
      await Promise.all(wanted.slice(at, at + atOnce).map((name) => this.#consider(name)));
      if (this.#stopped.signal.aborted) return;
    }
  }

  async #present(): Promise<string[]> {
    const names = await readdir(this.#options.updates.folder);
    if (names.length > maxFiles) {
      this.#options.onRefused(
        'UPDATES_TOO_MANY',
        `Updates holds ${names.length} files; only ${maxFiles} are published, remove old ones`,
      );
    }
    return names.slice(0, maxFiles);
  }

  async #consider(name: string): Promise<void> {
    const { updates, log, onRefused } = this.#options;
    const look = await lookAt(updates.pathOf(name));
    const last = this.#looks.get(name);
    if (look === undefined || updates.knows(name, look.size, look.modifiedMs)) {
      this.#looks.delete(name);
      if (look === undefined) updates.remove(name);
      return;
    }
    const fault = faultOf(name);
    if (fault !== undefined) {
      onRefused('NAME_MALFORMED', `${JSON.stringify(name)} in Updates is left out: ${fault}`);
      return;
    }
    this.#looks.set(name, look);
    if (last?.size !== look.size || last.modifiedMs !== look.modifiedMs) return;
    try {
      await updates.settle(name);
      this.#looks.delete(name);
    } catch (error) {
      const { code, message } = asBranchlineError(error);
      log.warn({ name, code, err: error }, 'update not taken in; it is tried again');
      if (code !== 'FILE_CHANGED' && code !== 'NOT_FOUND') onRefused(code, message);
    }
  }
}

async function lookAt(file: string): Promise<Look | undefined> {
  try {
    const found = await stat(file);
    return found.isFile() ? { size: found.size, modifiedMs: Math.trunc(found.mtimeMs) } : undefined;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
