import type { Server } from 'node:https';
import type { FastifyInstance } from 'fastify';
import { BranchlineError } from '#libs/errors';
import type { Admit } from './admit-peer.ts';
import { parseShape } from './parse.ts';
import { RestoreQuery } from './shapes.ts';

/** A backup that a hub holds, of whichever branch. */
export interface HeldBackup {
  readonly branch: string;
  readonly sha256: string;
  /** When the telephone saved it, Unix milliseconds: by the branch's clock, and never after it came here. */
  readonly savedAt: number;
  /** Exactly the bytes of `sha256`. */
  readonly bytes: Buffer;
}

/** Where a hub finds backups by name, over all its branches (Guide p. 39). */
export interface HeldBackups {
  /** The newest of a name that is whole; undefined when there is none. */
  newest(name: string): Promise<HeldBackup | undefined>;
}

export interface RestoreRouteOptions {
  readonly held: HeldBackups;
  /** These bytes go to that branch. */
  readonly onGiven: (branch: string, name: string, found: HeldBackup) => void;
  readonly admit: Admit;
}

/** GET /v1/restore: a backup comes back down, because a telephone asks for it (docs/protocol.md § 9). */
export function restoreRoute(
  http: FastifyInstance<Server>,
  { held, admit, onGiven }: RestoreRouteOptions,
): void {
  http.get('/v1/restore', async (request, reply) => {
    const asking = await admit(request, reply);
    const { name, have, saved } = parseShape(
      RestoreQuery,
      request.query,
      'LINK_REQUEST_INVALID',
      'the question for a backup',
    );
    const found = await held.newest(name);
    if (found === undefined) {
      throw new BranchlineError('PEER_LACKS_FILE', `no branch has saved ${name.slice(0, 200)}`);
    }
    const { sha256, savedAt, branch, bytes } = found;
    const known = have === sha256 || savedAt <= Number(saved ?? -1);
    if (!known) onGiven(asking.name, name, found);
    reply.headers({
      etag: `"sha256-${sha256}"`,
      'branchline-saved': String(savedAt),
      'branchline-branch': branch,
    });
    await (known ? reply.code(204).send() : reply.type('application/octet-stream').send(bytes));
  });
}
