import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import { INTERNAL_FOLDER, makeFolder, renameDurably, writeDurably } from '#libs/files';
import { absentAs } from './backup-history.ts';
import type { BroughtFile, SettledBackup } from './backup-store.ts';
import { NameTurns } from './name-turns.ts';
import { PasswordKeys, type AskKeys } from './password-keys.ts';

/** In the file of an extension whose password was forgotten: a word, as a file that is missing says nothing. */
const forgotten = 'forgotten\n';
/** Of the file of an extension. */
const maxBytes = 128;

interface Stored {
  /** Tells which key it was made with. */
  readonly keyId: string;
  readonly mac: Buffer;
}

/** The other server of a pair, which remembers the same. */
export interface PasswordsPair {
  readonly keys: AskKeys;
  /** Something was remembered here; it counts once this resolves. */
  readonly onSettled: (change: Exclude<SettledBackup, { gone: true }>) => Promise<void>;
}

/** locked: one is remembered, made with a key that the other server has and this one has not yet. */
export type PasswordVerdict = 'right' | 'wrong' | 'unknown' | 'locked';

/**
 * The password that each extension showed first: `.branchline/passwords/EXTENSION` in the folder of backups, as an
 * HMAC with a key that lies elsewhere. These passwords have a few digits: no hash alone would hide them.
 */
export class RememberedPasswords {
  readonly folder: string;
  /** For files of the other server on their way in. */
  readonly incoming: string;
  readonly keys: PasswordKeys;
  readonly #pair: PasswordsPair | undefined;
  readonly #turns = new NameTurns();

  /** `root`: the folder of backups; `keyFile`: made when it is missing. */
  constructor(root: string, keyFile: string, pair?: PasswordsPair) {
    this.folder = path.join(root, INTERNAL_FOLDER, 'passwords');
    this.incoming = path.join(root, INTERNAL_FOLDER, 'mirror');
    this.keys = new PasswordKeys(keyFile, pair?.keys);
    this.#pair = pair;
  }

  /** What `password` is for this extension; unknown when it has shown none. @throws BranchlineError NAME_MALFORMED. */
  async check(extension: string, password: string): Promise<PasswordVerdict> {
    const stored = await this.#read(extension);
    if (stored === undefined) return 'unknown';
    const key = await this.keys.find(stored.keyId);
    // Without a pair the key is lost for good: nothing is known, instead of everything being wrong.
    if (key === undefined) return this.keys.shared ? 'locked' : 'unknown';
    return timingSafeEqual(stored.mac, key.mac(extension, password)) ? 'right' : 'wrong';
  }

  /**
   * Remember the first password of an extension, or one in place of an earlier one.
   * @throws BranchlineError NAME_MALFORMED, DISK_FULL or WRITE_FAILED.
   */
  async remember(extension: string, password: string, how: 'first' | 'instead'): Promise<void> {
    const change = await this.#turns.run(extension, async () => {
      if (how === 'first' && (await this.#isKnown(extension))) return undefined;
      const key = await this.keys.current();
      const mac = key.mac(extension, password).toString('hex');
      return await this.#write(extension, `${key.id} ${mac}\n`);
    });
    if (change !== undefined) await this.#pair?.onSettled(change);
  }

  /** Let an extension show another password. False when none is remembered. */
  async forget(extension: string): Promise<boolean> {
    return await this.#turns.run(extension, async () => {
      if ((await this.#read(extension)) === undefined) return false;
      await this.#write(extension, forgotten);
      return true;
    });
  }

  /** Where it is remembered. @throws BranchlineError NAME_MALFORMED. */
  pathOf(extension: string): string {
    if (!/^\d{1,32}$/.test(extension)) {
      throw new BranchlineError('NAME_MALFORMED', `${JSON.stringify(extension)} is no extension`);
    }
    return path.join(this.folder, extension);
  }

  /**
   * What the other server remembers, in place of what has the SHA-256 `replaces` here; its key is asked for first. False when
   * that is no longer here. The file at `path` is readable by the server alone, and moved.
   * @throws BranchlineError NAME_MALFORMED, PEER_ANSWER_INVALID, DISK_FULL or WRITE_FAILED.
   */
  async put(
    extension: string,
    { path: from, size }: Pick<BroughtFile, 'path' | 'size'>,
    replaces: string | undefined,
  ): Promise<boolean> {
    const to = this.pathOf(extension);
    const text = size > maxBytes ? '' : await readFile(from, 'latin1');
    const stored = storedIn(text);
    if (stored === undefined && text !== forgotten) {
      throw new BranchlineError(
        'PEER_ANSWER_INVALID',
        `what the other server remembers of ${extension} is no password`,
      );
    }
    if (stored !== undefined) await this.keys.find(stored.keyId);
    return await this.#turns.run(extension, async () => {
      const here = await absentAs(undefined, readFile(to));
      if ((here && sha256Of(here)) !== replaces) return false;
      await makeFolder(this.folder, 0o700);
      await renameDurably(from, to);
      return true;
    });
  }

  /** True when one counts, also where its key has not come yet. */
  async #isKnown(extension: string): Promise<boolean> {
    const stored = await this.#read(extension);
    if (stored === undefined) return false;
    return this.keys.shared || (await this.keys.find(stored.keyId)) !== undefined;
  }

  async #write(
    extension: string,
    text: string,
  ): Promise<Parameters<PasswordsPair['onSettled']>[0]> {
    const at = this.pathOf(extension);
    await makeFolder(this.folder, 0o700);
    await writeDurably(at, text, { mode: 0o600 });
    const { size, mtimeMs } = await stat(at);
    return { name: extension, size, modifiedMs: mtimeMs, sha256: sha256Of(Buffer.from(text)) };
  }

  async #read(extension: string): Promise<Stored | undefined> {
    return storedIn(await absentAs('', readFile(this.pathOf(extension), 'latin1')));
  }
}

function storedIn(text: string): Stored | undefined {
  const [, keyId, mac = ''] = /^([0-9a-f]{16}) ([0-9a-f]{64})\s*$/.exec(text) ?? [];
  return keyId === undefined ? undefined : { keyId, mac: Buffer.from(mac, 'hex') };
}

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
