import { stat } from 'node:fs/promises';
import path from 'node:path';
import { noAudit, type Audit } from '#libs/audit';
import { asBranchlineError, BranchlineError, type ErrorCode } from '#libs/errors';
import { NameTurns } from '#libs/backups';
import { ifThere, makeFolder, PARTIAL_SUFFIX, requireSpace, safeName } from '#libs/files';
import type { Ledger, NewlyReceived, UploadIdentity, UploadKind } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import {
  maxFramedBytes,
  type FramedFile,
  type Problem,
  type UploadFile,
  type UploadIntake,
} from '#libs/link';
import type { Logger } from '#libs/observe';
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

const refusedNames: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'NAME_MALFORMED',
  'PATH_OUTSIDE_TREE',
  'FILE_TOO_LARGE',
  'BACKUPS_TOO_MANY',
]);

/** In the branch's words: what is wrong with our disk or our limits is not wrong with its own. */
function told(thrown: unknown): BranchlineError {
  const error = asBranchlineError(thrown);
  const { code, message } = error;
  if (code === 'DISK_FULL') {
    return new BranchlineError('PEER_FULL', 'no room for it on the disk', { cause: error });
  }
  if (!refusedNames.has(code)) return error;
  return new BranchlineError('UPLOAD_REFUSED', `${message} [${code}]`, { cause: error });
}

const otherBytes = ({ name }: UploadFile, branch: string): BranchlineError =>
  new BranchlineError(
    'DIGEST_MISMATCH',
    `${name} came with other bytes than ${branch} said; nothing of it was kept`,
  );

const wrongPlace = ({ name }: UploadFile, here: number, from: number): BranchlineError =>
  new BranchlineError(
    'LENGTH_MISMATCH',
    `${name}: ${here} bytes are here, the upload begins at ${from}; offer it again`,
  );

const endedEarly = ({ name, size }: UploadFile, bytes: number): BranchlineError =>
  new BranchlineError(
    'LENGTH_MISMATCH',
    `${name}: the upload ended after ${bytes} of ${size} bytes; offer it again`,
  );

const tooLarge = (file: UploadFile, maxBytes: number): BranchlineError =>
  new BranchlineError(
    'UPLOAD_REFUSED',
    `${file.name} has ${file.size} bytes, at most ${maxBytes} are taken`,
  );
