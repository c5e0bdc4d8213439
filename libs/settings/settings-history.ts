import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Type, type Static } from 'typebox';
import { Check } from 'typebox/value';
import { BranchlineError } from '#libs/errors';
import { giveTo, ifThere, makeFolder, ownerOf, removeQuietly, writeDurably } from '#libs/files';
import { bytesHash } from './settings-text.ts';

const versionSchema = Type.Object({
  /** From 1, in the order in which they came to be. */
  number: Type.Integer({ minimum: 1 }),
  /** Unix milliseconds. */
  at: Type.Number(),
  by: Type.String(),
  why: Type.String(),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  /** The settings file: another one may name the same `StateDir`. */
  file: Type.String(),
});

/** One text that the settings file has had. */
export type SettingsVersion = Static<typeof versionSchema>;

/** Who changed the settings, and what for. */
export interface SettingsAct {
  readonly by: string;
  readonly why: string;
}

/** Versions that are kept; each has at most the 64 KiB of a settings file. */
const maxVersions = 100;
const maxWords = 200;

/** Passwords stand in it. */
const mode = 0o600;

/** The texts of one settings file, in a folder: `000012.ini` with `000012.json` beside it. */
export class SettingsHistory {
  readonly #folder: string;
  readonly #file: string;

  /** `file` is the absolute path of the settings file. */
  constructor(folder: string, file: string) {
    this.#folder = folder;
    this.#file = file;
  }

  /** All versions, oldest first; what is none is passed over. */
  async list(): Promise<SettingsVersion[]> {
    return (await this.#all()).filter(({ file }) => file === this.#file);
  }

  /** @throws BranchlineError NOT_FOUND when it is not kept, or not whole. */
  async bytes({ number, sha256 }: SettingsVersion): Promise<Buffer> {
    const bytes = await ifThere(readFile(this.#place(`${stem(number)}.ini`)));
    if (bytes !== undefined && bytesHash(bytes) === sha256) return bytes;
    throw new BranchlineError(
      'NOT_FOUND',
      `version ${number} of the settings is no longer whole in ${this.#folder}`,
    );
  }

  /**
   * Keep a text, unless it is the latest one already; the oldest beyond a hundred go. Returns its number.
   * @throws BranchlineError DISK_FULL or WRITE_FAILED.
   */
  async keep(bytes: Buffer, at: number, { by, why }: SettingsAct): Promise<number | undefined> {
    const versions = await this.#all();
    const sha256 = bytesHash(bytes);
    const file = this.#file;
    if (versions.findLast((version) => version.file === file)?.sha256 === sha256) {
      return undefined;
    }
    const number = (versions.at(-1)?.number ?? 0) + 1;
    const owner = await ownerOf(this.#folder);
    const above = await makeFolder(path.dirname(this.#folder));
    const made = [...above, ...(await makeFolder(this.#folder, 0o700))];
    const version = { number, at, by: words(by), why: words(why), sha256, file };
    const [text, notes] = [this.#place(`${stem(number)}.ini`), this.#place(`${stem(number)}.json`)];
    await writeDurably(text, bytes, { mode });
    await writeDurably(notes, `${JSON.stringify(version)}\n`, { mode });
    await giveTo(owner, [...made, this.#folder, text, notes]);
    const old = versions.slice(0, Math.max(0, versions.length + 1 - maxVersions));
    for (const { number: gone } of old) await this.forget(gone);
    return number;
  }

  async forget(number: number): Promise<void> {
    await removeQuietly([this.#place(`${stem(number)}.json`), this.#place(`${stem(number)}.ini`)]);
  }

  async #all(): Promise<SettingsVersion[]> {
    const names = (await ifThere(readdir(this.#folder))) ?? [];
    const numbers = names.flatMap((name) => /^(\d{6,9})\.json$/.exec(name)?.[1] ?? []);
    const versions = await Promise.all(
      numbers.map(async (stem) => {
        // The oldest may go meanwhile.
        const text = await ifThere(readFile(this.#place(`${stem}.json`), 'utf8'));
        return text === undefined ? undefined : parseVersion(text);
      }),
    );
    return versions
      .filter((version) => version !== undefined)
      .sort((one, other) => one.number - other.number);
  }

  #place(name: string): string {
    return path.join(this.#folder, name);
  }
}

const stem = (number: number): string => String(number).padStart(6, '0');

const words = (text: string): string => text.replace(/\p{Cc}/gu, ' ').slice(0, maxWords);

function parseVersion(text: string): SettingsVersion | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Check(versionSchema, value) ? value : undefined;
  } catch {
    return undefined;
  }
}
