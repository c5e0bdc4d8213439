import { PieceBuffers, type Delivery, type ServedFile, type TreeName } from '#libs/delivery';
import type { Clock } from '#libs/lifecycle';
import type { Exchange } from './exchange.ts';
import { answerFile, type FileAnswer } from './file-answer.ts';
import { PlainTargets } from './plain-targets.ts';
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

const budgetBytes = 16 * 1024 * 1024;
const plainPieceBytes = 256 * 1024;
/** TLS holds what it has encrypted beside the piece that it came from, in buffers that only grow. */
const securedPieceBytes = 64 * 1024;

/** Answers telephones that ask for files: GET and HEAD of RFC 9110, never chunked, always with a length. */
export class DownloadHandler {
  readonly #options: DownloadHandlerOptions;
  readonly #buffers: PieceBuffers;
  readonly #maxPieceBytes: number;
  readonly #names = new PlainTargets();
  /** What is in memory is sent at once up to this many bytes: by TLS each download has a copy of its own. */
  readonly #wholeBytes: number;

  constructor(options: DownloadHandlerOptions) {
    const { secured } = options;
    this.#options = options;
    this.#maxPieceBytes = secured ? securedPieceBytes : plainPieceBytes;
    this.#buffers = new PieceBuffers({ budgetBytes, maxPieceBytes: this.#maxPieceBytes });
    this.#wholeBytes = secured ? securedPieceBytes : Infinity;
  }

  /** Bytes of large files that wait in memory for the network. */
  get bufferedBytes(): number {
    return this.#buffers.lentBytes;
  }

  /**
   * Answer with a file that is held in memory, at the end of this turn of the event loop. False: `answer` has to; where
   * it comes to light later, it is asked by itself.
   */
  answerSoon(exchange: Exchange): boolean {
    const { tree, delivery } = this.#options;
    const name = this.#names.get(exchange.request.url ?? '');
    if (name === undefined || delivery.findSoon === undefined) return false;
    const { address } = exchange.connection;
    return delivery.findSoon({ tree, name, address }, (file) => {
      if (file === undefined || file.size > this.#wholeBytes) {
        exchange.run(() => this.answer(exchange));
        return;
      }
      exchange.name = file.name;
      exchange.runNow(() => {
        this.#sendWhole(exchange, file, this.#decide(exchange, file));
      });
    });
  }

  async answer(exchange: Exchange): Promise<void> {
    const { tree, delivery, uploads } = this.#options;
    const target = exchange.request.url ?? '';
    const name = nameInTarget(target);
    exchange.name = name.slice(0, 200);
    if (uploads.none || uploads.placeOf(name) === undefined) this.#names.note(target, name);
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
    const { response } = exchange;
    const answer = this.#decide(exchange, file);
    const bodiless = exchange.request.method === 'HEAD' || answer.length === 0;
    if (bodiless || (file.bytes !== undefined && answer.length <= this.#wholeBytes)) {
      this.#sendWhole(exchange, file, answer);
      return;
    }
    exchange.head(answer.status, answer.headers);
    const [buffers, maxPieceBytes] = [this.#buffers, this.#maxPieceBytes];
    const sent = (bytes: number): void => {
      exchange.bytes += bytes;
    };
    const { first, length } = answer;
    await sendPieces(response, file, { first, length, buffers, maxPieceBytes, sent });
    response.end();
  }

  #decide(exchange: Exchange, file: ServedFile): FileAnswer {
    const { method = '', headers } = exchange.request;
    const answer = answerFile(method, headers, file, this.#options.clock.now());
    exchange.refused = answer.status >= 400;
    exchange.allow(answer.length);
    return answer;
  }

  #sendWhole(exchange: Exchange, { bytes, size }: ServedFile, answer: FileAnswer): void {
    const { request, response } = exchange;
    const { first, length, text } = answer;
    exchange.head(answer.status, answer.headers);
    if (request.method === 'HEAD' || length === 0) {
      response.end();
      return;
    }
    if (text !== undefined) response.end(text, 'latin1');
    else response.end(length === size ? bytes : bytes?.subarray(first, first + length));
    exchange.bytes = length;
  }
}
