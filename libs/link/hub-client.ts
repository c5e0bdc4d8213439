import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Static, TSchema } from 'typebox';
import { BranchlineError } from '#libs/errors';
import { branchTlsOptions } from '#libs/identity';
import { systemClock, type Clock } from '#libs/lifecycle';
import type { UploadIdentity } from '#libs/journal';
import type { Logger } from '#libs/observe';
import { collect } from './collect.ts';
import { Connection, defaultTimeouts, type Ask, type LinkTimeouts } from './connection.ts';
import { diagnose } from './diagnose.ts';
import { download, type FileRequest } from './download.ts';
import type { HubIdentity } from './hub-identity.ts';
import { HubMirror } from './hub-mirror.ts';
import { HubRestores } from './hub-restores.ts';
import { maxMirrorBytes } from './mirror-shapes.ts';
import { HubUploads } from './hub-uploads.ts';
import { parseJson } from './parse.ts';
import { asPeerError, isCut } from './peer-error.ts';
import { refusal } from './refusal.ts';
import { bracketed, type ProxyOptions } from './tunnel.ts';
import {
  CheckInAnswer,
  EventAnswer,
  LedgerAnswer,
  maxBodyBytes,
  maxLedgerBytes,
  metadataName,
  ProgressAnswer,
  RenewAnswer,
  type CheckIn,
  type PullProgress,
} from './shapes.ts';

export interface HubClientOptions {
  readonly identity: HubIdentity;
  /** Guide p. 37, `UseProxy`: CONNECT, with the branch's own TLS inside. */
  readonly proxy?: ProxyOptions | undefined;
  readonly timeouts?: Partial<LinkTimeouts>;
  /** Version of this software, told to the hub. */
  readonly version: string;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** The reason of a cut connection is looked for this often. */
const diagnoseEveryMs = 60_000;

/** Longest wait of `waitForEvent`: the hub answers within 55 s, the rest is for the way. */
const eventHeadersMs = 70_000;

/**
 * A branch's end of the link to one hub. All methods throw BranchlineError: PEER_UNREACHABLE, PEER_TOO_SLOW, PEER_BUSY
 * (`PeerBusyError`, with the hub's wish), PEER_REFUSED, PEER_ANSWER_INVALID, PROXY_REFUSED, CERTIFICATE_…, and what each names besides.
 * An aborted signal rejects with its reason.
 */
export class HubClient {
  /** What goes up. */
  readonly uploads: HubUploads;
  /** What comes back down. */
  readonly restores: HubRestores;
  /** What the other server of a pair has. */
  readonly mirror: HubMirror;
  readonly #options: HubClientOptions;
  readonly #timeouts: LinkTimeouts;
  readonly #clock: Clock;
  #identity: HubIdentity;
  #connection: Connection;
  #closed = false;
  /** Closings of replaced dispatchers, which wait for their last answers. */
  readonly #closing = new Set<Promise<void>>();
  #timestamp: { readonly etag: string; readonly bytes: Buffer } | undefined;
  #clockSkewMs: number | undefined;
  #diagnosedAt = -Infinity;

  constructor(options: HubClientOptions) {
    this.#options = options;
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#clock = options.clock ?? systemClock;
    this.#identity = options.identity;
    this.#connection = this.#connect(options.identity);
    this.uploads = new HubUploads((request, shape, signal) =>
      this.#ask(request, signal, (response) => this.#json(response, shape, request.path)),
    );
    this.mirror = new HubMirror(
      (request, shape, signal) =>
        this.#ask(request, signal, (response) =>
          this.#json(response, shape, request.path, maxMirrorBytes),
        ),
      (path, sha256, request) => this.#content({ sha256, path }, request),
    );
    this.restores = new HubRestores(
      (request, signal, read) => this.#ask(request, signal, read),
      () => this.address,
    );
  }

  /** `host:port` of the hub, for messages. */
  get address(): string {
    return `${bracketed(this.#identity.host)}:${this.#identity.port}`;
  }

  /** The hub's clock minus ours in milliseconds; undefined before its first answer. */
  clockSkewMs(): number | undefined {
    return this.#clockSkewMs;
  }

  /**
   * One metadata file, or undefined when the hub has none of that name. An unchanged timestamp costs a 304 and
   * returns the bytes of last time, so that its expiry is checked each time like that of a new one.
   * @throws BranchlineError RELEASE_ENDLESS when it is longer than `maxBytes`.
   */
  async metadata(
    name: string,
    maxBytes: number,
    signal?: AbortSignal,
  ): Promise<Buffer | undefined> {
    if (!metadataName.test(name)) {
      throw new BranchlineError('NAME_MALFORMED', `${JSON.stringify(name)} is no metadata file`);
    }
    const known = name === 'timestamp.json' ? this.#timestamp : undefined;
    return await this.#ask(
      {
        method: 'GET',
        path: `/v1/metadata/${name}`,
        headers: known === undefined ? {} : { 'if-none-match': known.etag },
      },
      signal,
      async (response) => {
        if (response.statusCode === 304 && known !== undefined) {
          await response.body.dump();
          return known.bytes;
        }
        if (response.statusCode === 404) {
          await response.body.dump();
          return undefined;
        }
        if (response.statusCode !== 200) throw await refusal(response, this.address);
        const bytes = await collect(response, maxBytes, 'RELEASE_ENDLESS', this.#where(name));
        const { etag } = response.headers;
        if (name === 'timestamp.json') {
          this.#timestamp = typeof etag === 'string' ? { etag, bytes } : undefined;
        }
        return bytes;
      },
    );
  }

  /**
   * The bytes of a content from `from` on, in pieces of up to 128 KiB: exactly `size - from` bytes or an error.
   * The caller hashes them; a piece is the caller's own.
   * @throws BranchlineError PEER_LACKS_FILE, LENGTH_MISMATCH.
   */
  file(sha256: string, request: FileRequest): AsyncGenerator<Buffer, void, undefined> {
    return this.#content({ sha256, path: `/v1/files/${sha256}` }, request);
  }

  async *#content(
    content: { readonly sha256: string; readonly path: string },
    request: FileRequest,
  ): AsyncGenerator<Buffer, void, undefined> {
    try {
      const ask = (question: Ask): Promise<Dispatcher.ResponseData> => this.#send(question);
      yield* download(ask, this.address, content, request, this.#timeouts.idleMs);
    } catch (error) {
      request.signal?.throwIfAborted();
      throw await this.#explain(error);
    }
  }

  /** Tell the hub how this branch is; returns what the hub says about itself. @throws BranchlineError LINK_CYCLE, PROTOCOL_MISMATCH. */
  async checkIn(report: CheckIn, signal?: AbortSignal): Promise<CheckInAnswer> {
    const answer = await this.#post('/v1/check-in', report, CheckInAnswer, signal);
    this.#clockSkewMs = answer.now - this.#clock.now();
    return answer;
  }

  /** Tell how far a pull is; returns in how many milliseconds the hub wants to hear it again. @throws BranchlineError NOT_FOUND: an older hub. */
  async progress(progress: PullProgress, signal?: AbortSignal): Promise<number> {
    return (await this.#post('/v1/progress', progress, ProgressAnswer, signal)).nextMs;
  }

  /** A new certificate for the key that signed `csr`. The old one stays good until it expires. */
  async renew(csr: string, signal?: AbortSignal): Promise<RenewAnswer> {
    return await this.#post('/v1/renew', { csr }, RenewAnswer, signal);
  }

  /**
   * Wait until the hub's release is above `since`: its number, or undefined when it is not after up to 55 s. Ask again then.
   * A number that is not above `since` is the wish of the hub's operator that this branch syncs now.
   */
  async waitForEvent(since: number, signal?: AbortSignal): Promise<number | undefined> {
    return await this.#ask(
      {
        method: 'GET',
        path: `/v1/events?since=${since}`,
        headersTimeout: Math.max(eventHeadersMs, this.#timeouts.answerMs),
      },
      signal,
      async (response) => {
        if (response.statusCode === 204) {
          await response.body.dump();
          return undefined;
        }
        return (await this.#json(response, EventAnswer, '/v1/events')).release;
      },
    );
  }

  /** What of the other hub of a pair changed after `since`: records, and backups unless that hub is an older one. */
  async ledger(since: number, signal?: AbortSignal): Promise<LedgerAnswer> {
    const path = `/v1/ledger?since=${since}&backups=1`;
    return await this.#ask({ method: 'GET', path }, signal, (response) =>
      this.#json(response, LedgerAnswer, path, maxLedgerBytes),
    );
  }

  /** The bytes of a file of the other hub's ledger from `from` on, as `file` gives those of a release. */
  ledgerFile(
    { branch, kind, name, size, sha256 }: UploadIdentity,
    request: Omit<FileRequest, 'size'>,
  ): AsyncGenerator<Buffer, void, undefined> {
    const query = new URLSearchParams({ branch, kind, name, size: String(size), sha256 });
    const path = `/v1/ledger/file?${query.toString()}`;
    return this.#content({ sha256, path }, { ...request, size });
  }

  /**
   * Present a renewed certificate from the next request on; requests under way end with the old one.
   * undici keeps TLS sessions with their old identity, so this is a new connection pool.
   */
  useIdentity(identity: HubIdentity): void {
    const old = this.#connection;
    this.#identity = identity;
    if (this.#closed) return;
    this.#connection = this.#connect(identity);
    const closing = old.close().catch((error: unknown) => {
      this.#options.log.debug({ err: error, hub: this.address }, 'old connections ended badly');
    });
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
  }

  /** End all connections at once; what is under way fails. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#connection.destroy();
    await Promise.all(this.#closing);
  }

  #connect(identity: HubIdentity): Connection {
    return new Connection({
      host: identity.host,
      port: identity.port,
      proxy: this.#options.proxy,
      timeouts: this.#timeouts,
      tls: branchTlsOptions(identity),
    });
  }

  /**
   * A request that was cut before its answer is sent once more: the hub may have given up an idle connection at that
   * moment, and all requests of the link may be repeated. A body that is a stream is gone by then.
   */
  async #send(request: Ask): Promise<Dispatcher.ResponseData> {
    try {
      return await this.#connection.ask(request);
    } catch (error) {
      if (!isCut(error) || request.body instanceof Readable) throw error;
      // By now it may be another one: the identity was renewed.
      return await this.#connection.ask(request);
    }
  }

  async #ask<T>(
    request: Ask,
    signal: AbortSignal | undefined,
    read: (response: Dispatcher.ResponseData) => Promise<T>,
  ): Promise<T> {
    try {
      const response = await this.#send({ ...request, ...(signal && { signal }) });
      this.#noteClock(response.headers['date']);
      return await read(response);
    } catch (error) {
      signal?.throwIfAborted();
      throw await this.#explain(error);
    }
  }

  /** A connection that was cut may be a refusal that could not be said: look for its reason, not too often. */
  async #explain(error: unknown): Promise<BranchlineError> {
    const now = this.#clock.now();
    if (isCut(error) && Math.abs(now - this.#diagnosedAt) >= diagnoseEveryMs) {
      this.#diagnosedAt = now;
      const reason = await diagnose(this.#identity, now, this.#options.proxy);
      if (reason !== undefined) return reason;
    }
    return asPeerError(error, this.address);
  }

  #noteClock(date: string | string[] | undefined): void {
    const at = typeof date === 'string' ? Date.parse(date) : NaN;
    // The header is cut to the second: half of one is the best guess.
    if (!Number.isNaN(at)) this.#clockSkewMs = at + 500 - this.#clock.now();
  }

  #where(what: string): string {
    return `${what} of ${this.address}`;
  }

  async #post<const Shape extends TSchema>(
    path: string,
    body: object,
    shape: Shape,
    signal: AbortSignal | undefined,
  ): Promise<Static<Shape>> {
    return await this.#ask(
      {
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
      signal,
      (response) => this.#json(response, shape, path),
    );
  }

  async #json<const Shape extends TSchema>(
    response: Dispatcher.ResponseData,
    shape: Shape,
    path: string,
    maxBytes = maxBodyBytes,
  ): Promise<Static<Shape>> {
    if (response.statusCode !== 200) throw await refusal(response, this.address);
    const where = this.#where(path);
    const bytes = await collect(response, maxBytes, 'PEER_ANSWER_INVALID', where);
    return parseJson(shape, bytes, 'PEER_ANSWER_INVALID', where);
  }
}
