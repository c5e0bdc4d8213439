import { readFile } from 'node:fs/promises';
import { Client, FTPError } from 'basic-ftp';
import { BranchlineError, systemCode } from '#libs/errors';
import { withRetry, type Backoff } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';

/** The customer's server (Guide p. 25 and 39). Holds a secret: never log it whole. */
export interface CustomerFtpServer {
  readonly host: string;
  readonly port: number;
  /** Empty for anonymous. */
  readonly user: string;
  readonly password: string;
  /** As the server spells it; empty for the folder after log-in. */
  readonly folder: string;
  readonly tls: 'none' | 'explicit' | 'implicit';
  /** False: the connection is encrypted, and nobody knows to whom. */
  readonly verify: boolean;
  /** PEM of the authorities of that server, instead of those that Node.js trusts; read for every try. */
  readonly authorityFile?: string | undefined;
}

export interface CustomerFtpOptions {
  readonly server: CustomerFtpServer;
  readonly backoff: Backoff;
  /** Of one silence of that server, and of one whole try, in milliseconds. */
  readonly silenceMs: number;
  readonly tryMs: number;
  readonly log: Logger;
}

export interface FileToSend {
  readonly path: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

export const defaultCustomerFtp = {
  backoff: { tries: 3, firstMs: 5_000, maxMs: 60_000 },
  silenceMs: 30_000,
  tryMs: 15 * 60_000,
} as const;

/** Beside the final name: a fixed one, so that what a cut leaves is overwritten by the next try and never piles up. */
const unfinished = (name: string): string => `${name}.part`;
const aside = (name: string): string => `${name}.old`;

/** Sends one file to an FTP or FTPS server, whole or not at all. */
export class CustomerFtp {
  readonly #options: CustomerFtpOptions;

  constructor(options: CustomerFtpOptions) {
    this.#options = options;
  }

  /** `host:port`, for people. */
  get address(): string {
    const { host, port } = this.#options.server;
    return `${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  /**
   * Upload under a temporary name, compare the size, rename. Afterwards the final name holds all of the file; when this
   * throws, it holds what it held before. On a server that renames over nothing, a connection that is cut between the two renames
   * leaves the former file beside it, as `NAME.old`, until the next try has succeeded.
   * @throws BranchlineError CUSTOM_FTP_UNREACHABLE, CUSTOM_FTP_REFUSED, LENGTH_MISMATCH, or the abort's reason.
   */
  async send(file: FileToSend, signal: AbortSignal): Promise<void> {
    const { backoff } = this.#options;
    const again = (error: unknown): boolean =>
      error instanceof BranchlineError && error.meaning.retry;
    await withRetry(backoff, again, () => this.#try(file, signal), signal);
  }

  async #try(file: FileToSend, signal: AbortSignal): Promise<void> {
    const { silenceMs, tryMs } = this.#options;
    const client = new Client(silenceMs);
    const ended = AbortSignal.any([signal, AbortSignal.timeout(tryMs)]);
    const stop = (): void => {
      client.close();
    };
    ended.addEventListener('abort', stop, { once: true });
    try {
      await this.#open(client);
      await this.#place(client, file);
    } catch (error) {
      signal.throwIfAborted();
      throw this.#failure(error);
    } finally {
      ended.removeEventListener('abort', stop);
      client.close();
    }
  }

  async #open(client: Client): Promise<void> {
    const { host, port, user, password, folder, tls, verify, authorityFile } = this.#options.server;
    const authority = authorityFile && (await readAuthority(authorityFile));
    await client.access({
      ...{ host, port },
      user: user === '' ? 'anonymous' : user,
      password: user === '' && password === '' ? 'branchline' : password,
      secure: tls === 'implicit' ? 'implicit' : tls === 'explicit',
      secureOptions: {
        host,
        rejectUnauthorized: verify,
        ...(authority !== undefined && { ca: authority }),
      },
    });
    if (folder !== '') await client.cd(folder);
  }

  async #place(client: Client, { path, name, size }: FileToSend): Promise<void> {
    const temporary = unfinished(name);
    try {
      await client.uploadFrom(path, temporary);
      const there = await client.size(temporary);
      if (there !== size) {
        throw new BranchlineError(
          'LENGTH_MISMATCH',
          `${this.address} holds ${there} of the ${size} bytes of ${name}: it is sent again`,
        );
      }
      await this.#rename(client, temporary, name);
    } catch (error) {
      if (!client.closed) await client.remove(temporary, true).catch(() => undefined);
      throw error;
    }
  }

  /** Some servers rename over nothing that is there: then the old file steps aside and comes back if need be. */
  async #rename(client: Client, temporary: string, name: string): Promise<void> {
    try {
      await client.rename(temporary, name);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // What an earlier cut left aside may be the only one there is.
      if (!(await isThere(client, name))) throw error;
      await client.remove(aside(name), true);
      await client.rename(name, aside(name));
      try {
        await client.rename(temporary, name);
      } catch (second) {
        await client.rename(aside(name), name);
        throw second;
      }
      await client.remove(aside(name), true);
      this.#options.log.info(
        { server: this.address, name },
        'the server renames over no file: the former one was moved aside first',
      );
    }
  }

  #failure(error: unknown): BranchlineError {
    if (error instanceof BranchlineError) return error;
    const { password } = this.#options.server;
    const said = error instanceof Error ? error.message : String(error);
    // A server may repeat what it was sent.
    const why = password === '' ? said : said.replaceAll(password, '***');
    // 4xx passes by itself (RFC 959, section 4.2).
    if (isRefusal(error) || isCertificate(error)) {
      return new BranchlineError(
        'CUSTOM_FTP_REFUSED',
        `${this.address} took no archive (${why}): check CustomFTPUName, CustomFTPPwd, CustomFTPDDir and the space there`,
      );
    }
    return new BranchlineError(
      'CUSTOM_FTP_UNREACHABLE',
      `${this.address} could not be sent the archive (${why}): check that it runs, and the way to it`,
    );
  }
}

async function isThere(client: Client, name: string): Promise<boolean> {
  try {
    await client.size(name);
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

async function readAuthority(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new BranchlineError(
      'CUSTOM_FTP_REFUSED',
      `${file} of CustomFTPCAFile cannot be read (${systemCode(cause) ?? 'no reason'}): name a file that this server may read`,
      { cause },
    );
  }
}

const isRefusal = (error: unknown): error is FTPError =>
  error instanceof FTPError && error.code >= 500;

const isCertificate = (error: unknown): boolean =>
  /^(?:ERR_TLS_CERT|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(systemCode(error) ?? '');
