import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Client } from 'basic-ftp';
import type { Dice } from './dice.ts';

/** What a telephone has tried to save under one name, in its order. */
export interface Attempt {
  readonly sha256: string;
  /** The server said that it is safe. */
  acknowledged: boolean;
}

export interface SavedName {
  /** As the hub names it: `FTPdata/…` or `HTTPbackup/…`. */
  readonly name: string;
  readonly attempts: Attempt[];
}

export interface TelephoneOptions {
  /** Makes its names unlike those of other branches. */
  readonly digit: number;
  readonly httpPort: number;
  readonly ftpPort: number;
  readonly dice: Dice;
}

/** Versions that a server keeps beside the newest one: no name is saved more often, so that each must be there. */
const maxAttempts = 9;
const answerMs = 4_000;

/** Telephones of one branch: they save, and remember what they were promised. */
export class Telephone {
  readonly saved: SavedName[] = [];
  readonly #options: TelephoneOptions;
  bytes = 0;

  constructor(options: TelephoneOptions) {
    this.#options = options;
  }

  /** One save, by FTP or HTTP, of a new name or over an older one. Never rejects. */
  async save(): Promise<void> {
    const { dice } = this.#options;
    const entry = this.#choose();
    const size = dice.chance(0.1) ? dice.whole(270_000, 500_000) : dice.whole(1, 8_000);
    const bytes = dice.bytes(size);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const attempt: Attempt = { sha256, acknowledged: false };
    entry.attempts.push(attempt);
    const [folder, name = ''] = entry.name.split('/');
    const put = folder === 'FTPdata' ? this.#byFtp(name, bytes) : this.#byHttp(name, bytes);
    attempt.acknowledged = await put.catch(() => false);
    if (attempt.acknowledged) this.bytes += size;
  }

  /** Fetch one's own backup: why the answer is wrong, if it is. No answer is none. */
  async check(): Promise<string | undefined> {
    const known = this.saved.filter(({ name }) => name.startsWith('HTTP')).slice(-12);
    const [first, ...others] = known;
    if (first === undefined) return undefined;
    const { name, attempts } = this.#options.dice.pick([first, ...others]);
    const before = attempts.findLastIndex(({ acknowledged }) => acknowledged);
    const got = await this.fetch(name.slice(name.indexOf('/') + 1));
    if (got === undefined || before === -1) return undefined;
    const allowed = attempts.slice(before).some(({ sha256 }) => sha256 === got);
    return allowed ? undefined : `${name} came back older than what was acknowledged`;
  }

  /** Fetch a backup by HTTP; undefined when it was not given. */
  async fetch(name: string): Promise<string | undefined> {
    try {
      const response = await fetch(this.#url(name), { signal: AbortSignal.timeout(answerMs) });
      if (response.status !== 200) return undefined;
      const bytes = Buffer.from(await response.arrayBuffer());
      return createHash('sha256').update(bytes).digest('hex');
    } catch {
      return undefined;
    }
  }

  #choose(): SavedName {
    const { dice, digit } = this.#options;
    const known = this.saved.slice(-12).filter(({ attempts }) => attempts.length < maxAttempts);
    const [first, ...others] = known;
    if (first !== undefined && dice.chance(0.6)) return dice.pick([first, ...others]);
    const extension = `${digit}${String(this.saved.length).padStart(4, '0')}`;
    const name = dice.chance(0.5)
      ? `FTPdata/${extension}_4620data.txt`
      : `HTTPbackup/${extension}_96xxdata.txt`;
    const entry = { name, attempts: [] };
    this.saved.push(entry);
    return entry;
  }

  async #byHttp(name: string, bytes: Buffer): Promise<boolean> {
    const response = await fetch(this.#url(name), {
      ...{ method: 'PUT', body: new Uint8Array(bytes), signal: AbortSignal.timeout(answerMs) },
    });
    await response.arrayBuffer();
    return response.ok;
  }

  async #byFtp(name: string, bytes: Buffer): Promise<boolean> {
    const client = new Client(answerMs);
    try {
      await client.access({ host: '127.0.0.1', port: this.#options.ftpPort });
      await client.uploadFrom(Readable.from([bytes]), name);
      return true;
    } finally {
      client.close();
    }
  }

  #url(name: string): string {
    return `http://127.0.0.1:${this.#options.httpPort}/${name}`;
  }
}
