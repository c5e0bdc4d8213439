import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { requireToken } from './api-token.ts';
import { registered, sendText } from './send.ts';
import type { DraftLook, RollBackAnswer, UpdateList } from './update-shapes.ts';
import { updateRoutes } from './updates-api.ts';

/** Where decisions about updates are carried out. Each throws BranchlineError. */
export interface UpdateControl {
  list(page: { readonly limit: number; readonly offset: number }): Promise<UpdateList>;
  upload(upload: {
    readonly name: string;
    readonly by: string;
    /** Bytes, where the sender has said so. */
    readonly size: number | undefined;
    readonly body: AsyncIterable<Buffer>;
  }): Promise<DraftLook>;
  look(draft: string): Promise<DraftLook>;
  discard(draft: string, by: string): Promise<void>;
  publish(draft: string, replaces: string | undefined, by: string): Promise<void>;
  lookAtRollBack(choice: RollBackQuery): Promise<RollBackAnswer>;
  rollBack(choice: RollBackQuery, by: string): Promise<RollBackAnswer>;
  withdraw(name: string, sha256: string, by: string): Promise<void>;
}

export interface RollBackQuery {
  readonly name: string;
  readonly here: boolean;
  readonly to: string | undefined;
}

const usualPage = 50;
/** Looking into the largest archive and copying it takes this long on the slowest disk, in milliseconds. */
const longestMs = 10 * 60_000;

interface By {
  readonly by?: string;
}
interface Back extends By {
  readonly name: string;
  readonly here?: boolean;
  readonly to?: string;
}
interface Draft {
  readonly draft: string;
}

/** All of it secured: it names people, and changes what telephones get. */
export function updatesRoute(
  app: FastifyInstance,
  { apiToken, updates }: { readonly apiToken: string | undefined; readonly updates: UpdateControl },
): void {
  const { upload, ...small } = guarded(apiToken);

  app.route<{ Querystring: { limit?: number; offset?: number } }>({
    ...small.updates,
    handler: async (request, reply) => {
      const { limit = usualPage, offset = 0 } = request.query;
      const body = JSON.stringify(await updates.list({ limit, offset }));
      return await sendText(request, reply, body, 'application/json; charset=utf-8');
    },
  });
  app.route<{ Params: Draft }>({
    ...small.draft,
    handler: async (request, reply) => {
      patient(request);
      const body = JSON.stringify(await updates.look(request.params.draft));
      return await sendText(request, reply, body, 'application/json; charset=utf-8');
    },
  });
  app.route<{ Params: Draft; Querystring: By }>({
    ...small.discardDraft,
    handler: async (request, reply) => {
      await updates.discard(request.params.draft, byOf(request.query));
      return await reply.code(204).send();
    },
  });
  app.route<{ Params: Draft; Querystring: By & { replaces?: string } }>({
    ...small.publishDraft,
    handler: async (request, reply) => {
      patient(request);
      const { replaces } = request.query;
      await updates.publish(request.params.draft, replaces, byOf(request.query));
      return await reply.code(204).send();
    },
  });
  app.route<{ Querystring: Back }>({
    ...small.lookAtRollBack,
    handler: async (request) => await updates.lookAtRollBack(choiceOf(request.query)),
  });
  app.route<{ Querystring: Back }>({
    ...small.rollBack,
    handler: async (request) => {
      patient(request);
      return await updates.rollBack(choiceOf(request.query), byOf(request.query));
    },
  });
  app.route<{ Querystring: By & { name: string; sha256: string } }>({
    ...small.withdrawUpdate,
    handler: async (request, reply) => {
      const { name, sha256 } = request.query;
      await updates.withdraw(name, sha256, byOf(request.query));
      return await reply.code(204).send();
    },
  });

  // In a room of its own: only here a body is a stream, and may be larger than a few kilobytes.
  void app.register((room, _options, done) => {
    room.removeAllContentTypeParsers();
    room.addContentTypeParser('*', (_request, payload, next) => {
      next(null, payload);
    });
    room.route<{ Querystring: By & { name: string } }>({
      ...upload,
      handler: async (request, reply) => {
        const { name } = request.query;
        const body = wholeBody(request);
        const look = await updates.upload({ name, by: byOf(request.query), ...body });
        return await reply.code(201).send(look);
      },
    });
    done();
  });
}

/** True for the one request whose body takes as long as the sender's line makes it; silence ends it all the same. */
export const takesLong = ({ method, routeOptions: { url } }: FastifyRequest): boolean =>
  method === updateRoutes.uploadUpdate.method && url === updateRoutes.uploadUpdate.url;

/** Before the body is read: who may not command is not listened to. */
function guarded(apiToken: string | undefined) {
  const guard = (route: Parameters<typeof registered>[0]) => ({
    ...registered(route),
    onRequest: (
      request: { headers: { authorization?: string | undefined } },
      _reply: unknown,
      done: () => void,
    ) => {
      requireToken(apiToken, request.headers.authorization);
      done();
    },
  });
  return {
    updates: guard(updateRoutes.updates),
    upload: guard(updateRoutes.uploadUpdate),
    draft: guard(updateRoutes.draft),
    discardDraft: guard(updateRoutes.discardDraft),
    publishDraft: guard(updateRoutes.publishDraft),
    lookAtRollBack: guard(updateRoutes.lookAtRollBack),
    rollBack: guard(updateRoutes.rollBack),
    withdrawUpdate: guard(updateRoutes.withdrawUpdate),
  };
}

/** Bytes as they come; one that is cut off ends in an error, never early. */
function wholeBody(request: FastifyRequest): {
  size: number | undefined;
  body: AsyncIterable<Buffer>;
} {
  const length = request.headers['content-length'];
  return {
    size: length === undefined ? undefined : Number(length),
    body: (async function* () {
      try {
        // Without an encoding set, Node gives buffers.
        for await (const chunk of request.raw) yield chunk as Buffer;
      } catch (cause) {
        const why = 'the upload was cut off, and nothing of it was kept: send it again';
        throw new BranchlineError('INTERRUPTED', why, { cause });
      }
      patient(request);
    })(),
  };
}

/** The work after the last byte may be longer than a silent connection is kept. */
function patient({ raw: { socket } }: FastifyRequest): void {
  socket.setTimeout(longestMs);
}

const byOf = ({ by }: By): string => (by === undefined || by === '' ? 'operator' : by);

const choiceOf = ({ name, here = false, to }: Back): RollBackQuery => ({ name, here, to });
