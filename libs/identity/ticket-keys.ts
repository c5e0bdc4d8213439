import { hkdfSync, randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { asBranchlineError } from '#libs/errors';
import { writeDurably } from '#libs/files';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { dayMs, hourMs } from './validity.ts';

export interface TicketKeysOptions {
  /** Readable by this server alone. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const secretBytes = 32;
/** As `tls.Server.setTicketKeys` wants them. */
const ticketKeyBytes = 48;
/** Who steals the secret can read what was resumed under it: it does not get old. */
const lifeMs = 7 * dayMs;

/**
 * Keys for TLS session tickets: kept in a file, so that telephones resume after a restart and at every process of this
 * server. Each listener has its own: a session of one is worthless at another.
 */
export class TicketKeys implements Service {
  readonly name = 'TLS session tickets';
  readonly #options: TicketKeysOptions;
  readonly #listeners = new Set<() => void>();
  #secret: Buffer;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  private constructor(options: TicketKeysOptions, secret: Buffer) {
    this.#options = options;
    this.#secret = secret;
  }

  /** @throws BranchlineError DISK_FULL or WRITE_FAILED. */
  static async open(options: TicketKeysOptions): Promise<TicketKeys> {
    return new TicketKeys(options, await freshSecret(options));
  }

  /** The keys of one listener. */
  of(listener: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, '', `tickets ${listener}`, ticketKeyBytes));
  }

  /** `listener` hears when `of` has changed; call what is returned to stop that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, hourMs);
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    try {
      const secret = await freshSecret(this.#options);
      if (secret.equals(this.#secret)) return;
      this.#secret = secret;
      for (const listener of this.#listeners) listener();
    } catch (error) {
      const { code, message } = asBranchlineError(error);
      this.#options.log.warn({ code, reason: message }, 'keys of TLS session tickets stay old');
    }
  }
}

/** The secret in the file, or a new one when that is missing, damaged or too old. */
async function freshSecret({ file, clock }: TicketKeysOptions): Promise<Buffer> {
  const known = await readSecret(file);
  if (known !== undefined && clock.now() - known.writtenMs < lifeMs) return known.secret;
  const secret = randomBytes(secretBytes);
  await writeDurably(file, secret, { mode: 0o600 });
  return secret;
}

/** A file that cannot be read is as good as none: it is replaced. */
async function readSecret(
  file: string,
): Promise<{ readonly secret: Buffer; readonly writtenMs: number } | undefined> {
  try {
    const [secret, { mtimeMs }] = await Promise.all([readFile(file), stat(file)]);
    return secret.length === secretBytes ? { secret, writtenMs: mtimeMs } : undefined;
  } catch {
    return undefined;
  }
}
