import type { FileHandle } from 'node:fs/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import type { ContentStore } from '#libs/files';
import { contentRange } from './content-range.ts';
import type { FileSlots } from './file-slots.ts';
import { sendProblem } from './problem.ts';
import { sendBody, type BodyOptions } from './send-body.ts';
import { FilePieces } from './send-pieces.ts';

export interface SendFileOptions extends BodyOptions {
  readonly slots: FileSlots;
}

export interface FileRouteOptions extends SendFileOptions {
  readonly store: Pick<ContentStore, 'open'>;
}

/** Seconds after which a branch that found no slot may ask again. */
const retryAfter = 5;

const sha256Hex = /^[0-9a-f]{64}$/;

/** GET and HEAD /v1/files/SHA256: one content, whole or from a place on; its strong ETag is its name. */
export async function fileRoute(
  options: FileRouteOptions,
  branch: string,
  sha256: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const file = sha256Hex.test(sha256) ? await options.store.open(sha256) : undefined;
  if (file === undefined) {
    throw new BranchlineError(
      'PEER_LACKS_FILE',
      `no content ${sha256.slice(0, 64)} is here; refresh the metadata and see what is`,
    );
  }
  await sendFile(options, branch, file, sha256, request, reply);
}

/** An open file with that sum, as the request wants it: whole, from a place on, or not at all. Closes it. */
export async function sendFile(
  options: SendFileOptions,
  branch: string,
  file: FileHandle,
  sha256: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  let giveBack: (() => void) | undefined;
  try {
    const { size } = await file.stat();
    const head = headOf(request, `"sha256-${sha256}"`, size);
    if (head.refusal !== undefined) {
      const error = new BranchlineError('LINK_REQUEST_INVALID', head.refusal);
      await sendProblem(reply, error, { status: head.status, headers: head.headers });
      return;
    }
    giveBack = request.method === 'HEAD' ? () => undefined : options.slots.take(branch);
    if (giveBack === undefined) {
      await sendProblem(reply, allSlotsTaken(), { retryAfter });
      return;
    }
    reply.hijack();
    reply.raw.writeHead(head.status, head.headers);
    if (request.method === 'HEAD' || head.last < head.first) {
      reply.raw.end();
      return;
    }
    const source = new FilePieces(file, head.last - head.first + 1);
    await sendBody(options, branch, source, head, reply.raw);
  } finally {
    giveBack?.();
    await file.close();
  }
}

interface Head {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly first: number;
  /** Smaller than `first` when there is no body. */
  readonly last: number;
  readonly refusal?: string;
}

function headOf(request: FastifyRequest, etag: string, size: number): Head {
  const always = {
    etag,
    'accept-ranges': 'bytes',
    'cache-control': 'private, immutable, max-age=31536000',
  };
  const nothing = { headers: always, first: 0, last: -1 };
  const {
    'if-match': ifMatch,
    'if-none-match': ifNoneMatch,
    'if-range': ifRange,
  } = request.headers;
  if (ifMatch !== undefined && !names(ifMatch, etag)) {
    return { ...nothing, status: 412, refusal: `this content is ${etag}` };
  }
  if (ifNoneMatch !== undefined && names(ifNoneMatch, etag)) return { ...nothing, status: 304 };
  const wanted = ifRange === undefined || ifRange === etag ? request.headers.range : undefined;
  const range = contentRange(wanted, size);
  if (range === 'unsatisfiable') {
    const headers = { ...always, 'content-range': `bytes */${size}` };
    return { ...nothing, headers, status: 416, refusal: `this content has ${size} bytes` };
  }
  const { first, last } = range === 'whole' ? { first: 0, last: size - 1 } : range;
  return {
    status: range === 'whole' ? 200 : 206,
    headers: {
      ...always,
      'content-type': 'application/octet-stream',
      'content-length': String(last - first + 1),
      ...(range !== 'whole' && { 'content-range': `bytes ${first}-${last}/${size}` }),
    },
    first,
    last,
  };
}

/** True when a list of entity tags (RFC 9110 § 13.1.1) holds ours; weak ones never match. */
function names(list: string, etag: string): boolean {
  return list.split(',').some((tag) => tag.trim() === etag || tag.trim() === '*');
}

function allSlotsTaken(): BranchlineError {
  return new BranchlineError('PEER_BUSY', 'all download slots are taken; ask again shortly');
}
