import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { metadataName } from './shapes.ts';

/** The signed release as a hub gives it away. */
export interface ServedRelease {
  /** Bytes of a metadata file, or undefined when there is none of that name. */
  read(name: string): Promise<Buffer | undefined>;
  /** Number of the newest release. */
  version(): number;
}

/** GET /v1/metadata/NAME: versioned files never change, the timestamp is asked for again and again. */
export async function metadataRoute(
  release: ServedRelease,
  name: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const bytes = metadataName.test(name) ? await release.read(name) : undefined;
  if (bytes === undefined) {
    throw new BranchlineError('NOT_FOUND', `no metadata file ${JSON.stringify(name.slice(0, 80))}`);
  }
  const etag = `"sha256-${createHash('sha256').update(bytes).digest('hex')}"`;
  reply.header('etag', etag);
  reply.header(
    'cache-control',
    name === 'timestamp.json' ? 'no-cache' : 'private, immutable, max-age=31536000',
  );
  if (request.headers['if-none-match'] === etag) {
    await reply.code(304).send();
    return;
  }
  await reply.type('application/json').send(bytes);
}
