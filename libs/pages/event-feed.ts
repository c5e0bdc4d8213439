import type { ServerResponse } from 'node:http';
import { BranchlineError } from '#libs/errors';
import { runAnswer, type Run, type RunFile } from './sync-control.ts';
import { securityHeaders } from './web-manners.ts';

export interface EventFeedOptions {
  /** Clients at a time; one more is refused. */
  readonly maxClients?: number;
  /** Events kept for a client that comes back with Last-Event-ID. */
  readonly kept?: number;
  /** A moving run is told at most this often. */
  readonly everyMs?: number;
  readonly heartbeatMs?: number;
  /** A client with more than this unsent is let go; it comes back and catches up. */
  readonly maxUnsentBytes?: number;
}

const defaults: Required<EventFeedOptions> = {
  maxClients: 50,
  kept: 100,
  everyMs: 500,
  heartbeatMs: 15_000,
  maxUnsentBytes: 256 * 1024,
};

/** Files named in one event. */
const maxFiles = 100;

/**
 * Runs as server-sent events. Each `run` event names the files that changed since the event before it.
 * A client whose Last-Event-ID is too old, or from before a restart, gets `gap`: it asks for the status anew.
 */
export class EventFeed {
  readonly #options: Required<EventFeedOptions>;
  readonly #clients = new Set<ServerResponse>();
  readonly #kept: { id: string; text: string }[] = [];
  readonly #pending = new Map<string, Run>();
  readonly #told = new Map<string, Map<string, RunFile>>();
  readonly #birth = Date.now().toString(36);
  #count = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #flush: NodeJS.Timeout | undefined;

  constructor(options: EventFeedOptions = {}) {
    this.#options = { ...defaults, ...options };
  }

  get clients(): number {
    return this.#clients.size;
  }

  start(): void {
    this.#heartbeat = setInterval(() => {
      this.#send(':\n\n');
    }, this.#options.heartbeatMs).unref();
  }

  stop(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#flush);
    this.#flush = undefined;
    for (const client of this.#clients) client.end();
    this.#clients.clear();
  }

  /**
   * Take over a response and keep it fed.
   * @throws BranchlineError PEER_BUSY when there are too many; then nothing was sent.
   */
  open(response: ServerResponse, lastEventId: string | undefined): void {
    this.check();
    response.writeHead(200, {
      ...securityHeaders,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    this.#clients.add(response);
    response.once('close', () => this.#clients.delete(response));
    response.write(`retry: 3000\n\n${this.#missed(lastEventId)}`);
  }

  /** @throws BranchlineError PEER_BUSY when one more client would be too many. */
  check(): void {
    if (this.#clients.size < this.#options.maxClients) return;
    throw new BranchlineError(
      'PEER_BUSY',
      `${this.#clients.size} clients follow the events already; ask /api/v1/status instead`,
    );
  }

  /** Tell a change of a run; movements are gathered, an end is told at once. */
  tell(run: Run): void {
    this.#pending.set(run.id, run);
    if (run.state !== 'running') {
      this.#flushNow();
      return;
    }
    this.#flush ??= setTimeout(() => {
      this.#flushNow();
    }, this.#options.everyMs).unref();
  }

  #flushNow(): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    for (const run of this.#pending.values()) {
      const files = this.#changedFiles(run);
      this.#publish('run', JSON.stringify(runAnswer({ ...run, files })));
    }
    this.#pending.clear();
  }

  #changedFiles(run: Run): RunFile[] {
    const told = this.#told.get(run.id) ?? new Map<string, RunFile>();
    const changed = run.files
      .filter((file) => {
        const before = told.get(file.name);
        return before?.bytes !== file.bytes || before.state !== file.state;
      })
      .slice(0, maxFiles);
    for (const file of changed) told.set(file.name, file);
    if (run.state === 'running') this.#told.set(run.id, told);
    else this.#told.delete(run.id);
    return changed;
  }

  #publish(event: string, data: string): void {
    this.#count += 1;
    const id = `${this.#birth}-${this.#count}`;
    const text = `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`;
    this.#kept.push({ id, text });
    if (this.#kept.length > this.#options.kept) this.#kept.shift();
    this.#send(text);
  }

  #send(text: string): void {
    for (const client of this.#clients) {
      client.write(text);
      if (client.writableLength > this.#options.maxUnsentBytes) client.destroy();
    }
  }

  #missed(lastEventId: string | undefined): string {
    if (lastEventId === undefined || lastEventId === `${this.#birth}-${this.#count}`) return '';
    const at = this.#kept.findIndex(({ id }) => id === lastEventId);
    if (at < 0) return `id: ${this.#birth}-${this.#count}\nevent: gap\ndata: {}\n\n`;
    return this.#kept
      .slice(at + 1)
      .map(({ text }) => text)
      .join('');
  }
}
