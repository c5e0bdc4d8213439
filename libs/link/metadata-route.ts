import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { MemoryPieces } from './send-pieces.ts';
import { sendBody, type BodyOptions } from './send-body.ts';
import { metadataName } from './shapes.ts';

/** The signed release as a hub gives it away. */
export interface ServedRelease {
  /** Bytes of a metadata file, or undefined when there is none of that name. */
  read(name: string): Promise<Buffer | undefined>;
  /** Number of the newest release. */
  version(): number;
}

/** The newest files are the same buffers at each request: they are hashed once. */
const etags = new WeakMap<Buffer, string>();

/** GET /v1/metadata/NAME: versioned files never change, the timestamp is asked for again and again. */
export async function metadataRoute(
  release: ServedRelease,
  options: BodyOptions,
  branch: string,
  name: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const bytes = metadataName.test(name) ? await release.read(name) : undefined;
  if (bytes === undefined) {
    throw new BranchlineError('NOT_FOUND', `no metadata file ${JSON.stringify(name.slice(0, 80))}`);
  }
  const etag = etagOf(bytes);
  const cache = name === 'timestamp.json' ? 'no-cache' : 'private, immutable, max-age=31536000';
  const headers = { etag, 'cache-control': cache };
  if (request.headers['if-none-match'] === etag) {
    await reply.headers(headers).code(304).send();
    return;
  }
  reply.hijack();
  reply.raw.writeHead(200, {
    ...headers,
    'content-type': 'application/json',
    'content-length': String(bytes.length),
  });
  const source = new MemoryPieces(bytes);
  await sendBody(options, branch, source, { first: 0, last: bytes.length - 1 }, reply.raw);
}

function etagOf(bytes: Buffer): string {
  const known = etags.get(bytes);
  if (known !== undefined) return known;
  const etag = `"sha256-${createHash('sha256').update(bytes).digest('hex')}"`;
  etags.set(bytes, etag);
  return etag;
}
