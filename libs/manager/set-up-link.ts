import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { Type } from 'typebox';
import { Check } from 'typebox/value';
import { fsyncFolder, ifThere, makeFolder, writeDurably } from '#libs/files';
import type { Clock } from '#libs/lifecycle';

const lifeMs = 24 * 3_600_000;
const fileSchema = Type.Object({ hash: Type.String(), expires: Type.Number() });

/** The one-time link with which the first administrator, or one without a password, gets in; only its hash is kept. */
export class SetUpLink {
  readonly #folder: string;
  readonly #file: string;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#file = path.join(folder, 'set-up.json');
    this.#clock = clock;
  }

  /** A new token, good once within a day; one that was made before it is good no longer. */
  async make(): Promise<string> {
    const token = randomBytes(24).toString('base64url');
    const body = { hash: hashOf(token), expires: this.#clock.now() + lifeMs };
    await makeFolder(this.#folder, 0o700);
    await writeDurably(this.#file, `${JSON.stringify(body)}\n`, { mode: 0o600 });
    return token;
  }

  /**
   * Do `act` by the right of the link, which is dead afterwards; false when it was not good. An act that fails leaves
   * it alive. One at a time: the same link opened twice in one moment counts once.
   */
  async use(token: string, act: () => Promise<void>): Promise<boolean> {
    const used = this.#last.then(async () => {
      if (!(await this.good(token))) return false;
      await act();
      await rm(this.#file, { force: true });
      await fsyncFolder(this.#folder);
      return true;
    });
    this.#last = used.catch(() => undefined);
    return await used;
  }

  async good(token: string): Promise<boolean> {
    const text = await ifThere(readFile(this.#file, 'utf8'));
    const body: unknown = text === undefined ? undefined : JSON.parse(text);
    if (!Check(fileSchema, body) || this.#clock.now() >= body.expires) return false;
    const [known, given] = [Buffer.from(body.hash), Buffer.from(hashOf(token))];
    return known.length === given.length && timingSafeEqual(known, given);
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');
