import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { asBranchlineError, BranchlineError, isErrorCode, systemCode } from '#libs/errors';
import type { OutgoingFile } from '#libs/journal';
import { maxFramedBytes, maxFramesBytes, type FramedFile, type HubUploads } from '#libs/link';
import { progressOf } from './file-progress.ts';
import { offeredFile } from './offered-file.ts';
import type { OutgoingFiles } from './outgoing-files.ts';
import type { RunReporter } from './sync-runs.ts';

export interface SendLackingOptions {
  readonly files: OutgoingFiles;
  readonly uploads: Pick<HubUploads, 'send' | 'sendAll'>;
  readonly report: RunReporter;
  readonly signal: AbortSignal;
}

/** A file that the hub lacks, and how many bytes of it are there. */
export interface LackingFile {
  readonly file: OutgoingFile;
  readonly from: number;
}

/** Told what is safe at the hub; its acknowledgement is recorded when this returns. */
export type OnSafe = (files: readonly OutgoingFile[]) => void;

/** Small files are read side by side: the disk's latency is hidden, the thread pool not filled. */
const readsAtOnce = 16;
const pieceBytes = 256 * 1024;

/** Brings up what a hub lacks: small files many in a body, large ones each by itself, from where the hub has them. */
export class SendLacking {
  readonly #options: SendLackingOptions;

  constructor(options: SendLackingOptions) {
    this.#options = options;
  }

  /** What cannot be sent now is reported and left for the next run. @throws BranchlineError when the hub is gone or full. */
  async send(lacking: readonly LackingFile[], onSafe: OnSafe): Promise<void> {
    // In their order: what a branch has recorded first arrives first.
    for (const part of parts(lacking)) {
      if ('large' in part) await this.#sendLarge(part.large, onSafe);
      else await this.#sendBody(part.small, onSafe);
    }
  }

  async #sendBody(files: readonly OutgoingFile[], onSafe: OnSafe): Promise<void> {
    const { uploads, signal } = this.#options;
    const framed: { outgoing: OutgoingFile; frame: FramedFile }[] = [];
    for (let at = 0; at < files.length; at += readsAtOnce) {
      signal.throwIfAborted();
      const some = files.slice(at, at + readsAtOnce);
      const read = await Promise.all(some.map((file) => this.#read(file)));
      read.forEach((bytes, n) => {
        const outgoing = some[n];
        if (bytes === undefined || outgoing === undefined) return;
        framed.push({ outgoing, frame: { file: offeredFile(outgoing), bytes } });
      });
    }
    if (framed.length === 0) return;
    const problems = await uploads.sendAll(
      this.#options.files.kind,
      framed.map(({ frame }) => frame),
      signal,
    );
    onSafe(framed.flatMap(({ outgoing }, n) => (problems[n] === undefined ? [outgoing] : [])));
    framed.forEach(({ outgoing }, n) => {
      const problem = problems[n];
      if (problem === undefined) this.#sent(outgoing);
      else this.#failed(outgoing, asError(problem));
    });
    const full = problems.find((problem) => problem?.code === 'PEER_FULL');
    if (full !== undefined) throw asError(full);
  }

  async #sendLarge({ file, from }: LackingFile, onSafe: OnSafe): Promise<void> {
    const { uploads, files, report, signal } = this.#options;
    const progress = progressOf(report, file.name, file.size);
    try {
      const body = this.#piecesOf(file, from, (sent) => {
        progress.at('sending', sent);
      });
      await uploads.send(files.kind, offeredFile(file), from, body, signal);
      onSafe([file]);
      progress.ended('sent');
    } catch (error) {
      signal.throwIfAborted();
      const known = asBranchlineError(error);
      progress.ended('failed', known.code, known.message);
      // What is wrong with this file is not wrong with the next; a hub that is gone, busy or full is.
      if (known.meaning.exit === 11 || known.meaning.exit === 12) throw known;
    }
  }

  async *#piecesOf(
    file: OutgoingFile,
    from: number,
    onSent: (bytes: number) => void,
  ): AsyncGenerator<Buffer, void, undefined> {
    if (file.size === from) return;
    const stream = createReadStream(this.#options.files.pathOf(file.name), {
      start: from,
      end: file.size - 1,
      highWaterMark: pieceBytes,
    });
    let sent = from;
    try {
      for await (const piece of stream) {
        if (!Buffer.isBuffer(piece)) throw new BranchlineError('INTERNAL', 'a file gave no bytes');
        sent += piece.length;
        yield piece;
        onSent(sent);
      }
    } catch (error) {
      throw vanished(error) ? changed(file) : error;
    }
    if (sent < file.size) throw changed(file);
  }

  /** Its bytes when they are still those that were offered; what has changed is offered again in the next run. */
  async #read(file: OutgoingFile): Promise<Buffer | undefined> {
    try {
      const bytes = await readFile(this.#options.files.pathOf(file.name));
      if (createHash('sha256').update(bytes).digest('hex') === file.sha256) return bytes;
    } catch (error) {
      if (!vanished(error)) throw error;
    }
    this.#failed(file, changed(file));
    return undefined;
  }

  #sent({ name, size }: OutgoingFile): void {
    this.#options.report.file({ name, state: 'sent', bytes: size, bytesOverall: size });
  }

  #failed({ name, size }: OutgoingFile, { code, message }: BranchlineError): void {
    const report = { name, state: 'failed', bytes: 0, bytesOverall: size } as const;
    this.#options.report.file({ ...report, code, message });
  }
}

type Part = { readonly small: OutgoingFile[] } | { readonly large: LackingFile };

/** Large files each by itself, small ones in bodies of a bounded size, all in their order. */
function parts(lacking: readonly LackingFile[]): Part[] {
  const all: Part[] = [];
  let body: OutgoingFile[] = [];
  let bytes = Infinity;
  for (const entry of lacking) {
    const { file } = entry;
    if (file.size > maxFramedBytes) {
      all.push({ large: entry });
      bytes = Infinity;
      continue;
    }
    if (bytes + file.size > maxFramesBytes) {
      body = [];
      bytes = 0;
      all.push({ small: body });
    }
    body.push(file);
    bytes += file.size;
  }
  return all;
}

const vanished = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '');

const asError = ({ code, message }: { code: string; message: string }): BranchlineError =>
  new BranchlineError(isErrorCode(code) ? code : 'UPLOAD_REFUSED', message);

const changed = (file: OutgoingFile): BranchlineError =>
  new BranchlineError(
    'FILE_CHANGED',
    `${file.name} was written to, or went, before it was sent; it is offered again in the next run`,
  );
