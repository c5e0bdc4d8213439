import multipart, { type MultipartFile } from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { collectYoung } from '#libs/lifecycle';
import type { Desk } from './manager-page.ts';
import type { UpdatesSource } from './updates-source.ts';

/** The server holds uploads to MaxArchiveMB; this is only so that none is endless. */
const maxBytes = 64 * 1024 ** 3;
/** What has gone through is given back after so many bytes. */
const collectBytes = 8 * 1_048_576;
/** Looking into the largest archive after its last byte takes this long on the slowest disk, in milliseconds. */
const longestMs = 10 * 60_000;

/** An upload goes through to the server as it comes: here it is neither kept nor gathered. */
export function registerUpload(app: FastifyInstance, desk: Desk, source: UpdatesSource): void {
  // In a room of its own: everywhere else a form is a form.
  void app.register(async (room) => {
    await room.register(multipart, {
      limits: { fileSize: maxBytes, files: 1, fields: 2, fieldSize: 200, parts: 3 },
    });
    room.post('/updates/upload', { config: { csrfInBody: true } }, async (request, reply) => {
      const file = await firstFile(request, desk);
      const by = `administrator ${desk.account(request)} at ${request.ip}`;
      const body = wholeFile(file, request);
      const { draft } = await source.upload({ name: file.filename, by, body });
      const to = `/updates/draft/${draft.id}`;
      // The script goes there by itself; a form is sent there.
      if (request.headers.accept === 'application/json') return await reply.send({ to });
      return await reply.redirect(to, 303);
    });
  });
}

/** The token stands in front of the file: who may not upload is not listened to. */
async function firstFile(request: FastifyRequest, desk: Desk): Promise<MultipartFile> {
  if (!request.isMultipart()) throw new BranchlineError('USAGE', 'choose a file, then send it');
  let token: unknown;
  for await (const part of request.parts()) {
    if (part.type === 'file') {
      desk.requireCsrf(request, token);
      if (part.filename === '') throw new BranchlineError('USAGE', 'choose a file first');
      return part;
    }
    if (part.fieldname === '_csrf') token = part.value;
  }
  throw new BranchlineError('USAGE', 'choose a file first');
}

/** Ends early only with an error: half a file must not look like a whole one. */
async function* wholeFile(
  { file }: MultipartFile,
  request: FastifyRequest,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    let passed = 0;
    // Without an encoding set, it gives buffers.
    for await (const chunk of file) {
      yield chunk as Buffer;
      passed += (chunk as Buffer).length;
      if (passed < collectBytes) continue;
      passed = 0;
      collectYoung();
    }
  } catch (cause) {
    throw cutOff(cause);
  }
  if (file.truncated) throw new BranchlineError('FILE_TOO_LARGE', 'the file is too large');
  if (request.raw.destroyed && !request.raw.complete) throw cutOff();
  request.raw.socket.setTimeout(longestMs);
}

const cutOff = (cause?: unknown): BranchlineError =>
  new BranchlineError('INTERRUPTED', 'the upload was cut off, and nothing of it was kept', {
    cause,
  });
