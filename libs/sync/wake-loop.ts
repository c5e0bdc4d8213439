import { setTimeout as sleep } from 'node:timers/promises';
import { asBranchlineError } from '#libs/errors';
import { delayBefore, type Backoff, type Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';

/** What waiting needs of the link to a hub. */
export interface HubEvents {
  /**
   * Resolves with the version once the hub has one newer than `since`, with undefined after some quiet minute; with one that is not newer
   * when the hub's operator wants a sync now.
   */
  waitForEvent(since: number, signal: AbortSignal): Promise<number | undefined>;
}

export interface WakeLoopOptions {
  readonly events: HubEvents;
  /** Version of the newest signed set that this hub has shown us. */
  readonly current: () => number;
  /** `asked`: by the hub's operator, and not by a newer release. */
  readonly onWake: (why: { readonly asked: boolean }) => void;
  readonly log: Logger;
  /** Waiting after a failure; the number of tries does not matter here. */
  readonly backoff?: Backoff;
  /** A hub whose operator asks without end is heard so often, in milliseconds. */
  readonly askedMs?: number;
}

const patience: Backoff = { tries: Infinity, firstMs: 2_000, maxMs: 120_000 };

/** Holds one request open at the hub, so that "sync now" there reaches a branch behind NAT at once. */
export class WakeLoop implements Service {
  readonly name = 'wake-up';
  readonly #options: WakeLoopOptions;
  readonly #stopped = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: WakeLoopOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#loop = this.#run();
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { events, current, onWake, log, backoff = patience, askedMs = 1_000 } = this.#options;
    const { signal } = this.#stopped;
    let woken: { readonly for: number; readonly at: number } | undefined;
    for (let failures = 0; ;) {
      try {
        signal.throwIfAborted();
        const at = current();
        // While the run that it woke has brought nothing, the same news must not wake again and again.
        if (woken?.at !== at) woken = undefined;
        const since = Math.max(woken?.for ?? 0, at);
        const version = await events.waitForEvent(since, signal);
        failures = 0;
        if (version === undefined) continue;
        const asked = version <= since;
        if (!asked) woken = { for: version, at: current() };
        onWake({ asked });
        if (asked) await sleep(askedMs, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        const { code, message } = asBranchlineError(error);
        log.debug({ code, reason: message }, 'the hub cannot wake this branch just now');
        await sleep(delayBefore(failures, backoff), undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
