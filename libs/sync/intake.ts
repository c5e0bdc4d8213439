import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { noAudit, type Audit } from '#libs/audit';
import { BranchlineError } from '#libs/errors';
import { NameTurns } from '#libs/backups';
import { ifThere, makeFolder, PARTIAL_SUFFIX, requireSpace, safeName } from '#libs/files';
import { requireBranchName } from '#libs/identity';
import type {
  LackingFile,
  Ledger,
  NewlyReceived,
  ReceivedFile,
  UploadIdentity,
  UploadKind,
} from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import {
  maxFramedBytes,
  type FramedFile,
  type Problem,
  type UploadFile,
  type UploadIntake,
} from '#libs/link';
import type { Logger } from '#libs/observe';
import { endedEarly, otherBytes, told, tooLarge, wrongPlace } from './intake-refusal.ts';
import { PartialFile } from './partial-file.ts';
import { digestOf } from './record-folder.ts';
import type { Shelf } from './shelf.ts';

export interface IntakeOptions {
  readonly ledger: Ledger;
  /** A kind without a shelf is not taken here. */
  readonly shelves: Partial<Record<UploadKind, Shelf>>;
  /** Bytes of the disk that uploads leave free. */
  readonly reserveBytes: number;
  /** Of one file. */
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Something of this kind is safe here. */
  readonly audit?: Audit;
  readonly onReceived?: (kind: UploadKind) => void;
  /** Other bytes came under a name that was there: both are kept, and a person should know. */
  readonly onClash: (identity: UploadIdentity, storedAs: string) => void;
}

/** Small files that are put on the disk side by side. */
const atOnce = 32;

/** The hub's end of what comes up: verify, put on the disk, record in the ledger, and only then acknowledge. */
export class Intake implements UploadIntake {
  readonly #options: IntakeOptions;
  /** Files that are on their way in; the same one twice would tread on itself. */
  readonly #busy = new Set<string>();
  /** A branch that was killed in a body may offer anew while that body is still worked on: what is newer comes after it. */
  readonly #turns = new NameTurns();

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  get ledger(): string {
    return this.#options.ledger.id;
  }

  async lacking(
    branch: string,
    kind: UploadKind,
    files: readonly UploadFile[],
  ): Promise<{ index: number; from: number }[]> {
    const shelf = this.#shelf(kind);
    const identities = files.map((file) => identityOf(branch, kind, file));
    const held = await this.#turns.run(turnOf(branch, kind), () =>
      this.#options.ledger.holds(identities),
    );
    const lacking: { index: number; from: number }[] = [];
    for (const [index, file] of files.entries()) {
      if (held[index] === true) continue;
      const from =
        file.size > maxFramedBytes
          ? Math.min(await sizeOf(partialOf(shelf, branch, file.sha256)), file.size)
          : 0;
      lacking.push({ index, from });
    }
    return lacking;
  }

  async receive(
    branch: string,
    kind: UploadKind,
    file: UploadFile,
    from: number,
    body: AsyncIterable<Buffer>,
  ): Promise<void> {
    const { reserveBytes, maxBytes } = this.#options;
    const identity = identityOf(branch, kind, file);
    const shelf = this.#shelf(kind);
    if (file.size > maxBytes) throw tooLarge(file, maxBytes);
    await this.#alone(identity, async () => {
      await makeFolder(shelf.incoming, 0o750);
      await requireSpace(shelf.incoming, file.size - from, reserveBytes);
      if (file.size <= maxFramedBytes) {
        const bytes = await wholeBody(file, from, body);
        if (digestOf(bytes) !== file.sha256) throw otherBytes(file, branch);
        await this.#settle([[identity, file, await shelf.putBytes(identity, bytes)]]);
        return;
      }
      const partial = await PartialFile.open(partialOf(shelf, branch, file.sha256), file.size);
      const whole = await fill(partial, file, from, body);
      if (!whole) throw otherBytes(file, branch);
      await this.#settle([[identity, file, await shelf.putFile(identity, partial.path)]]);
    });
  }

  async receiveAll(
    branch: string,
    kind: UploadKind,
    files: readonly FramedFile[],
  ): Promise<(Problem | undefined)[]> {
    return await this.#turns.run(turnOf(branch, kind), () => this.#putAll(branch, kind, files));
  }

  async #putAll(
    branch: string,
    kind: UploadKind,
    files: readonly FramedFile[],
  ): Promise<(Problem | undefined)[]> {
    const shelf = this.#shelf(kind);
    const { reserveBytes } = this.#options;
    await makeFolder(shelf.incoming, 0o750);
    const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
    await requireSpace(shelf.incoming, bytes, reserveBytes);
    const problems: (Problem | undefined)[] = [];
    for (let at = 0; at < files.length; at += atOnce) {
      const some = files.slice(at, at + atOnce);
      const outcomes = await Promise.all(
        some.map((framed) => this.#putSmall(identityOf(branch, kind, framed.file), shelf, framed)),
      );
      problems.push(...outcomes.map(({ problem }) => problem));
      // Each group before the next: what is on the disk and not in the ledger would be sent again after a crash.
      await this.#settle(outcomes.flatMap(({ put }) => (put === undefined ? [] : [put])));
    }
    return problems;
  }

  async #putSmall(
    identity: UploadIdentity,
    shelf: Shelf,
    { file, bytes }: FramedFile,
  ): Promise<{ put?: Put; problem?: Problem }> {
    try {
      if (digestOf(bytes) !== file.sha256) {
        throw new BranchlineError('DIGEST_MISMATCH', `${file.name} has other bytes than was said`);
      }
      const placed = await this.#alone(identity, () => shelf.putBytes(identity, bytes));
      return { put: [identity, file, placed] };
    } catch (error) {
      const { code, message } = told(error);
      if (code === 'INTERNAL') throw error;
      return { problem: { name: file.name.slice(0, 255), code, message: message.slice(0, 500) } };
    }
  }

  /**
   * Take a file that the other hub of a pair holds, as if the branch had sent it: its bytes, or a verified, synced file of a shelf's
   * `incoming`. What has come from the branch meanwhile stays. @throws BranchlineError as `receive`.
   */
  async take(copy: LackingFile, from: Buffer | string): Promise<void> {
    const { ledger, clock, log, onClash, audit = noAudit } = this.#options;
    const { branch, kind, name, size, sha256, stored, delivered } = copy;
    const identity = { branch, kind, name, size, sha256 };
    const shelf = this.#shelf(kind);
    requireBranchName(branch);
    // In turn with what the branch sends: of two backups of a name the newer must end on top.
    await this.#turns.run(turnOf(branch, kind), () =>
      this.#alone(identity, async () => {
        const here = kind === 'backup' ? await ledger.newestBackup(branch, name) : undefined;
        if (here !== undefined && !isNewer(copy, here)) {
          if (typeof from === 'string') await rm(from, { force: true });
          return;
        }
        const placed = await (typeof from === 'string'
          ? shelf.putFile(identity, from)
          : shelf.putBytes(identity, from));
        const now = clock.now();
        await ledger.recordCopy({
          ...identity,
          storedAs: placed.storedAs,
          modifiedMs: stored.modified,
          receivedAt: Math.min(stored.received, now),
          savedAt: stored.saved,
          deliveredAt: delivered ? now : undefined,
        });
        audit.note([{ act: 'received', by: 'other hub', ...identity, result: 'done' }]);
        log.info({ branch, kind, name, bytes: size }, 'copied from the other hub');
        if (placed.clash) onClash(identity, placed.storedAs);
      }),
    );
  }

  /** Into the ledger, all in one commit. */
  async #settle(puts: readonly Put[]): Promise<void> {
    const { ledger, clock, log, onClash, audit = noAudit } = this.#options;
    if (puts.length === 0) return;
    const receivedAt = clock.now();
    await ledger.record(
      puts.map(([identity, { modified }, { storedAs }]): NewlyReceived => ({
        ...identity,
        storedAs,
        modifiedMs: modified,
        receivedAt,
      })),
    );
    audit.note(
      puts.map(([{ branch, ...file }]) => ({
        ...{ act: 'received', by: `branch ${branch}`, branch, ...file, result: 'done' },
      })),
    );
    const [first] = puts;
    if (first !== undefined) this.#options.onReceived?.(first[0].kind);
    for (const [identity, , { storedAs, clash }] of puts) {
      const { branch, kind, name, size } = identity;
      log.info({ branch, kind, name, bytes: size }, 'received');
      if (clash) onClash(identity, storedAs);
    }
  }

  async #alone<T>({ branch, kind, name }: UploadIdentity, work: () => Promise<T>): Promise<T> {
    const key = `${branch}\0${kind}\0${name}`;
    if (this.#busy.has(key)) {
      throw new BranchlineError('PEER_BUSY', `${name} of ${branch} is on its way in already`);
    }
    this.#busy.add(key);
    try {
      requirePlain(name);
      return await work();
    } catch (error) {
      throw told(error);
    } finally {
      this.#busy.delete(key);
    }
  }

  #shelf(kind: UploadKind): Shelf {
    const shelf = this.#options.shelves[kind];
    if (shelf !== undefined) return shelf;
    throw new BranchlineError(
      'UPLOAD_REFUSED',
      `this hub takes no ${kind} files: switch them on in its settings too`,
    );
  }
}

type Put = readonly [UploadIdentity, UploadFile, Awaited<ReturnType<Shelf['putBytes']>>];

const turnOf = (branch: string, kind: UploadKind): string => `${branch}\0${kind}`;

/** As the ledger orders the backups of a name. */
const isNewer = ({ stored, sha256 }: LackingFile, here: ReceivedFile): boolean =>
  stored.saved === here.savedAt ? sha256 > here.sha256 : stored.saved > here.savedAt;

const identityOf = (
  branch: string,
  kind: UploadKind,
  { name, size, sha256 }: UploadFile,
): UploadIdentity => ({ branch, kind, name, size, sha256 });

/** A name in any other spelling than its plain one would be two names for one place. */
function requirePlain(name: string): void {
  if (safeName(name) === name) return;
  throw new BranchlineError('NAME_MALFORMED', `${JSON.stringify(name)} is not a plain name`);
}

const partialOf = (shelf: Shelf, branch: string, sha256: string): string =>
  path.join(shelf.incoming, `${branch}.${sha256}${PARTIAL_SUFFIX}`);

/** A small file by itself: no thread, and no part to go on with, is worth its while. */
async function wholeBody(
  file: UploadFile,
  from: number,
  body: AsyncIterable<Buffer>,
): Promise<Buffer> {
  if (from > 0) throw wrongPlace(file, 0, from);
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  if (bytes.length !== file.size) throw endedEarly(file, bytes.length);
  return bytes;
}

/** True when the whole file is here, on the disk, with its digest; false when its bytes were wrong, and then they are gone. */
async function fill(
  partial: PartialFile,
  file: UploadFile,
  from: number,
  body: AsyncIterable<Buffer>,
): Promise<boolean> {
  let right = true;
  try {
    if (partial.size !== from) throw wrongPlace(file, partial.size, from);
    for await (const piece of body) await partial.append(piece);
    if (partial.size !== file.size) throw endedEarly(file, partial.size);
    right = (await partial.finish()) === file.sha256;
  } finally {
    if (right) await partial.close();
    else await partial.discard();
  }
  return right;
}

const sizeOf = async (file: string): Promise<number> => (await ifThere(stat(file)))?.size ?? 0;
