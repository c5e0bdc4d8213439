import type { Server } from 'node:https';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { uploadKinds, type UploadKind } from '#libs/journal';
import type { Admit } from './admit-peer.ts';
import { FileSlots } from './file-slots.ts';
import type { HubLimits } from './hub-limits.ts';
import { linger } from './linger.ts';
import { parseShape } from './parse.ts';
import { maxOfferBytes, Offer, UploadFile, type OfferAnswer, type UploadAnswer } from './shapes.ts';
import { uploadBody } from './upload-body.ts';
import { decodeFrames, maxFramesBytes } from './upload-frames.ts';
import type { UploadIntake } from './upload-intake.ts';

/** A head of each small file beside its bytes. */
const maxFramesBody = maxFramesBytes + 2 * 1024 * 1024;

/** A crowd of branches that are told to sync now is taken in turn; nothing of a body is read before. */
const slotWaitMs = 20_000;

export interface UploadRoutesOptions {
  readonly intake: UploadIntake;
  readonly limits: HubLimits;
  readonly admit: Admit;
}

interface KindParams {
  Params: { kind: string };
}

interface FileParams {
  Params: { kind: string; sha256: string };
  Querystring: { name?: string; modified?: string };
}

/** What comes up: offer, then what is lacking, one large file or many small ones in a body (docs/protocol.md § 8). */
export function uploadRoutes(
  http: FastifyInstance<Server>,
  { intake, limits, admit }: UploadRoutesOptions,
): void {
  const slots = new FileSlots(limits.uploads, limits.uploadsPerBranch);
  http.addContentTypeParser('application/octet-stream', (_request, payload, done) => {
    done(null, payload);
  });
  http.post<KindParams>(
    '/v1/uploads/:kind/offer',
    { bodyLimit: maxOfferBytes },
    async (request, reply): Promise<OfferAnswer> => {
      const { name } = await admit(request, reply);
      const kind = kindOf(request.params.kind);
      const { files } = parseShape(
        Offer,
        request.body,
        'LINK_REQUEST_INVALID',
        `the offer of ${name}`,
      );
      return { ledger: intake.ledger, lacking: await intake.lacking(name, kind, files) };
    },
  );
  const idleMs = limits.uploadIdleMs;
  http.post<KindParams>('/v1/uploads/:kind', async (request, reply): Promise<UploadAnswer> => {
    const { name } = await admit(request, reply);
    const kind = kindOf(request.params.kind);
    return await withSlot(slots, name, request, reply, async () => {
      const pieces: Buffer[] = [];
      const body = uploadBody(bodyOf(request), { idleMs, maxBytes: maxFramesBody });
      for await (const piece of body) pieces.push(piece);
      const results = await intake.receiveAll(name, kind, decodeFrames(Buffer.concat(pieces)));
      return { results: results.map((problem) => (problem === undefined ? {} : { problem })) };
    });
  });
  http.put<FileParams>(
    '/v1/uploads/:kind/:sha256',
    async (request, reply): Promise<UploadAnswer> => {
      const { name } = await admit(request, reply);
      const kind = kindOf(request.params.kind);
      const { file, from } = uploadOf(request);
      return await withSlot(slots, name, request, reply, async () => {
        const maxBytes = file.size - from;
        const body = uploadBody(bodyOf(request), { idleMs, maxBytes });
        await intake.receive(name, kind, file, from, body);
        return { results: [{}] };
      });
    },
  );
}

/** True for the bodies that take as long as the line needs. */
export const isUpload = ({ method, routeOptions: { url } }: FastifyRequest): boolean =>
  (method === 'POST' && url === '/v1/uploads/:kind') ||
  (method === 'PUT' && url === '/v1/uploads/:kind/:sha256');

async function withSlot<T>(
  slots: FileSlots,
  branch: string,
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<T>,
): Promise<T> {
  const giveBack = await slots.wait(branch, slotWaitMs);
  try {
    if (giveBack === undefined) {
      throw new BranchlineError('PEER_BUSY', 'all upload slots are taken; ask again shortly');
    }
    return await work();
  } catch (error) {
    linger(request, reply);
    throw error;
  } finally {
    giveBack?.();
  }
}

function kindOf(value: string): UploadKind {
  const kind = uploadKinds.find((known) => known === value);
  if (kind !== undefined) return kind;
  throw new BranchlineError(
    'LINK_REQUEST_INVALID',
    `there is no kind of upload ${JSON.stringify(value.slice(0, 40))}; there are ${uploadKinds.join(', ')}`,
  );
}

function bodyOf({ body }: FastifyRequest): Readable {
  if (body instanceof Readable) return body;
  throw new BranchlineError(
    'LINK_REQUEST_INVALID',
    'an upload has a body of type application/octet-stream',
  );
}

const contentRange = /^bytes (\d{1,15})-(\d{1,15})?\/(\d{1,15})$/;

/** What is uploaded, from its address, and the place of the body in it, from Content-Range. */
function uploadOf(request: FastifyRequest<FileParams>): { file: UploadFile; from: number } {
  const { sha256 } = request.params;
  const { name, modified } = request.query;
  const range = contentRange.exec(request.headers['content-range'] ?? '');
  const [, from, , size] = (range ?? []).map(Number);
  if (from === undefined || size === undefined || from > size) {
    throw new BranchlineError(
      'LINK_REQUEST_INVALID',
      'an upload says by Content-Range which bytes it brings: bytes FIRST-LAST/SIZE',
    );
  }
  const file = parseShape(
    UploadFile,
    { name, size, sha256, modified: Number(modified ?? Number.NaN) },
    'LINK_REQUEST_INVALID',
    'the address of an upload',
  );
  return { file, from };
}
