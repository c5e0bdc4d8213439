import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import { INTERNAL_FOLDER, makeFolder, writeDurably } from '#libs/files';
import { FreshRuns } from '#libs/lifecycle';
import { absentAs } from './backup-history.ts';
import { NameTurns } from './name-turns.ts';

const keyBytes = 32;

interface Stored {
  /** Tells which key it was made with: after a loss of the key nothing is known, instead of everything being wrong. */
  readonly keyId: string;
  readonly mac: Buffer;
}

/**
 * The password that each extension showed first: `.branchline/passwords/EXTENSION` in the folder of backups, as an
 * HMAC with a key that lies elsewhere. These passwords have a few digits: no hash alone would hide them.
 */
export class RememberedPasswords {
  readonly #folder: string;
  readonly #keyFile: string;
  readonly #turns = new NameTurns();
  readonly #opening = new FreshRuns<Buffer>();
  #key: Buffer | undefined;

  /** `root`: the folder of backups; `keyFile`: made when it is missing. */
  constructor(root: string, keyFile: string) {
    this.#folder = path.join(root, INTERNAL_FOLDER, 'passwords');
    this.#keyFile = keyFile;
  }

  /** What `password` is for this extension; unknown when it has shown none. @throws BranchlineError NAME_MALFORMED. */
  async check(extension: string, password: string): Promise<'right' | 'wrong' | 'unknown'> {
    const key = await this.#open();
    const stored = await this.#read(extension);
    if (stored?.keyId !== idOf(key)) return 'unknown';
    return timingSafeEqual(stored.mac, macOf(key, extension, password)) ? 'right' : 'wrong';
  }

  /**
   * Remember the first password of an extension, or one in place of an earlier one.
   * @throws BranchlineError NAME_MALFORMED, DISK_FULL or WRITE_FAILED.
   */
  async remember(extension: string, password: string, how: 'first' | 'instead'): Promise<void> {
    await this.#turns.run(extension, async () => {
      const key = await this.#open();
      const known = await this.#read(extension);
      if (how === 'first' && known?.keyId === idOf(key)) return;
      const mac = macOf(key, extension, password);
      await makeFolder(this.#folder, 0o700);
      await writeDurably(this.#of(extension), `${idOf(key)} ${mac.toString('hex')}\n`, {
        mode: 0o600,
      });
    });
  }

  /** Let an extension show another password. False when none is remembered. */
  async forget(extension: string): Promise<boolean> {
    const known = await this.#read(extension);
    await rm(this.#of(extension), { force: true });
    return known !== undefined;
  }

  async #read(extension: string): Promise<Stored | undefined> {
    const text = await absentAs('', readFile(this.#of(extension), 'latin1'));
    const [, keyId, mac = ''] = /^([0-9a-f]{16}) ([0-9a-f]{64})\s*$/.exec(text) ?? [];
    return keyId === undefined ? undefined : { keyId, mac: Buffer.from(mac, 'hex') };
  }

  async #open(): Promise<Buffer> {
    this.#key ??= await this.#opening.of('', async () => {
      const known = await absentAs(undefined, readFile(this.#keyFile));
      if (known?.length === keyBytes) return known;
      const made = randomBytes(keyBytes);
      await writeDurably(this.#keyFile, made, { mode: 0o600 });
      return made;
    });
    return this.#key;
  }

  #of(extension: string): string {
    if (!/^\d{1,32}$/.test(extension)) {
      throw new BranchlineError('NAME_MALFORMED', `${JSON.stringify(extension)} is no extension`);
    }
    return path.join(this.#folder, extension);
  }
}

const idOf = (key: Buffer): string =>
  createHash('sha256').update('id').update(key).digest('hex').slice(0, 16);

const macOf = (key: Buffer, extension: string, password: string): Buffer =>
  createHmac('sha256', key).update(`${extension}\0`).update(password).digest();
