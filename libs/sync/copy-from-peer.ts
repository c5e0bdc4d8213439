import path from 'node:path';
import { asBranchlineError, BranchlineError, type ErrorCode } from '#libs/errors';
import { makeFolder, PARTIAL_SUFFIX, requireSpace } from '#libs/files';
import type { LackingFile, PeerHoldings, UploadIdentity, UploadKind } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import { maxFramedBytes } from '#libs/link';
import type { Logger } from '#libs/observe';
import type { Intake } from './intake.ts';
import { PartialFile } from './partial-file.ts';
import { digestOf } from './record-folder.ts';
import type { Shelf } from './shelf.ts';

export interface CopyFromPeerOptions {
  /** Large files go one after the other and have their own: small ones do not wait for them. */
  readonly which: 'small' | 'large';
  readonly holdings: Pick<PeerHoldings, 'next' | 'total' | 'passOver'>;
  /** The bytes of a file at the other hub, from a place on. */
  readonly read: (
    identity: UploadIdentity,
    request: { readonly from: number; readonly signal: AbortSignal },
  ) => AsyncIterable<Buffer>;
  readonly intake: Pick<Intake, 'take'>;
  readonly shelves: Partial<Record<UploadKind, Pick<Shelf, 'incoming'>>>;
  /** Bytes of the disk that copies leave free. */
  readonly reserveBytes: number;
  /** How often what could not be copied is tried again, in milliseconds. */
  readonly retryMs: number;
  readonly log: Logger;
  /** Files cannot be copied; told once until it goes on. */
  readonly onBehind: (
    total: { readonly files: number; readonly bytes: number },
    error: BranchlineError,
  ) => void;
  /** A file of the other hub is not what its ledger says, or cannot lie here: the others are copied. */
  readonly onUnusable: (file: LackingFile, error: BranchlineError) => void;
}

/** Small files on their way at once, and files that are looked up at once. */
const lanes = 4;
const atOnce = 64;

const sizes = { small: { upTo: maxFramedBytes }, large: { over: maxFramedBytes } } as const;

/** What is wrong with one file and not with the way to the other hub, or with the disk. */
const ofOneFile: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'DIGEST_MISMATCH',
  'UPLOAD_REFUSED',
  'NAME_MALFORMED',
]);
/** The branch sends it just now, or the connection broke in its midst. */
const later: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['PEER_BUSY', 'LENGTH_MISMATCH']);

/** Brings here what the other hub of a pair holds and this one lacks, so that no file is lost with one of them. */
export class CopyFromPeer implements Service {
  readonly name: string;
  readonly #options: CopyFromPeerOptions;
  #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #again = false;
  #told = false;

  constructor(options: CopyFromPeerOptions) {
    this.#options = options;
    this.name = `${options.which} copies from the other hub`;
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController();
    this.#timer = setInterval(() => {
      this.wake();
    }, this.#options.retryMs);
    this.wake();
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#timer);
    await this.#working;
  }

  /** The other hub was read. */
  wake(): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#working !== undefined) {
      this.#again = true;
      return;
    }
    this.#working = this.#run().finally(() => {
      this.#working = undefined;
      if (this.#again) this.wake();
    });
  }

  async #run(): Promise<void> {
    this.#again = false;
    const { holdings, onBehind, log } = this.#options;
    try {
      await this.copyAll(this.#stopping.signal);
      this.#told = false;
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const reason = asBranchlineError(error);
      log.debug({ err: reason }, 'files of the other hub are not copied');
      if (this.#told) return;
      this.#told = true;
      onBehind(holdings.total(), reason);
    }
  }

  /** All that is lacking, but for what must wait. @throws what stands in the way of more than one file. */
  async copyAll(signal: AbortSignal): Promise<void> {
    const { holdings, which } = this.#options;
    const waits = new Set<string>();
    let last: BranchlineError | undefined;
    while (!signal.aborted) {
      const found = holdings.next(atOnce + waits.size, sizes[which]);
      const some = found.filter((file) => !waits.has(keyOf(file)));
      if (some.length === 0 || waits.size >= atOnce) break;
      const queue = some.values();
      const results = await Promise.allSettled(
        Array.from({ length: which === 'small' ? lanes : 1 }, async () => {
          for (const file of queue) {
            signal.throwIfAborted();
            const reason = await this.#copyOrWait(file, signal);
            if (reason === undefined) continue;
            waits.add(keyOf(file));
            last = reason;
          }
        }),
      );
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    }
    if (last !== undefined) throw last;
  }

  /** Returns why it must wait, if it must. */
  async #copyOrWait(file: LackingFile, signal: AbortSignal): Promise<BranchlineError | undefined> {
    const { holdings, onUnusable } = this.#options;
    try {
      await this.#copy(file, signal);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      const reason = asBranchlineError(error);
      if (later.has(reason.code)) return reason;
      if (reason.code !== 'PEER_LACKS_FILE' && !ofOneFile.has(reason.code)) throw reason;
      // Purged there meanwhile, or replaced: the next read of its ledger tells.
      holdings.passOver(file);
      if (ofOneFile.has(reason.code)) onUnusable(file, reason);
      return undefined;
    }
  }

  async #copy(file: LackingFile, signal: AbortSignal): Promise<void> {
    const { intake, shelves, reserveBytes } = this.#options;
    const shelf = shelves[file.kind];
    if (shelf === undefined) {
      throw new BranchlineError('UPLOAD_REFUSED', `this hub takes no ${file.kind} files`);
    }
    await makeFolder(shelf.incoming, 0o750);
    await requireSpace(shelf.incoming, file.size, reserveBytes);
    if (file.size <= maxFramedBytes) {
      await intake.take(file, await this.#bytesOf(file, signal));
      return;
    }
    const { branch, sha256 } = file;
    const part = path.join(shelf.incoming, `${branch}.${sha256}~peer${PARTIAL_SUFFIX}`);
    await this.#fill(part, file, signal);
    await intake.take(file, part);
  }

  async #bytesOf(file: LackingFile, signal: AbortSignal): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.#options.read(file, { from: 0, signal })) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    if (digestOf(bytes) !== file.sha256) throw otherBytes(file);
    return bytes;
  }

  /** A large file, from where an earlier try ended: whole, verified and synced on return. */
  async #fill(part: string, file: LackingFile, signal: AbortSignal): Promise<void> {
    for (let resumed = true; resumed;) {
      const partial = await PartialFile.open(part, file.size);
      let right = true;
      try {
        resumed = partial.resumed;
        const from = partial.size;
        for await (const piece of this.#options.read(file, { from, signal })) {
          await partial.append(piece);
        }
        right = (await partial.finish()) === file.sha256;
      } finally {
        if (right) await partial.close();
        else await partial.discard();
      }
      if (right) return;
    }
    throw otherBytes(file);
  }
}

const keyOf = ({ branch, kind, name, size, sha256 }: UploadIdentity): string =>
  [branch, kind, name, size, sha256].join('\0');

const otherBytes = ({ name, branch }: UploadIdentity): BranchlineError =>
  new BranchlineError(
    'DIGEST_MISMATCH',
    `${name} of ${branch} has other bytes at the other hub than its ledger says; nothing of it was kept`,
  );
