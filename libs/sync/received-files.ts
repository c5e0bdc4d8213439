import type { FileHandle } from 'node:fs/promises';
import { asBranchlineError, type ErrorCode } from '#libs/errors';
import { openInside } from '#libs/files';
import type { Ledger, UploadIdentity, UploadKind } from '#libs/journal';
import type { Shelf } from './shelf.ts';

/** What a name that was taken once may lead to by now. */
const gone: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'NOT_FOUND',
  'PATH_OUTSIDE_TREE',
  'NAME_MALFORMED',
]);

/** The files of a hub's ledger, for the other hub of a pair: what the ledger does not name is not opened. */
export class ReceivedFiles {
  readonly #ledger: Pick<Ledger, 'stored'>;
  readonly #shelves: Partial<Record<UploadKind, Pick<Shelf, 'root'>>>;

  constructor(
    ledger: Pick<Ledger, 'stored'>,
    shelves: Partial<Record<UploadKind, Pick<Shelf, 'root'>>>,
  ) {
    this.#ledger = ledger;
    this.#shelves = shelves;
  }

  /** Undefined when it is not here, or something of another length; its digest is for the reader to check. The caller closes it. */
  async open(identity: UploadIdentity): Promise<FileHandle | undefined> {
    const shelf = this.#shelves[identity.kind];
    if (shelf === undefined) return undefined;
    const known = await this.#ledger.stored(identity);
    if (known === undefined) return undefined;
    try {
      const { handle, stats } = await openInside(shelf.root, `${known.branch}/${known.storedAs}`);
      if (stats.size === known.size) return handle;
      await handle.close();
      return undefined;
    } catch (error) {
      if (gone.has(asBranchlineError(error).code)) return undefined;
      throw error;
    }
  }
}
