import type { IncomingMessage, ServerResponse } from 'node:http';
import { asBranchlineError, type BranchlineError, type ErrorCode } from '#libs/errors';
import {
  PieceBuffers,
  type Delivery,
  type ServedFile,
  type Transfer,
  type TreeName,
} from '#libs/delivery';
import type { Clock } from '#libs/lifecycle';
import type { Logger, TransferOutcome } from '#libs/observe';
import type { Connection } from './connection.ts';
import { answerFile } from './file-answer.ts';
import { allowedMethods, refusal, refusalOf, type Refusal } from './refusal.ts';
import { nameInTarget } from './request-target.ts';
import { sendPieces } from './send-pieces.ts';
import type { WebLimits } from './web-limits.ts';

export interface DownloadHandlerOptions {
  readonly name: 'http' | 'https';
  readonly tree: TreeName;
  readonly delivery: Delivery;
  readonly log: Logger;
  readonly clock: Clock;
  readonly limits: WebLimits;
  readonly onTransfer?: ((transfer: Transfer) => void) | undefined;
}

/** One request on its way to its answer. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly startedAt: number;
  name: string;
  insteadOf: string | undefined;
  bytes: number;
  refused: boolean;
  code: ErrorCode | undefined;
}

/** Answers telephones that ask for files: GET and HEAD of RFC 9110, never chunked, always with a length. */
export class DownloadHandler {
  readonly #options: DownloadHandlerOptions;
  readonly #buffers = new PieceBuffers();

  constructor(options: DownloadHandlerOptions) {
    this.#options = options;
  }

  /** Bytes of large files that wait in memory for the network. */
  get bufferedBytes(): number {
    return this.#buffers.lentBytes;
  }

  /** Answer one request, and tell `connection` when that is over, however it ended. */
  handle(request: IncomingMessage, response: ServerResponse, connection: Connection): void {
    const exchange: Exchange = {
      request,
      response,
      connection,
      startedAt: performance.now(),
      // Queries may hold what nobody should read in a log.
      name: (request.url ?? '').slice(0, 200).replace(/\?.*$/, ''),
      insteadOf: undefined,
      bytes: 0,
      refused: false,
      code: undefined,
    };
    response.once('close', () => {
      this.#report(exchange);
      connection.done();
    });
    this.#answer(exchange).catch((thrown: unknown) => {
      this.#fail(exchange, asBranchlineError(thrown));
    });
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { request, connection } = exchange;
    const { tree, delivery } = this.#options;
    this.#allow(exchange, 0);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      exchange.code = 'WRITE_REFUSED';
      this.#refuse(exchange, refusal(405, ['Allow', allowedMethods]));
      return;
    }
    const name = nameInTarget(request.url ?? '');
    exchange.name = name.slice(0, 200);
    const file = await delivery.find({ tree, name, address: connection.address });
    exchange.name = file.name;
    exchange.insteadOf = file.insteadOf?.slice(0, 200);
    try {
      await this.#send(exchange, file);
    } finally {
      await file.close();
    }
  }

  async #send(exchange: Exchange, file: ServedFile): Promise<void> {
    const { request, response } = exchange;
    const method = request.method ?? '';
    const answer = answerFile(method, request.headers, file, this.#options.clock.now());
    exchange.refused = answer.status >= 400;
    this.#allow(exchange, answer.length);
    response.writeHead(answer.status, this.#withConnection(exchange, answer.headers));
    if (method === 'HEAD' || answer.length === 0) {
      response.end();
    } else if (file.bytes === undefined) {
      await sendPieces(response, file, answer, this.#buffers, (bytes) => {
        exchange.bytes += bytes;
      });
      response.end();
    } else {
      const { first, length } = answer;
      response.end(length === file.size ? file.bytes : file.bytes.subarray(first, first + length));
      exchange.bytes = length;
    }
  }

  /** Once the head is out, cutting the connection is the only honest way to say that the rest will not come. */
  #fail(exchange: Exchange, error: BranchlineError): void {
    const { response, connection } = exchange;
    exchange.code = error.code;
    if (error.code === 'INTERNAL') {
      this.#options.log.error({ err: error, file: exchange.name }, 'download failed');
    }
    if (response.headersSent || response.destroyed) connection.destroy();
    else this.#refuse(exchange, refusalOf(error));
  }

  #refuse(exchange: Exchange, { status, headers, body }: Refusal): void {
    exchange.refused = true;
    exchange.response.writeHead(status, this.#withConnection(exchange, headers));
    exchange.response.end(body);
  }

  /** Give the answer the time that its length deserves. */
  #allow({ connection }: Exchange, bytes: number): void {
    const { clock, limits } = this.#options;
    connection.deadline = clock.now() + limits.stallMs + (bytes / limits.minBytesPerSecond) * 1000;
  }

  /** The connection ends with the answer when a body follows that nobody will read, or when the server is stopping. */
  #withConnection({ request, connection }: Exchange, headers: string[]): string[] {
    const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
    if (length !== '0' || coding !== undefined) connection.lastRequest();
    return connection.last ? [...headers, 'Connection', 'close'] : headers;
  }

  #report(exchange: Exchange): void {
    const { request, response, connection, startedAt, name, bytes, refused, code } = exchange;
    const { insteadOf } = exchange;
    const { name: server, log, onTransfer } = this.#options;
    const ms = Math.round(performance.now() - startedAt);
    const { address } = connection;
    const outcome: TransferOutcome = refused
      ? 'refused'
      : response.writableFinished
        ? 'done'
        : 'failed';
    const why =
      code ?? (outcome === 'failed' ? (connection.cutBecause ?? 'PHONE_STOPPED') : undefined);
    const coded = {
      ...(insteadOf !== undefined && { insteadOf }),
      ...(why !== undefined && { code: why }),
    };
    const status = response.statusCode;
    log.info(
      { phone: address, file: name, bytes, ms, status, outcome, ...coded },
      outcome === 'done' && insteadOf !== undefined ? 'substitute sent' : messages[outcome],
    );
    const agent = request.headers['user-agent']?.slice(0, 200);
    onTransfer?.({ kind: 'transfer', server, address, agent, name, bytes, ms, outcome, ...coded });
  }
}

const messages = { done: 'file sent', failed: 'file cut short', refused: 'file refused' } as const;
