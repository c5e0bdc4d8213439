import type { Worker } from 'node:worker_threads';
import { asBranchlineError, BranchlineError } from '#libs/errors';
import { startThread } from '#libs/lifecycle';
import type { WriterAnswer, WriterOrder, WriterStart } from './partial-writer.ts';

/** What the thread needs beyond the shared ring; its imports are most of it. */
const heap = { heapMb: 24, nurseryMb: 2 };

/** This side of the thread that hashes and writes: answers come in the order of what was asked. */
export class WritingThread {
  readonly #thread: Worker;
  readonly #waiting: PromiseWithResolvers<WriterAnswer>[] = [];
  #gone: BranchlineError | undefined;

  constructor(data: WriterStart) {
    this.#thread = startThread(import.meta.url, 'partial-writer', { data, ...heap });
    this.#thread.on('message', (answer: WriterAnswer) => this.#waiting.shift()?.resolve(answer));
    this.#thread.on('error', (error) => {
      this.#lost(asBranchlineError(error));
    });
    this.#thread.on('exit', () => {
      this.#lost(new BranchlineError('INTERNAL', `the thread that wrote ${data.path} has ended`));
    });
  }

  /** @throws BranchlineError what the thread failed with. */
  async ask<Kind extends WriterAnswer['kind']>(
    order: WriterOrder,
    kind: Kind,
  ): Promise<Extract<WriterAnswer, { readonly kind: Kind }>> {
    this.#thread.postMessage(order);
    return await this.next(kind);
  }

  /** The next answer, which must be of that kind. */
  async next<Kind extends WriterAnswer['kind']>(
    kind: Kind,
  ): Promise<Extract<WriterAnswer, { readonly kind: Kind }>> {
    if (this.#gone !== undefined) throw this.#gone;
    const waiting = Promise.withResolvers<WriterAnswer>();
    this.#waiting.push(waiting);
    const answer = await waiting.promise;
    if (answer.kind === 'failed') throw new BranchlineError(answer.code, answer.message);
    if (isOf(answer, kind)) return answer;
    throw new BranchlineError(
      'INTERNAL',
      `the writing thread answered ${answer.kind}, not ${kind}`,
    );
  }

  /** Whatever it is doing: it writes nothing more when this returns. */
  async end(): Promise<void> {
    await this.#thread.terminate();
  }

  #lost(error: BranchlineError): void {
    this.#gone ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#gone);
  }
}

const isOf = <Kind extends WriterAnswer['kind']>(
  answer: WriterAnswer,
  kind: Kind,
): answer is Extract<WriterAnswer, { readonly kind: Kind }> => answer.kind === kind;
