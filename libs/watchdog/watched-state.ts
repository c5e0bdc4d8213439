import type { BranchlineError } from '#libs/errors';
import type { Checked } from './check-server.ts';
import { MissedFiles } from './missed-files.ts';
import { serverId, type WatchedServer } from './watched-server.ts';
import type { ServerCheck } from './watchdog-status.ts';

/** What the rounds have found at one server. */
export class WatchedState {
  readonly id: string;
  readonly misses: MissedFiles;
  server: WatchedServer;
  #state: ServerCheck['state'] = 'unknown';
  #ms = 0;
  #arrivedAt: string | null = null;
  #why: BranchlineError | undefined;

  constructor(server: WatchedServer, limit: number) {
    this.server = server;
    this.id = serverId(server);
    this.misses = new MissedFiles(limit);
  }

  /** Why a file was missed in the latest round. */
  get why(): BranchlineError | undefined {
    return this.#why;
  }

  /** What is asked of this server in one round; at the limit nothing more. `now`: ISO 8601. */
  async take(requests: AsyncIterable<Checked>, now: () => string): Promise<void> {
    let arrived = 0;
    let missed: BranchlineError | undefined;
    for await (const checked of requests) {
      this.#ms = checked.ms;
      if (checked.missed === undefined) arrived += 1;
      else {
        missed = checked.missed;
        this.misses.missed();
        if (this.misses.atLimit) break;
      }
    }
    this.#why = missed;
    this.#state = missed === undefined ? 'arrives' : 'missed';
    if (missed !== undefined) return;
    this.misses.arrived(arrived);
    this.#arrivedAt = now();
  }

  shown(): ServerCheck {
    const { name, protocol, host, port } = this.server;
    return {
      ...{ name, protocol, host, port },
      missed: this.misses.count,
      state: this.#state,
      ms: this.#ms,
      arrivedAt: this.#arrivedAt,
      trouble:
        this.#why === undefined ? null : { code: this.#why.code, sentence: this.#why.message },
    };
  }
}
