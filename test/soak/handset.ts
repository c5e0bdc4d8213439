import { createHash } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'basic-ftp';
import type { Dice } from '../faults/dice.ts';
import type { Attempt, SavedName } from '../faults/telephone.ts';
import { askTftp } from '../support/phones/tftp-wire.ts';
import { settingsName, type PublishedFiles } from './published-files.ts';
import { WebPhone } from './web-phone.ts';

/** An attempt, with the moment at which it was made. */
export interface TimedAttempt extends Attempt {
  /** Unix milliseconds. */
  readonly at: number;
}

export interface TimedName extends SavedName {
  readonly attempts: TimedAttempt[];
}

export interface HandsetOptions {
  /** Unlike any other's: makes its names its own. */
  readonly number: number;
  /** Where its files are. */
  readonly host: string;
  /** Its own address. */
  readonly from: string;
  readonly published: PublishedFiles;
  readonly dice: Dice;
  /** An older backup than the last acknowledged one may come back now: both of the pair work, and cannot talk to each other. */
  readonly mayBeOlder: () => boolean;
}

/** What all telephones of a run have done. */
export class PhoneTally {
  downloads = 0;
  resumed = 0;
  saves = 0;
  refused = 0;
  readBack = 0;
  /** Older than acknowledged, in a split. */
  older = 0;
  readonly faults: string[] = [];
}

/** Versions that a server keeps beside the newest one: no name is saved more often, so that each must be there. */
const maxAttempts = 9;
const ftpMs = 8_000;

/** One telephone: it starts, fetches, saves and asks for what it has saved, in turns. */
export class Handset {
  readonly saved: TimedName[] = [];
  readonly #options: HandsetOptions;
  readonly #web: WebPhone;
  readonly #tally: PhoneTally;

  constructor(options: HandsetOptions, tally: PhoneTally) {
    this.#options = options;
    this.#tally = tally;
    const { number, from } = options;
    const mac = `c81fea${number.toString(16).padStart(6, '0')}`;
    this.#web = new WebPhone({ from, agent: `AVAYA/LSPD-J179/4.1.3.0 MAC:${mac}` });
  }

  /** `restMs`: between two turns, on average. Never rejects. */
  async live(signal: AbortSignal, restMs: number): Promise<void> {
    const { dice } = this.#options;
    await rest(dice.next() * restMs, signal);
    while (!signal.aborted) {
      try {
        await this.#turn();
      } catch (error) {
        const why = error instanceof Error ? error.message : 'failed';
        this.#tally.faults.push(`telephone ${this.#options.number}: ${why}`);
      }
      await rest(restMs * (0.5 + dice.next()), signal);
    }
    await this.#web.close();
  }

  async #turn(): Promise<void> {
    const chance = this.#options.dice.next();
    if (chance < 0.15) await this.#settings();
    else if (chance < 0.3) await this.#byTftp();
    else if (chance < 0.55) await this.#byWeb();
    else if (chance < 0.85) await this.#save();
    else await this.#readBack();
  }

  async #settings(): Promise<void> {
    const { host, published } = this.#options;
    const got = await this.#web.fetch(`http://${host}/${settingsName}`);
    if (got === undefined || got.status >= 500) return;
    if (got.status !== 200) throw new Error(`${host} answered ${got.status} for ${settingsName}`);
    if (!published.mayBeSettings(got.sha256))
      throw new Error(`${host} gave settings that nobody wrote`);
    this.#tally.downloads += 1;
  }

  async #byTftp(): Promise<void> {
    const { host, published } = this.#options;
    const name = this.#choose(published.names.filter((each) => each.startsWith('46')));
    if (name === undefined) return;
    const options = [['blksize', '1024']] as const;
    for (let tries = 0; tries < 3; tries += 1) {
      const request = { host, port: 69, from: this.#options.from, name, options };
      const got = await askTftp(request).catch(() => undefined);
      if (got === undefined) continue;
      if (got.sha256 !== published.digestOf(name))
        throw new Error(`${host} gave wrong bytes of ${name} by TFTP: ${got.status}`);
      this.#tally.downloads += 1;
      return;
    }
    throw new Error(`${host} did not give ${name} by TFTP`);
  }

  async #byWeb(): Promise<void> {
    const { host, published, dice } = this.#options;
    const name = this.#choose(published.names);
    if (name === undefined) return;
    // What an administrator places by hand is in one tree.
    const secure = dice.chance(0.3) && !name.startsWith('by-hand');
    const url = `${secure ? 'https' : 'http'}://${host}/${name}`;
    const hangUpAt = dice.chance(0.3) ? dice.whole(1, 200_000) : undefined;
    const { sha256, resumed } = await this.#web.download(url, hangUpAt);
    if (sha256 !== published.digestOf(name)) throw new Error(`${url} gave wrong bytes`);
    this.#tally.downloads += 1;
    this.#tally.resumed += resumed;
  }

  async #save(): Promise<void> {
    const { dice } = this.#options;
    const entry = this.#nameToSave();
    const bytes = dice.bytes(dice.whole(100, 6_000));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const attempt: TimedAttempt = { sha256, acknowledged: false, at: Date.now() };
    entry.attempts.push(attempt);
    attempt.acknowledged = await this.#put(entry.name, bytes).catch(() => false);
    if (attempt.acknowledged) this.#tally.saves += 1;
    else this.#tally.refused += 1;
  }

  async #put(name: string, bytes: Buffer): Promise<boolean> {
    const { host } = this.#options;
    const [folder, base = ''] = name.split('/');
    if (folder === 'HTTPbackup') return await this.#web.put(`http://${host}/${base}`, bytes);
    await byFtp(host, (client) => client.uploadFrom(Readable.from([bytes]), base));
    return true;
  }

  /** One's own backup comes back as it was saved last. */
  async #readBack(): Promise<void> {
    const entry = this.#choose(this.saved.slice(-6));
    if (entry === undefined) return;
    const { host, mayBeOlder } = this.#options;
    const lastSafe = entry.attempts.findLastIndex(({ acknowledged }) => acknowledged);
    if (lastSafe === -1) return;
    const before = mayBeOlder();
    const got = await this.#get(entry.name);
    if (got === undefined) return;
    this.#tally.readBack += 1;
    const where = `${entry.name} at ${host}`;
    if (lateArrivals(entry.attempts, lastSafe).some(({ sha256 }) => sha256 === got)) return;
    if (before || mayBeOlder()) this.#tally.older += 1;
    else if (entry.attempts.some(({ sha256 }) => sha256 === got))
      throw new Error(`${where} came back older than what was acknowledged`);
    else throw new Error(`${where}: ${got === '' ? 'is not there' : 'wrong bytes came back'}`);
  }

  /** Its digest, '' when there is none; undefined without an answer. */
  async #get(name: string): Promise<string | undefined> {
    const { host } = this.#options;
    const [folder, base = ''] = name.split('/');
    if (folder === 'HTTPbackup') {
      const got = await this.#web.fetch(`http://${host}/${base}`);
      if (got?.status === 404) return '';
      return got?.status === 200 ? got.sha256 : undefined;
    }
    const hash = createHash('sha256');
    const into = new Writable({
      write(part: Buffer, _, done) {
        hash.update(part);
        done();
      },
    });
    try {
      await byFtp(host, (client) => client.downloadTo(into, base));
      return hash.digest('hex');
    } catch (error) {
      return error instanceof Error && error.message.includes('(NOT_FOUND)') ? '' : undefined;
    }
  }

  #nameToSave(): TimedName {
    const { dice, number } = this.#options;
    const known = this.saved.slice(-2).filter(({ attempts }) => attempts.length < maxAttempts);
    const chosen = dice.chance(0.8) ? this.#choose(known) : undefined;
    if (chosen !== undefined) return chosen;
    const extension = `${number}${String(this.saved.length).padStart(3, '0')}`;
    const name = dice.chance(0.3)
      ? `FTPdata/${extension}_4620data.txt`
      : `HTTPbackup/${extension}_96xxdata.txt`;
    const entry: TimedName = { name, attempts: [] };
    this.saved.push(entry);
    return entry;
  }

  #choose<T>(all: readonly T[]): T | undefined {
    const [first, ...others] = all;
    return first === undefined ? undefined : this.#options.dice.pick([first, ...others]);
  }
}

/** Longest that a request may lie in a server that hangs before it is carried out, in milliseconds. */
const lateMs = 40_000;

/**
 * What may be the newest: the last that was acknowledged, what was tried since, and what was tried shortly before without an
 * answer: a server that hangs may carry it out later than the save that followed.
 */
export function lateArrivals(
  attempts: readonly TimedAttempt[],
  lastSafe: number,
): readonly TimedAttempt[] {
  const safeAt = attempts[lastSafe]?.at ?? 0;
  return attempts.filter(
    ({ acknowledged, at }, n) => n >= lastSafe || (!acknowledged && at > safeAt - lateMs),
  );
}

async function byFtp(host: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client(ftpMs);
  try {
    await client.access({ host, port: 21 });
    await work(client);
  } finally {
    client.close();
  }
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
