import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Delivery, TreeName } from '#libs/delivery';
import type { Connection } from './connection.ts';
import { DownloadHandler } from './download-handler.ts';
import { Exchange, type ExchangeOptions } from './exchange.ts';
import { UploadHandler } from './upload-handler.ts';
import { UploadSpaces, type UploadSpace } from './upload-spaces.ts';

export interface RequestHandlerOptions extends ExchangeOptions {
  readonly tree: TreeName;
  readonly delivery: Delivery;
  readonly uploads: readonly UploadSpace[];
}

/** Answers the requests of telephones, one at a time for each connection. */
export class RequestHandler {
  readonly #options: RequestHandlerOptions;
  readonly #downloads: DownloadHandler;
  readonly #uploads: UploadHandler;

  constructor(options: RequestHandlerOptions) {
    const { name, tree, delivery, clock } = options;
    const secured = name === 'https';
    const uploads = new UploadSpaces(options.uploads, tree, delivery);
    this.#options = options;
    this.#downloads = new DownloadHandler({ secured, tree, delivery, uploads, clock });
    this.#uploads = new UploadHandler(uploads);
  }

  /** Bytes of large files that wait in memory for the network. */
  get bufferedBytes(): number {
    return this.#downloads.bufferedBytes;
  }

  handle(request: IncomingMessage, response: ServerResponse, connection: Connection): void {
    const exchange = new Exchange(request, response, connection, this.#options);
    const reads = request.method === 'GET' || request.method === 'HEAD';
    exchange.begin();
    if (reads && this.#downloads.answerSoon(exchange)) return;
    exchange.run(() => (reads ? this.#downloads : this.#uploads).answer(exchange));
  }
}
