import { Readable } from 'node:stream';
import type { Static, TSchema } from 'typebox';
import { BranchlineError } from '#libs/errors';
import type { UploadKind } from '#libs/journal';
import type { Ask } from './connection.ts';
import { OfferAnswer, UploadAnswer, type Problem, type UploadFile } from './shapes.ts';
import { encodeFrames, type FramedFile } from './upload-frames.ts';

/** How the uploads reach the hub: a request, and its answer in a shape. */
export type AskForShape = <const Shape extends TSchema>(
  request: Ask,
  shape: Shape,
  signal: AbortSignal | undefined,
) => Promise<Static<Shape>>;

/** Longest wait for the hub's acknowledgement after the last byte: its disk may be slow, and the body has a time of its own. */
const acknowledgeMs = 120_000;

/** The branch's end of what goes up (docs/protocol.md § 8); throws what `HubClient` does. */
export class HubUploads {
  readonly #ask: AskForShape;

  constructor(ask: AskForShape) {
    this.#ask = ask;
  }

  /** Say what is here, at most `maxOfferFiles`; the hub says what it lacks. */
  async offer(
    kind: UploadKind,
    files: readonly UploadFile[],
    signal?: AbortSignal,
  ): Promise<OfferAnswer> {
    const request: Ask = {
      method: 'POST',
      path: `/v1/uploads/${kind}/offer`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ files }),
    };
    return await this.#ask(request, OfferAnswer, signal);
  }

  /**
   * Send the bytes of one file from `from` on; `body` gives exactly the rest. When it resolves, the file is safe at the hub.
   * @throws BranchlineError also with what the hub finds wrong with the file: LENGTH_MISMATCH, DIGEST_MISMATCH, …
   */
  async send(
    kind: UploadKind,
    file: UploadFile,
    from: number,
    body: AsyncIterable<Buffer>,
    signal?: AbortSignal,
  ): Promise<void> {
    const query = new URLSearchParams({ name: file.name, modified: String(file.modified) });
    const request: Ask = {
      method: 'PUT',
      path: `/v1/uploads/${kind}/${file.sha256}?${query.toString()}`,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(file.size - from),
        'content-range': `bytes ${from}-${Math.max(from, file.size - 1)}/${file.size}`,
      },
      body: Readable.from(body, { objectMode: false }),
      headersTimeout: acknowledgeMs,
    };
    await this.#ask(request, UploadAnswer, signal);
  }

  /** Send small files in one body: for each, what the hub finds wrong with it, or undefined when it is safe there. */
  async sendAll(
    kind: UploadKind,
    files: readonly FramedFile[],
    signal?: AbortSignal,
  ): Promise<(Problem | undefined)[]> {
    const request: Ask = {
      method: 'POST',
      path: `/v1/uploads/${kind}`,
      headers: { 'content-type': 'application/octet-stream' },
      body: encodeFrames(files),
      headersTimeout: acknowledgeMs,
    };
    const { results } = await this.#ask(request, UploadAnswer, signal);
    if (results.length !== files.length) {
      throw new BranchlineError(
        'PEER_ANSWER_INVALID',
        `the hub answered for ${results.length} of ${files.length} files`,
      );
    }
    return results.map(({ problem }) => problem);
  }
}
