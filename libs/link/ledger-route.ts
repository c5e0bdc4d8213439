import type { FileHandle } from 'node:fs/promises';
import type { Server } from 'node:https';
import type { FastifyInstance } from 'fastify';
import { BranchlineError } from '#libs/errors';
import type { HubPair, UploadIdentity } from '#libs/journal';
import { admitPeer, type Admit } from './admit-peer.ts';
import { sendFile, type SendFileOptions } from './file-route.ts';
import { parseShape } from './parse.ts';
import { LedgerFileQuery, LedgerQuery, maxLedgerRows } from './shapes.ts';

/** What is told to the other hub of a pair, and who that is. */
export interface ToldLedger {
  /** The name under which it joined this hub. */
  readonly peer: string;
  readonly pair: Pick<HubPair, 'page'>;
  /** The bytes of a file of the ledger; undefined when they are not here. The caller closes it. */
  readonly open: (identity: UploadIdentity) => Promise<FileHandle | undefined>;
}

export interface LedgerRouteOptions {
  readonly ledger: ToldLedger;
  readonly files: SendFileOptions;
  readonly admit: Admit;
}

/** GET /v1/ledger and /v1/ledger/file: what came up to this hub, for the other hub alone (docs/protocol.md § 10). */
export function ledgerRoute(
  http: FastifyInstance<Server>,
  { ledger: { peer, pair, open }, files, admit }: LedgerRouteOptions,
): void {
  const requirePeer = admitPeer(admit, peer, 'the ledger');
  const code = 'LINK_REQUEST_INVALID';
  http.get('/v1/ledger', async (request, reply) => {
    await requirePeer(request, reply);
    const query = parseShape(LedgerQuery, request.query, code, 'the question for the ledger');
    return pair.page(Number(query.since), maxLedgerRows, { backups: query.backups === '1' });
  });
  http.get('/v1/ledger/file', async (request, reply) => {
    await requirePeer(request, reply);
    const query = parseShape(LedgerFileQuery, request.query, code, 'the question for a file');
    const file = await open({ ...query, size: Number(query.size) });
    if (file === undefined) {
      throw new BranchlineError(
        'PEER_LACKS_FILE',
        `no ${query.kind} file ${query.name.slice(0, 200)} of ${query.branch} with these bytes is here; read the ledger again`,
      );
    }
    await sendFile(files, peer, file, query.sha256, request, reply);
  });
}
