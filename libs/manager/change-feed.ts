import type { FastifyReply, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { eventStream, pause } from './event-stream.ts';

const maxWindows = 64;
const everyMs = 1_000;
/** A stream ends after a minute and is opened again: then the sign-in is looked at once more. */
const lifeMs = 60_000;

/** Tells open pages that something has changed, as server-sent events without any content: they ask for themselves then. */
export class ChangeFeed {
  readonly #mark: () => Promise<string>;
  #windows = 0;
  #looking: Promise<string> | undefined;

  /** `mark` is another text when something has changed. */
  constructor(mark: () => Promise<string>) {
    this.#mark = mark;
  }

  /** Feed a window until it goes. @throws BranchlineError PEER_BUSY when there are too many. */
  async open(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (this.#windows >= maxWindows) {
      throw new BranchlineError('PEER_BUSY', `${maxWindows} windows are open already`);
    }
    this.#windows += 1;
    const stream = eventStream(request, reply);
    try {
      let known = await this.#look();
      for (let left = lifeMs; left > 0 && !stream.gone.aborted; left -= everyMs) {
        await pause(everyMs, stream.gone);
        const now = await this.#look();
        if (!stream.send(now === known ? ':\n\n' : 'event: changed\ndata: {}\n\n')) return;
        known = now;
      }
    } catch {
      // The answer has begun: its end is all that can be said, and the page comes back.
    } finally {
      this.#windows -= 1;
      stream.end();
    }
  }

  /** All windows share a look. */
  #look(): Promise<string> {
    this.#looking ??= this.#mark().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }
}
