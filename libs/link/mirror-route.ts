import type { Server } from 'node:https';
import type { FileHandle } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { asBranchlineError, BranchlineError } from '#libs/errors';
import type { MirrorArea, MirrorPage } from '#libs/journal';
import { admitPeer, type Admit } from './admit-peer.ts';
import { fileRoute, type FileRouteOptions } from './file-route.ts';
import { MirrorFileQuery, maxMirrorWaitMs, MirrorQuery } from './mirror-shapes.ts';
import { parseShape } from './parse.ts';

/** What the other server of a pair has read, and how long it would wait for more. */
export interface MirrorAsked {
  /** Id of the catalogue that the numbers count in; undefined when none was read yet. */
  readonly book: string | undefined;
  readonly since: number;
  /** All changes up to here are dealt with at its side. */
  readonly applied: number;
  readonly waitMs: number;
}

/** What is told to the other server of a pair, and who that is. */
export interface ToldMirror {
  /** The name under which it joined this hub. */
  readonly peer: string;
  /** Rows after a change, once there are some or the wait is over. */
  tell(asked: MirrorAsked, signal: AbortSignal): Promise<MirrorPage>;
  /** Undefined when nothing lies there. The caller closes it. @throws BranchlineError PATH_OUTSIDE_TREE, NAME_MALFORMED. */
  open(area: MirrorArea, name: string): Promise<FileHandle | undefined>;
  /** With which passwords of telephones are remembered, 32 bytes each; the other server's are among them. */
  keys(): Promise<readonly Buffer[]>;
}

export interface MirrorRouteOptions {
  readonly mirror: ToldMirror;
  readonly files: Omit<FileRouteOptions, 'store'>;
  readonly admit: Admit;
}

interface FileParams {
  Params: { sha256: string };
}

/** Who asks for a name outside of the folder has asked wrongly; what else fails is a failure of this server. */
const refuseName = (error: unknown): never => {
  const { code, message } = asBranchlineError(error);
  if (code !== 'PATH_OUTSIDE_TREE' && code !== 'NAME_MALFORMED') throw error;
  throw new BranchlineError('LINK_REQUEST_INVALID', message, { cause: error });
};

/** GET /v1/mirror and its files: for the other server of a pair alone (docs/protocol.md § 11). */
export function mirrorRoutes(
  http: FastifyInstance<Server>,
  { mirror, files, admit }: MirrorRouteOptions,
): void {
  const requirePeer = admitPeer(admit, mirror.peer, 'the mirror');
  http.get('/v1/mirror', async (request, reply) => {
    await requirePeer(request, reply);
    const where = 'the question for the catalogue';
    const asked = parseShape(MirrorQuery, request.query, 'LINK_REQUEST_INVALID', where);
    const gone = new AbortController();
    const left = (): void => {
      gone.abort();
    };
    reply.raw.once('close', left);
    try {
      const since = Number(asked.since);
      const applied = Number(asked.applied);
      const waitMs = Math.min(Number(asked.waitMs ?? 0), maxMirrorWaitMs);
      return await mirror.tell({ book: asked.book, since, applied, waitMs }, gone.signal);
    } finally {
      reply.raw.off('close', left);
    }
  });
  http.get('/v1/mirror/keys', async (request, reply) => {
    await requirePeer(request, reply);
    return { keys: (await mirror.keys()).map((key) => key.toString('hex')) };
  });
  http.get<FileParams>('/v1/mirror/files/:sha256', async (request, reply) => {
    await requirePeer(request, reply);
    const where = 'the question for a file';
    const { area, name } = parseShape(
      MirrorFileQuery,
      request.query,
      'LINK_REQUEST_INVALID',
      where,
    );
    const store = { open: () => mirror.open(area, name).catch(refuseName) };
    await fileRoute({ ...files, store }, mirror.peer, request.params.sha256, request, reply);
  });
}
