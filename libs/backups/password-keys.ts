import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import { writeDurably } from '#libs/files';
import { absentAs } from './backup-history.ts';
import { NameTurns } from './name-turns.ts';

const keyBytes = 32;
/** Each loss of a state folder makes one more. */
const maxKeys = 64;
/** How long a telephone may wait for the other server's keys, in milliseconds. */
const askMs = 1_500;
/** The other server is asked this seldom for keys that it may not have, in milliseconds. */
const againMs = 5_000;

/** Keys of the other server of a pair, 32 bytes each. */
export type AskKeys = (signal: AbortSignal) => Promise<readonly Buffer[]>;

/** A key, and the name that stands beside what was made with it. */
export interface PasswordKey {
  readonly id: string;
  mac(extension: string, password: string): Buffer;
}

/**
 * Keys with which passwords are remembered. A server makes one of its own; two of a pair know each other's, so that each checks
 * what the other has remembered. They lie in two files beside each other, readable by the server alone.
 */
export class PasswordKeys {
  readonly #ownFile: string;
  readonly #peerFile: string;
  readonly #ask: AskKeys | undefined;
  readonly #turns = new NameTurns();
  #keys: ReadonlyMap<string, Buffer> | undefined;
  #asking: Promise<void> | undefined;
  #askedAt = -Infinity;
  #wanted = true;

  /** `ownFile` is made when it is missing; without `ask` there is no other server. */
  constructor(ownFile: string, ask?: AskKeys) {
    this.#ownFile = ownFile;
    this.#peerFile = path.join(path.dirname(ownFile), 'backup-password-peer-keys');
    this.#ask = ask;
  }

  /** True when another server may have keys that are not here. */
  get shared(): boolean {
    return this.#ask !== undefined;
  }

  /** True until the other server has told all its keys. */
  get wanted(): boolean {
    return this.shared && this.#wanted;
  }

  /** For what is remembered from now on: two servers that know each other's keys use the same one. */
  async current(): Promise<PasswordKey> {
    const [first] = [...(await this.#open())].sort(([a], [b]) => (a < b ? -1 : 1));
    if (first === undefined) throw new Error('a server has a key');
    return asKey(...first);
  }

  /** The key of this id; the other server is asked for one that is not here. */
  async find(id: string): Promise<PasswordKey | undefined> {
    let key = (await this.#open()).get(id);
    if (key === undefined && this.#mayAsk()) {
      // Who cannot be asked is asked again at the next contact.
      await this.learn().catch(() => undefined);
      key = (await this.#open()).get(id);
    }
    return key && asKey(id, key);
  }

  /** All that are known, for the other server. */
  async all(): Promise<Buffer[]> {
    return [...(await this.#open()).values()];
  }

  /** Ask the other server for its keys, and keep them. @throws what asking throws, PEER_ANSWER_INVALID, DISK_FULL, WRITE_FAILED. */
  async learn(): Promise<void> {
    this.#asking ??= this.#learn().finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  #mayAsk(): boolean {
    return (
      this.shared && (this.#asking !== undefined || performance.now() > this.#askedAt + againMs)
    );
  }

  async #learn(): Promise<void> {
    if (this.#ask === undefined) return;
    this.#wanted = true;
    this.#askedAt = performance.now();
    const told = await this.#ask(AbortSignal.timeout(askMs));
    await this.#open();
    await this.#turns.run('', async () => {
      const keys = new Map(this.#keys);
      const before = keys.size;
      for (const key of told) keys.set(idOf(key), key);
      if (keys.size > maxKeys || told.some(({ length }) => length !== keyBytes)) {
        throw new BranchlineError(
          'PEER_ANSWER_INVALID',
          `the other server told ${told.length} keys of passwords that cannot be used`,
        );
      }
      if (keys.size > before) {
        await writeDurably(this.#peerFile, Buffer.concat([...keys.values()]), { mode: 0o600 });
        this.#keys = keys;
      }
    });
    this.#wanted = false;
  }

  async #open(): Promise<ReadonlyMap<string, Buffer>> {
    return await this.#turns.run('', async () => (this.#keys ??= await this.#read()));
  }

  async #read(): Promise<ReadonlyMap<string, Buffer>> {
    const peers = (await absentAs(undefined, readFile(this.#peerFile))) ?? Buffer.alloc(0);
    const keys = new Map<string, Buffer>();
    for (let at = 0; at + keyBytes <= peers.length; at += keyBytes) {
      const key = peers.subarray(at, at + keyBytes);
      keys.set(idOf(key), key);
    }
    const own = await this.#readOwn();
    return keys.set(idOf(own), own);
  }

  async #readOwn(): Promise<Buffer> {
    const known = await absentAs(undefined, readFile(this.#ownFile));
    if (known?.length === keyBytes) return known;
    const made = randomBytes(keyBytes);
    await writeDurably(this.#ownFile, made, { mode: 0o600 });
    return made;
  }
}

const idOf = (key: Buffer): string =>
  createHash('sha256').update('id').update(key).digest('hex').slice(0, 16);

const asKey = (id: string, key: Buffer): PasswordKey => ({
  id,
  mac: (extension, password) =>
    createHmac('sha256', key).update(`${extension}\0`).update(password).digest(),
});
