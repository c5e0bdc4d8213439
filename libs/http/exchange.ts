import type { IncomingMessage, ServerResponse } from 'node:http';
import { isOwnCheck, type Transfer } from '#libs/delivery';
import { asBranchlineError, type BranchlineError, type ErrorCode } from '#libs/errors';
import type { Clock } from '#libs/lifecycle';
import type { Logger, TransferDirection, TransferOutcome } from '#libs/observe';
import type { Connection } from './connection.ts';
import { refusalOf, type Refusal } from './refusal.ts';
import type { WebLimits } from './web-limits.ts';

export interface ExchangeOptions {
  readonly name: 'http' | 'https';
  readonly log: Logger;
  readonly clock: Clock;
  readonly limits: WebLimits;
  readonly onTransfer?: ((transfer: Transfer) => void) | undefined;
}

/** Of a body that nobody wants, so much is still taken: a client that is cut off while it sends may never read why. */
const drainedBytes = 1024 * 1024;

/** One request of a telephone, its answer, and what is told of both. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly #options: ExchangeOptions;
  readonly #startedAt = performance.now();
  direction: TransferDirection = 'download';
  name: string;
  /** What was asked for, when its substitute is given. */
  insteadOf: string | undefined;
  /** Of what was stored. */
  sha256: string | undefined;
  bytes = 0;
  code: ErrorCode | undefined;
  refused = false;
  /** True once the phone was told to send the body that it holds back (RFC 9110 § 10.1.1). */
  #continued = false;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
    options: ExchangeOptions,
  ) {
    this.request = request;
    this.response = response;
    this.connection = connection;
    this.#options = options;
    // Queries may hold what nobody should read in a log.
    const { url = '' } = request;
    const query = url.indexOf('?');
    this.name = url.slice(0, query === -1 ? 200 : Math.min(query, 200));
  }

  /** Before the answer: the connection will be told when that is over, however it ended. */
  begin(): void {
    this.response.on('close', () => {
      this.#report();
      this.connection.done();
    });
    this.allow(0);
  }

  run(answer: () => Promise<void>): void {
    answer().catch((thrown: unknown) => {
      this.#fail(asBranchlineError(thrown));
    });
  }

  /** As `run`, for an answer that is given at once. */
  runNow(answer: () => void): void {
    try {
      answer();
    } catch (error) {
      this.#fail(asBranchlineError(error));
    }
  }

  /** Give the answer the time that its length deserves. */
  allow(bytes: number): void {
    const { clock, limits } = this.#options;
    this.connection.deadline = clock.now() + limits.stallMs + this.#timeFor(bytes);
  }

  /** So many bytes of the body came: they earn time, but never more than one stall's worth ahead. */
  received(bytes: number): void {
    this.bytes += bytes;
    const { connection } = this;
    const latest = this.#options.clock.now() + this.#options.limits.stallMs;
    connection.deadline = Math.min((connection.deadline ?? latest) + this.#timeFor(bytes), latest);
  }

  #timeFor(bytes: number): number {
    return (bytes / this.#options.limits.minBytesPerSecond) * 1000;
  }

  /** The body is wanted: a phone that waits for this word sends it now. */
  continue(): void {
    if (this.#awaitsContinue()) this.response.writeContinue();
    this.#continued = true;
  }

  head(status: number, headers: string[]): void {
    this.response.writeHead(status, this.#withConnection(headers));
  }

  refuse({ status, headers, body }: Refusal): void {
    const { response } = this;
    this.refused = true;
    const unread = this.#bodyUnread() && !this.#awaitsContinue() && !this.connection.broken;
    this.head(status, headers);
    if (!unread) {
      response.end(body);
      return;
    }
    response.write(body);
    this.#drain(() => response.end());
  }

  /** Once the head is out, cutting the connection is the only honest way to say that the rest will not come. */
  #fail(error: BranchlineError): void {
    const { response, connection } = this;
    this.code = error.code;
    const { log } = this.#options;
    if (error.code === 'INTERNAL') log.error({ err: error, file: this.name }, 'request failed');
    else if (error.meaning.fault === 'operator') {
      log.warn({ code: error.code, reason: error.message, file: this.name }, 'request refused');
    }
    if (response.headersSent || response.destroyed) connection.destroy();
    else this.refuse(refusalOf(error));
  }

  /** The connection ends with the answer when a body follows that nobody will read, or when the server is stopping. */
  #withConnection(headers: string[]): string[] {
    const { connection } = this;
    if (this.#bodyUnread()) connection.lastRequest();
    return connection.last ? [...headers, 'Connection', 'close'] : headers;
  }

  #bodyUnread(): boolean {
    const { 'content-length': length = '0', 'transfer-encoding': coding } = this.request.headers;
    return (length !== '0' || coding !== undefined) && !this.request.complete;
  }

  #awaitsContinue(): boolean {
    const { headers, httpVersionMinor } = this.request;
    const expects = headers.expect?.toLowerCase() === '100-continue' && httpVersionMinor > 0;
    return expects && !this.#continued;
  }

  #drain(then: () => void): void {
    const { request, connection } = this;
    const { clock, limits } = this.#options;
    connection.deadline = clock.now() + limits.drainMs;
    let left = drainedBytes;
    const end = (): void => {
      request.off('data', take).off('end', end).off('error', end).off('close', end);
      request.on('error', () => undefined);
      then();
    };
    const take = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left < 0) end();
    };
    request.on('data', take).on('end', end).on('error', end).on('close', end);
    request.resume();
  }

  #report(): void {
    const { request, response, connection, direction, name, bytes, refused, code } = this;
    const { insteadOf, sha256 } = this;
    const { name: server, log, onTransfer } = this.#options;
    const ms = Math.round(performance.now() - this.#startedAt);
    const { address } = connection;
    const outcome: TransferOutcome = refused
      ? 'refused'
      : response.writableFinished
        ? 'done'
        : 'failed';
    const why =
      code ?? (outcome === 'failed' ? (connection.cutBecause ?? 'PHONE_STOPPED') : undefined);
    const status = response.statusCode;
    const done = insteadOf === undefined ? doneMessages[direction] : 'substitute sent';
    const message = outcome === 'done' ? done : messages[outcome];
    const facts: LoggedTransfer = { phone: address, file: name, bytes, ms, status, outcome };
    if (insteadOf !== undefined) facts.insteadOf = insteadOf;
    if (why !== undefined) facts.code = why;
    if (isOwnCheck(address, name)) log.debug(facts, message);
    else log.info(facts, message);
    if (onTransfer === undefined) return;
    const agent = request.headers['user-agent']?.slice(0, 200);
    const transfer: Told<Transfer> = {
      kind: 'transfer',
      server,
      direction,
      address,
      agent,
      name,
      bytes,
      ms,
      outcome,
    };
    if (sha256 !== undefined) transfer.sha256 = sha256;
    if (insteadOf !== undefined) transfer.insteadOf = insteadOf;
    if (why !== undefined) transfer.code = why;
    onTransfer(transfer);
  }
}

/** While it is put together: most have neither a substitute nor a code, and spreading costs as much as all the rest. */
type Told<T> = { -readonly [Key in keyof T]: T[Key] };

/** One line of the log. */
interface LoggedTransfer {
  readonly phone: string;
  readonly file: string;
  readonly bytes: number;
  /** From the request to its end. */
  readonly ms: number;
  readonly status: number;
  readonly outcome: TransferOutcome;
  insteadOf?: string;
  code?: ErrorCode;
}

const messages = { failed: 'file cut short', refused: 'file refused' } as const;
const doneMessages = {
  download: 'file sent',
  upload: 'file saved',
  removal: 'file removed',
} as const;
