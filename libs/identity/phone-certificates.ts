import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { createSecureContext } from 'node:tls';
import { asBranchlineError, type BranchlineError } from '#libs/errors';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { describeCertificate, parseCertificate } from './describe-certificate.ts';
import { kindOf, type KeyKind } from './key-pair.ts';
import {
  openPhoneCertificate,
  readPhonePair,
  unfit,
  type PhonePair,
  type PhonePairFiles,
} from './phone-certificate.ts';
import { readIfThere } from './read-if-there.ts';

/** What the telephones' TLS listeners show, and whom they let in. */
export interface PhoneKeys {
  /** One for each kind of key; a telephone gets the one that fits it. */
  readonly pairs: readonly (PhonePair & { readonly kind: KeyKind })[];
  /** PEM of the authorities whose certificates clients must show; undefined = nobody is asked for one. */
  readonly clientAuthorities: string | undefined;
}

export interface PhoneCertificatesOptions {
  /** At most one for each kind of key; `kind` is that of a key that has to be made. */
  readonly pairs: readonly (PhonePairFiles & { readonly kind: KeyKind })[];
  readonly clientAuthorityFile: string | undefined;
  /** Who is shown them, as the log says it; telephones unless told. */
  readonly audience?: string;
  /** Host names and addresses that telephones use. */
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Files that changed are looked at after this many milliseconds: both of a pair are written by then. */
  readonly settleMs?: number;
  /** Time between two looks, in milliseconds: the watch alone is not trusted. */
  readonly rescanMs?: number;
}

type Listener = (keys: PhoneKeys) => void;

/**
 * The certificates of every TLS listener for telephones. Files that change are read again; what does not fit together
 * changes nothing: the old ones stay, and `trouble` says why.
 */
export class PhoneCertificates implements Service {
  readonly name = 'certificates for telephones';
  readonly #options: PhoneCertificatesOptions;
  readonly #listeners = new Set<Listener>();
  readonly #watchers: FSWatcher[] = [];
  #keys: PhoneKeys;
  #trouble: BranchlineError | undefined;
  #rescan: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  private constructor(options: PhoneCertificatesOptions, keys: PhoneKeys) {
    this.#options = options;
    this.#keys = keys;
  }

  /**
   * Read what there is, make what there is not.
   * @throws BranchlineError CERTIFICATE_INVALID, DISK_FULL, WRITE_FAILED.
   */
  static async open(options: PhoneCertificatesOptions): Promise<PhoneCertificates> {
    return new PhoneCertificates(options, await readKeys(options, openPhoneCertificate));
  }

  current(): PhoneKeys {
    return this.#keys;
  }

  /** Why the files are not in use as they are now; undefined when all is well. */
  get trouble(): BranchlineError | undefined {
    return this.#trouble;
  }

  /** End of life of each certificate, Unix milliseconds. */
  expiries(): readonly { readonly kind: KeyKind; readonly notAfterMs: number }[] {
    return this.#keys.pairs.map(({ kind, certificatePem }) => ({
      kind,
      notAfterMs: describeCertificate(certificatePem).notAfterMs,
    }));
  }

  /**
   * `listener` is given every later set of keys; call what is returned to stop that. One that cannot use them throws a
   * BranchlineError: that is told as trouble, and it is asked again.
   */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async start(): Promise<void> {
    const { rescanMs = 60_000 } = this.#options;
    for (const folder of this.#folders()) this.#watch(folder);
    this.#rescan = setInterval(() => {
      void this.reload();
    }, rescanMs);
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    clearInterval(this.#rescan);
    clearTimeout(this.#settling);
    for (const watcher of this.#watchers.splice(0)) watcher.close();
    await this.#looking;
  }

  /** Look at the files now. Never rejects: see `trouble`. */
  reload(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  /** Folders, not files: a file that is replaced by renaming takes its watch with it. */
  #folders(): ReadonlySet<string> {
    const { pairs, clientAuthorityFile } = this.#options;
    const files = pairs.flatMap(({ certFile, keyFile }) => [certFile, keyFile]);
    if (clientAuthorityFile !== undefined) files.push(clientAuthorityFile);
    return new Set(files.map((file) => path.dirname(file)));
  }

  #watch(folder: string): void {
    const { log, settleMs = 1000 } = this.#options;
    const failed = (error: unknown): void => {
      log.warn(
        { err: error, folder },
        'certificates cannot be watched; they are looked at each minute',
      );
    };
    try {
      const watcher = watch(folder, () => {
        this.#settling ??= setTimeout(() => {
          this.#settling = undefined;
          void this.reload();
        }, settleMs);
      });
      watcher.on('error', failed);
      this.#watchers.push(watcher);
    } catch (error) {
      failed(error);
    }
  }

  async #look(): Promise<void> {
    const { log, audience = 'telephones' } = this.#options;
    try {
      // One that was made here is renewed when it is due; one that is missing now is being replaced.
      const keys = await readKeys(this.#options, renewed);
      const changed = JSON.stringify(keys) !== JSON.stringify(this.#keys);
      if (changed) for (const listener of this.#listeners) listener(keys);
      this.#keys = keys;
      this.#trouble = undefined;
      if (!changed) return;
      const until = this.expiries().map(({ notAfterMs }) => new Date(notAfterMs).toISOString());
      log.info({ until }, `certificates for ${audience} changed`);
    } catch (error) {
      const trouble = asBranchlineError(error);
      if (trouble.message !== this.#trouble?.message) {
        const { code, message } = trouble;
        log.warn({ code, reason: message }, `the old certificates for ${audience} stay in use`);
      }
      this.#trouble = trouble;
    }
  }
}

type ReadPair = (options: Parameters<typeof openPhoneCertificate>[0]) => Promise<PhonePair>;

const renewed: ReadPair = async (options) => {
  await readPhonePair(options);
  return await openPhoneCertificate(options);
};

async function readKeys(
  { pairs, clientAuthorityFile, names, clock }: PhoneCertificatesOptions,
  read: ReadPair,
): Promise<PhoneKeys> {
  const found: PhoneKeys['pairs'][number][] = [];
  for (const files of pairs) {
    const { certificatePem, keyPem } = await read({ ...files, names, clock });
    const kind = kindOf(parseCertificate(certificatePem, files.certFile));
    if (kind === undefined) throw unfit(`the key of ${files.certFile} is neither RSA nor EC`);
    if (found.some((other) => other.kind === kind)) {
      throw unfit(`two certificates have ${kind === 'ec' ? 'EC' : 'RSA'} keys: one of each kind`);
    }
    found.push({ kind, certificatePem, keyPem });
  }
  const clientAuthorities =
    clientAuthorityFile === undefined ? undefined : await readAuthorities(clientAuthorityFile);
  const keys = { pairs: found, clientAuthorities };
  requireUsable(keys);
  return keys;
}

async function readAuthorities(file: string): Promise<string> {
  const pem = await readIfThere(file);
  if (pem === undefined) throw unfit(`${file} is missing, named by ClientCAFile`);
  parseCertificate(pem, file);
  return pem;
}

/** What OpenSSL refuses, such as a key that is too short, must not reach a listener. */
function requireUsable({ pairs, clientAuthorities }: PhoneKeys): void {
  try {
    createSecureContext({
      cert: pairs.map(({ certificatePem }) => certificatePem),
      key: pairs.map(({ keyPem }) => keyPem),
      ...(clientAuthorities !== undefined && { ca: clientAuthorities }),
    });
  } catch (error) {
    throw unfit(error instanceof Error ? error.message : String(error), error);
  }
}
