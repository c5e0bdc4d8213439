import type { FastifyReply, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import type { LogFilter, LogLine } from '#libs/observe';
import { eventStream, pause, type EventStream } from './event-stream.ts';

/** Where lines come from: the running server, its log file while it is down, or nowhere. */
export type LogOrigin = 'server' | 'file' | 'nowhere';

/** Some lines of the log. */
export interface LogLook {
  /** Oldest first. */
  readonly lines: readonly LogLine[];
  readonly origin: LogOrigin;
  /** Path of the file, for people. */
  readonly file: string;
  /** Ask on from here. */
  readonly cursor: string;
  /** Lines before these have gone, or they come from elsewhere than those before: what is shown begins anew. */
  readonly anew: boolean;
}

export interface LogQuestion extends LogFilter {
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Says what the server's log has said. */
export type LogSource = (question: LogQuestion) => Promise<LogLook>;

/** Lines that a page shows at most. */
export const shownLines = 300;

const maxReaders = 16;
const everyMs = 1_000;
/** A stream ends after a minute and is opened again: then the sign-in is looked at once more. */
const lifeMs = 60_000;

/** The log as it comes, as server-sent events: `lines` adds, `anew` begins again. */
export class LogFeed {
  readonly #source: LogSource;
  #readers = 0;

  constructor(source: LogSource) {
    this.#source = source;
  }

  /** Feed a reader until it goes. @throws BranchlineError PEER_BUSY when there are too many. */
  async open(
    request: FastifyRequest,
    reply: FastifyReply,
    question: Omit<LogQuestion, 'limit'>,
  ): Promise<void> {
    if (this.#readers >= maxReaders) {
      throw new BranchlineError('PEER_BUSY', `${maxReaders} windows follow the log already`);
    }
    this.#readers += 1;
    const stream = eventStream(request, reply);
    try {
      await this.#follow(stream, question);
    } catch {
      // The answer has begun: its end is all that can be said. The page that is loaded next says why.
    } finally {
      this.#readers -= 1;
      stream.end();
    }
  }

  async #follow(
    { gone, send }: EventStream,
    { after, ...filter }: Omit<LogQuestion, 'limit'>,
  ): Promise<void> {
    let cursor = after;
    for (let left = lifeMs; left > 0 && !gone.aborted; left -= everyMs) {
      const look = await this.#source({ ...filter, after: cursor, limit: shownLines });
      if (look.lines.length > 0 || look.anew) {
        const { lines, origin, file } = look;
        const data = JSON.stringify({ lines: lines.map(logRow), origin, file });
        const event = look.anew ? 'anew' : 'lines';
        // One who does not read is let go: it comes back and asks on from its last line.
        if (!send(`id: ${look.cursor}\nevent: ${event}\ndata: ${data}\n\n`)) return;
      } else send(':\n\n');
      cursor = look.cursor;
      await pause(everyMs, gone);
    }
  }
}

/** One line as it is shown. Every word of it may have been chosen by a stranger. */
export interface LogRow {
  readonly time: string;
  /** The same for people, of this machine's place. */
  readonly at: string;
  readonly level: string;
  readonly service: string;
  readonly msg: string;
  /** `name=value`, with spaces between. */
  readonly facts: string;
}

export function logRow({ time, level, service, msg, facts }: LogLine): LogRow {
  const at = Number.isNaN(Date.parse(time)) ? time : clock.format(new Date(time));
  return { time, at, level, service, msg, facts: factsInWords(facts) };
}

const clock = new Intl.DateTimeFormat('en-GB', {
  ...{ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  hourCycle: 'h23',
});

/** JSON that was cut off stays as it is. */
function factsInWords(facts: string): string {
  if (facts === '') return '';
  try {
    const value: unknown = JSON.parse(facts);
    if (typeof value !== 'object' || value === null) return facts;
    return Object.entries(value)
      .map(([name, fact]) => `${name}=${typeof fact === 'string' ? fact : JSON.stringify(fact)}`)
      .join('  ');
  } catch {
    return facts;
  }
}
