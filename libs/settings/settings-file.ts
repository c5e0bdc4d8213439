import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import { writeDurably } from '#libs/files';
import { SingleInstance, withRetry, type Backoff } from '#libs/lifecycle';
import { editedText, type SettingsChanges } from './edit-settings.ts';
import { linesWithoutSecrets } from './hide-secrets.ts';
import { parseIni, type IniFile } from './ini-file.ts';
import { printLine } from './ini-line.ts';
import { lineDiff, type DiffLine } from './line-diff.ts';
import { interpret, type Interpretation } from './load-settings.ts';
import { newFaults } from './new-faults.ts';
import { SettingsError, type SettingsFault } from './settings-error.ts';
import { SettingsHistory, type SettingsAct, type SettingsVersion } from './settings-history.ts';
import {
  bytesHash,
  decodeText,
  encodeText,
  readSettingsText,
  type SettingsText,
} from './settings-text.ts';

export interface SettingsFileOptions {
  readonly file: string;
  /** Of the program that reads the settings: its variables override the file. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** A settings file as it was read. */
export interface SettingsReading extends SettingsText {
  readonly version: string;
  readonly meaning: Interpretation;
}

/** Who changes the file, why, and what he has seen of it. */
export interface SettingsWrite extends SettingsAct {
  /** `version` of the reading that the change comes from; undefined = whatever is there. */
  readonly shown?: string | undefined;
}

const turn: Backoff = { tries: 20, firstMs: 50, maxMs: 500 };

/** A settings file and its history: every change goes through the same checks, and what it replaces is kept. */
export class SettingsFile {
  readonly #options: SettingsFileOptions;

  constructor(options: SettingsFileOptions) {
    this.#options = options;
  }

  get file(): string {
    return this.#options.file;
  }

  /** @throws BranchlineError SETTINGS_UNREADABLE. */
  async read(): Promise<SettingsReading> {
    const { text, encoding } = await readSettingsText(this.file);
    const version = bytesHash(encodeText({ text, encoding }));
    return { text, encoding, version, meaning: await this.#meaningOf(text) };
  }

  /** As it was when its bytes had that digest; undefined when that is no longer kept. */
  async earlier(sha256: string): Promise<SettingsReading | undefined> {
    const history = historyOf((await this.read()).meaning);
    const version = (await history.list()).findLast((kept) => kept.sha256 === sha256);
    if (version === undefined) return undefined;
    const { text, encoding } = decodeText(await history.bytes(version));
    return { text, encoding, version: sha256, meaning: await this.#meaningOf(text) };
  }

  /**
   * Change single keys, given as `SECTION/Key`; comments, order, spelling and line ends stay. True when that changed
   * the file.
   * @throws SettingsError with every new fault; BranchlineError SETTINGS_CHANGED when the file is another one than was
   *   shown, SETTINGS_UNREADABLE, WRITE_FAILED, DISK_FULL. Then the file is as it was.
   */
  async change(changes: SettingsChanges, write: SettingsWrite): Promise<boolean> {
    return this.#replace(write, ({ text, encoding }) => ({
      text: editedText(text, changes),
      encoding,
    }));
  }

  /** What is wrong with changes, all at once; nothing is written. */
  async faultsOf(changes: SettingsChanges): Promise<readonly SettingsFault[]> {
    const { text } = await readSettingsText(this.file);
    const { env } = this.#options;
    return newFaults(parseIni(text), parseIni(editedText(text, changes)), this.file, env);
  }

  /** All versions, oldest first, the last of them what the file says now: what was edited by hand is kept first. */
  async history(): Promise<SettingsVersion[]> {
    const { text, encoding, meaning } = await this.read();
    const history = historyOf(meaning);
    const kept = await history.list();
    const bytes = encodeText({ text, encoding });
    if (kept.at(-1)?.sha256 === bytesHash(bytes)) return kept;
    await this.#inTurn(() => this.#notice(history, bytes));
    return history.list();
  }

  /**
   * The lines in which two versions differ, secrets masked.
   * @throws BranchlineError NOT_FOUND.
   */
  async diff(from: number, to: number): Promise<DiffLine[]> {
    const [old, fresh] = await Promise.all([this.#textOf(from), this.#textOf(to)]);
    return textDiff(old.text, fresh.text);
  }

  /**
   * Write an earlier version back, as a new one, through the same checks.
   * @throws BranchlineError NOT_FOUND, or as `change`.
   */
  async undo(number: number, write: SettingsWrite): Promise<boolean> {
    const earlier = await this.#textOf(number);
    return this.#replace(write, () => earlier);
  }

  async #textOf(number: number): Promise<SettingsText> {
    const history = historyOf((await this.read()).meaning);
    const version = (await history.list()).find((kept) => kept.number === number);
    if (version !== undefined) return decodeText(await history.bytes(version));
    throw new BranchlineError('NOT_FOUND', `there is no version ${number} of ${this.file}`);
  }

  async #replace(
    { shown, ...act }: SettingsWrite,
    edit: (now: SettingsText) => SettingsText,
  ): Promise<boolean> {
    return this.#inTurn(async () => {
      const now = await readSettingsText(this.file);
      const bytes = encodeText(now);
      if (shown !== undefined && shown !== bytesHash(bytes)) throw changedMeanwhile(this.file);
      const next = edit(now);
      const nextBytes = encodeText(next);
      if (nextBytes.equals(bytes)) return false;
      const { env } = this.#options;
      const faults = await newFaults(parseIni(now.text), parseIni(next.text), this.file, env);
      if (faults.length > 0) throw new SettingsError(this.file, faults);
      const history = historyOf(await this.#meaningOf(next.text));
      await this.#notice(history, bytes);
      const target = await realpath(this.file);
      // Kept first: where that fails, nothing has changed.
      const kept = await history.keep(nextBytes, this.#options.now(), act);
      try {
        // An editor asks nobody for a turn: it may have written while the change was judged.
        if (!(await readFile(target)).equals(bytes)) throw changedMeanwhile(this.file);
        await writeDurably(target, nextBytes);
      } catch (error) {
        if (kept !== undefined) await history.forget(kept);
        throw error;
      }
      return true;
    });
  }

  /** Keep what the file says now, if nobody has: an editor wrote it. */
  async #notice(history: SettingsHistory, bytes: Buffer): Promise<void> {
    const isFirst = (await history.list()).length === 0;
    const { mtimeMs } = await stat(this.file);
    await history.keep(bytes, Math.round(mtimeMs), {
      by: 'somebody',
      why: isFirst ? 'as it was found' : 'edited by hand',
    });
  }

  async #meaningOf(text: string): Promise<Interpretation> {
    return interpret(parseIni(text), this.file, { env: this.#options.env });
  }

  /** One program at a time, and one change at a time in it. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const folder = path.dirname(await realpath(this.file));
    const lock = new SingleInstance(folder, 'its settings are being changed');
    const isBusy = (error: unknown): boolean =>
      error instanceof BranchlineError && error.code === 'ALREADY_RUNNING';
    await withRetry(turn, isBusy, () => lock.start());
    try {
      return await work();
    } finally {
      await lock.stop();
    }
  }
}

const historyOf = ({ settings }: Interpretation): SettingsHistory =>
  new SettingsHistory(
    path.join(settings.values.server.stateDir, 'settings-history'),
    path.resolve(settings.file),
  );

/** The lines in which two texts of a settings file differ, secrets masked. */
export function textDiff(old: string, fresh: string): DiffLine[] {
  const [before, after] = [parseIni(old), parseIni(fresh)];
  return lineDiff(
    { old: plainLines(before), new: plainLines(after) },
    { old: linesWithoutSecrets(before), new: linesWithoutSecrets(after) },
  );
}

const plainLines = (ini: IniFile): string[] =>
  ini.lines().map((line) => printLine({ ...line, end: '' }));

const changedMeanwhile = (file: string): BranchlineError =>
  new BranchlineError(
    'SETTINGS_CHANGED',
    `${file} was changed by somebody else since it was shown: look at what is new, then make the change again`,
  );
