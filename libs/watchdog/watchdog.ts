import { setTimeout as sleep } from 'node:timers/promises';
import { asBranchlineError, type BranchlineError } from '#libs/errors';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { AlertScript, ScriptEnd } from './alert-script.ts';
import { checkServer } from './check-server.ts';
import { WatchedState } from './watched-state.ts';
import { serverId, type WatchedServer } from './watched-server.ts';
import type { Alert, WatchdogStatus } from './watchdog-status.ts';

/** Which servers run, as far as it can be found out. */
export interface Sensed {
  readonly name: string;
  readonly servers: readonly WatchedServer[];
  readonly by: WatchdogStatus['sensedBy'];
  /** Why not everything could be found out. */
  readonly trouble?: BranchlineError | undefined;
}

export interface WatchdogOptions {
  readonly version: string;
  /** Called for each round; rejects only when nothing is known. */
  readonly sense: (signal: AbortSignal) => Promise<Sensed>;
  /** Milliseconds from the begin of a round to that of the next (Guide key WatchDogTimer). */
  readonly everyMs: number;
  /** Milliseconds in which one file must have arrived. */
  readonly limitMs: number;
  /** Guide key FailureLimit. */
  readonly failureLimit: number;
  readonly checkDir?: string | undefined;
  readonly script: AlertScript;
  /** Tell the server's alarms; its failure is logged. */
  readonly report: (alert: Alert) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

const keptAlerts = 20;

/** Asks the servers for their check files, round after round, and runs the script when one has missed too many. */
export class Watchdog implements Service {
  readonly name = 'watchdog';
  readonly #options: WatchdogOptions;
  readonly #stopping = new AbortController();
  readonly #states = new Map<string, WatchedState>();
  readonly #startedAt: string;
  #alerts: readonly Alert[] = [];
  #alertCount = 0;
  #rounds = 0;
  #lastRoundAt: string | null = null;
  #sensed: Sensed = { name: '', servers: [], by: 'settings' };
  #trouble: BranchlineError | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#startedAt = this.#now();
  }

  start(): Promise<void> {
    this.#running = this.#run();
    return Promise.resolve();
  }

  /** Ends the requests that are under way; waits for a script, which may be between stopping a server and starting it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  status(): WatchdogStatus {
    const { version, everyMs, failureLimit, script } = this.#options;
    const trouble = this.#trouble ?? this.#sensed.trouble;
    return {
      name: this.#sensed.name,
      version,
      startedAt: this.#startedAt,
      clock: this.#now(),
      everyS: Math.round(everyMs / 1_000),
      limit: failureLimit,
      rounds: this.#rounds,
      lastRoundAt: this.#lastRoundAt,
      sensedBy: this.#sensed.by,
      trouble: trouble === undefined ? null : { code: trouble.code, sentence: trouble.message },
      servers: [...this.#states.values()].map((state) => state.shown()),
      alertsSinceStart: this.#alertCount,
      script: script.file ?? null,
      alerts: [...this.#alerts],
    };
  }

  /** One round; resolves with what was at its limit. Rounds never overlap: whoever calls waits for the end. */
  async round(): Promise<Alert | undefined> {
    const { signal } = this.#stopping;
    await this.#sense(signal);
    signal.throwIfAborted();
    const states = [...this.#states.values()];
    const { limitMs, checkDir } = this.#options;
    const check = { limitMs, checkDir, signal };
    const now = (): string => this.#now();
    await Promise.all(states.map((state) => state.take(checkServer(state.server, check), now)));
    this.#rounds += 1;
    this.#lastRoundAt = this.#now();
    this.#tell(states);
    const failed = states.filter(({ misses }) => misses.atLimit);
    return failed.length === 0 ? undefined : await this.#alert(failed);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { everyMs, log } = this.#options;
    while (!signal.aborted) {
      const startedAt = performance.now();
      await this.round().catch((error: unknown) => {
        if (!signal.aborted) log.error({ err: error }, 'a round failed');
      });
      const rest = Math.max(0, everyMs - (performance.now() - startedAt));
      await sleep(rest, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What cannot be found out stays as it was known. */
  async #sense(signal: AbortSignal): Promise<void> {
    const before = this.#trouble ?? this.#sensed.trouble;
    try {
      this.#sensed = await this.#options.sense(signal);
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = asBranchlineError(error);
    }
    const trouble = this.#trouble ?? this.#sensed.trouble;
    if (trouble !== undefined && trouble.code !== before?.code) {
      const { code, message: reason } = trouble;
      this.#options.log.warn({ code, reason }, 'not everything is known of the servers');
    }
    const { servers } = this.#sensed;
    const known = new Set(servers.map(serverId));
    for (const id of this.#states.keys()) if (!known.has(id)) this.#states.delete(id);
    for (const server of servers) {
      const state = this.#states.get(serverId(server));
      if (state === undefined) {
        const fresh = new WatchedState(server, this.#options.failureLimit);
        this.#states.set(fresh.id, fresh);
      } else state.server = server;
    }
  }

  #tell(states: readonly WatchedState[]): void {
    const { log } = this.#options;
    for (const { id, why, misses } of states) {
      if (why === undefined) log.debug({ server: id, missed: misses.count }, 'files arrived');
      else {
        const { code, message: reason } = why;
        log.warn({ server: id, missed: misses.count, code, reason }, 'file missed');
      }
    }
  }

  async #alert(failed: readonly WatchedState[]): Promise<Alert> {
    const { log, script, report, failureLimit } = this.#options;
    const at = this.#now();
    const servers = failed.map(({ id }) => id);
    const others = failed.length - 1;
    const first = failed[0]?.why?.message ?? '';
    const reason = others === 0 ? first : `${first} (and ${others} more servers)`;
    this.#alertCount += 1;
    log.error({ servers, limit: failureLimit, reason }, 'watchdog fired: alert script');
    const end = await script.run({
      TIME: at,
      NAME: this.#sensed.name,
      HOST: failed[0]?.server.host ?? '',
      SERVERS: servers.join(' '),
      COUNTS: [...this.#states.values()].map(({ id, misses }) => `${id}=${misses.count}`).join(' '),
      LIMIT: String(failureLimit),
      ALERTS: String(this.#alertCount),
      CODES: failed.map(({ why }) => why?.code ?? '').join(' '),
      REASON: reason,
    });
    return await this.#told({ at, servers, reason, ...end }, report);
  }

  async #told(
    alert: Pick<Alert, 'at' | 'servers' | 'reason'> & ScriptEnd,
    report: (alert: Alert) => Promise<void>,
  ): Promise<Alert> {
    this.#alerts = [alert, ...this.#alerts].slice(0, keptAlerts);
    // A restart is one of all servers: all begin anew, and the next time comes after as many missed files again.
    for (const { misses } of this.#states.values()) misses.clear();
    try {
      await report(alert);
    } catch (error) {
      this.#options.log.error({ err: error }, 'the alarm could not be left for the server');
    }
    return alert;
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}
