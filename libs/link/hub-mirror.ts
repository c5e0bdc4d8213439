import type { MirrorArea } from '#libs/journal';
import type { Ask } from './connection.ts';
import type { FileRequest } from './download.ts';
import type { AskForShape } from './hub-uploads.ts';
import { MirrorAnswer, MirrorKeysAnswer } from './mirror-shapes.ts';
import type { MirrorAsked } from './mirror-route.ts';

/** More than the answer may take beyond the wait that was asked for. */
const answerMs = 15_000;

/** This server's end of the mirror of a pair (docs/protocol.md § 11); throws what `HubClient` does. */
export class HubMirror {
  readonly #ask: AskForShape;
  readonly #download: (path: string, sha256: string, request: FileRequest) => AsyncIterable<Buffer>;

  constructor(
    ask: AskForShape,
    download: (path: string, sha256: string, request: FileRequest) => AsyncIterable<Buffer>,
  ) {
    this.#ask = ask;
    this.#download = download;
  }

  /** What the other server has changed after `since`; waits for something up to `waitMs`. */
  async catalogue(
    { book, since, applied, waitMs }: MirrorAsked,
    signal?: AbortSignal,
  ): Promise<MirrorAnswer> {
    const query = new URLSearchParams({
      ...(book !== undefined && { book }),
      ...{ since: String(since), applied: String(applied), waitMs: String(waitMs) },
    });
    const request: Ask = {
      method: 'GET',
      path: `/v1/mirror?${query.toString()}`,
      headersTimeout: waitMs + answerMs,
    };
    return await this.#ask(request, MirrorAnswer, signal);
  }

  /** With which the other server remembers passwords of telephones, 32 bytes each. */
  async keys(signal?: AbortSignal): Promise<Buffer[]> {
    const request: Ask = { method: 'GET', path: '/v1/mirror/keys', headersTimeout: answerMs };
    const { keys } = await this.#ask(request, MirrorKeysAnswer, signal);
    return keys.map((key) => Buffer.from(key, 'hex'));
  }

  /** The bytes of a file from `from` on, as `HubClient.file`. @throws BranchlineError PEER_LACKS_FILE, LENGTH_MISMATCH. */
  file(
    area: MirrorArea,
    { name, sha256 }: { readonly name: string; readonly sha256: string },
    request: FileRequest,
  ): AsyncIterable<Buffer> {
    const query = new URLSearchParams({ area, name });
    return this.#download(`/v1/mirror/files/${sha256}?${query.toString()}`, sha256, request);
  }
}
