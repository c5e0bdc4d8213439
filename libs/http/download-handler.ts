import { PieceBuffers, type Delivery, type ServedFile, type TreeName } from '#libs/delivery';
import type { Clock } from '#libs/lifecycle';
import type { Exchange } from './exchange.ts';
import { answerFile } from './file-answer.ts';
import { nameInTarget } from './request-target.ts';
import { sendPieces } from './send-pieces.ts';
import type { UploadSpaces } from './upload-spaces.ts';

export interface DownloadHandlerOptions {
  /** True where answers go through TLS. */
  readonly secured: boolean;
  readonly tree: TreeName;
  readonly delivery: Delivery;
  readonly uploads: UploadSpaces;
  readonly clock: Clock;
}

const plainBuffers = { budgetBytes: 16 * 1024 * 1024 };
/** TLS holds what it has encrypted beside the piece that it came from, in buffers that only grow. */
const securedBuffers = { ...plainBuffers, maxPieceBytes: 64 * 1024 };

/** Answers telephones that ask for files: GET and HEAD of RFC 9110, never chunked, always with a length. */
export class DownloadHandler {
  readonly #options: DownloadHandlerOptions;
  readonly #buffers: PieceBuffers;
  /** What is in memory is sent at once up to this many bytes: by TLS each download has a copy of its own. */
  readonly #wholeBytes: number;

  constructor(options: DownloadHandlerOptions) {
    const { secured } = options;
    this.#options = options;
    this.#buffers = new PieceBuffers(secured ? securedBuffers : plainBuffers);
    this.#wholeBytes = secured ? securedBuffers.maxPieceBytes : Infinity;
  }

  /** Bytes of large files that wait in memory for the network. */
  get bufferedBytes(): number {
    return this.#buffers.lentBytes;
  }

  async answer(exchange: Exchange): Promise<void> {
    const { tree, delivery, uploads } = this.#options;
    const name = nameInTarget(exchange.request.url ?? '');
    exchange.name = name.slice(0, 200);
    const saved = uploads.none ? undefined : await uploads.read(exchange, name);
    const { address } = exchange.connection;
    const file = saved ?? (await delivery.find({ tree, name, address }));
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
    exchange.allow(answer.length);
    exchange.head(answer.status, answer.headers);
    if (method === 'HEAD' || answer.length === 0) {
      response.end();
    } else if (answer.text !== undefined) {
      response.end(answer.text, 'latin1');
      exchange.bytes = answer.length;
    } else if (file.bytes === undefined || answer.length > this.#wholeBytes) {
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
}
