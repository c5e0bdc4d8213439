import { Value } from 'typebox/value';
import { asBranchlineError } from '#libs/errors';
import type { AlarmQueueTable, QueuedMessage, ReceiverRecord } from '#libs/journal';
import { delayBefore, type Backoff, type Clock, type Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { alarmMessageSchema, type AlarmMessage } from './alarm-message.ts';
import { unreachable, type Receiver } from './receiver.ts';

export interface CourierOptions {
  readonly receiver: Receiver;
  readonly queue: AlarmQueueTable;
  readonly clock: Clock;
  readonly log: Logger;
  /** A message was given up, because the receiver refuses it. */
  readonly onDropped: (receiver: string, messages: number) => void;
  readonly patience?: CourierPatience;
}

/** Milliseconds of one try, and between tries. */
export interface CourierPatience {
  readonly tryMs: number;
  readonly backoff: Pick<Backoff, 'firstMs' | 'maxMs'>;
  /** A message that is refused so often is given up: the ones behind it may be welcome. */
  readonly refusals: number;
}

export const usualPatience: CourierPatience = {
  tryMs: 20_000,
  backoff: { firstMs: 5_000, maxMs: 5 * 60_000 },
  refusals: 8,
};

/** Somebody waits for the answer of a test. */
const testMs = 8_000;

/** Brings the queued messages to one receiver, in order, each until it is acknowledged. Others do not wait for it. */
export class Courier implements Service {
  readonly name: string;
  readonly #options: CourierOptions & { readonly patience: CourierPatience };
  readonly #stopped = new AbortController();
  #working: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  /** Acknowledged, while the disk does not take that down: not sent again by this process. */
  #acknowledged: number | undefined;
  #failures = 0;
  /** How often something was queued. */
  #woken = 0;

  constructor(options: CourierOptions) {
    this.#options = { patience: usualPatience, ...options };
    this.name = `alarms by ${options.receiver.name}`;
  }

  async start(): Promise<void> {
    this.#working = this.#work();
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake?.();
    await this.#working;
  }

  get receiver(): Receiver {
    return this.#options.receiver;
  }

  get record(): ReceiverRecord & { readonly waiting: number } {
    const { queue, receiver } = this.#options;
    return { ...queue.receiver(receiver.name), waiting: queue.waiting(receiver.name) };
  }

  /** Something was queued. */
  wake(): void {
    this.#woken += 1;
    if (this.#failures === 0) this.#wake?.();
  }

  /** Past the queue: one try, now. @throws BranchlineError. */
  async test(message: AlarmMessage): Promise<string> {
    return this.#send(message, testMs);
  }

  async #work(): Promise<void> {
    for (;;) {
      const looked = this.#woken;
      const waitMs = await this.#next();
      if (this.#isStopped()) return;
      // What was queued meanwhile is not slept over.
      if (waitMs === undefined && this.#woken !== looked) continue;
      if (waitMs !== 0) await this.#wait(waitMs);
      if (this.#isStopped()) return;
    }
  }

  #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** One message; returns how long to wait then: 0 for the next one at once, undefined until there is one. */
  async #next(): Promise<number | undefined> {
    const { queue, receiver, log, patience, clock } = this.#options;
    try {
      const first = queue.first(receiver.name);
      if (first === undefined) return undefined;
      if (first.id !== this.#acknowledged) await this.#bring(first);
      queue.sent(receiver.name, first.id, clock.now());
      this.#acknowledged = undefined;
      if (this.#failures > 0)
        log.info({ receiver: receiver.name }, 'receiver of alarms answers again');
      this.#failures = 0;
      return 0;
    } catch (error) {
      if (this.#stopped.signal.aborted) return undefined;
      this.#failures += 1;
      this.#note(error);
      return delayBefore(this.#failures, { tries: Infinity, ...patience.backoff });
    }
  }

  async #bring({ id, message, refusals }: QueuedMessage): Promise<void> {
    const { queue, receiver, clock, patience, onDropped } = this.#options;
    const { name } = receiver;
    try {
      const known = Value.Parse(alarmMessageSchema, JSON.parse(message));
      await this.#send({ ...known, dropped: queue.receiver(name).dropped }, patience.tryMs);
      this.#acknowledged = id;
    } catch (thrown) {
      this.#stopped.signal.throwIfAborted();
      const error = asBranchlineError(thrown);
      const isRefusal = error.code !== 'ALARM_RECEIVER_UNREACHABLE';
      queue.failed(name, id, clock.now(), error.message.slice(0, 500), isRefusal);
      if (isRefusal && refusals + 1 >= patience.refusals) {
        queue.drop(name, id);
        onDropped(name, 1);
      }
      throw error;
    }
  }

  async #send(message: AlarmMessage, tryMs: number): Promise<string> {
    const { receiver } = this.#options;
    const late = AbortSignal.timeout(tryMs);
    try {
      return await receiver.send(message, AbortSignal.any([this.#stopped.signal, late]));
    } catch (error) {
      this.#stopped.signal.throwIfAborted();
      if (!late.aborted) throw error;
      throw unreachable(receiver.address, `no answer within ${tryMs / 1_000} s`);
    }
  }

  /** Once for each time that it goes away. */
  #note(thrown: unknown): void {
    const { log, receiver } = this.#options;
    const { code, message } = asBranchlineError(thrown);
    const facts = { receiver: receiver.name, code, reason: message };
    if (this.#failures === 1) log.warn(facts, 'alarm not delivered; it is tried again');
    else log.debug(facts, 'alarm not delivered again');
  }

  async #wait(ms: number | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms, undefined);
    this.#wake = () => {
      resolve(undefined);
    };
    await promise;
    clearTimeout(timer);
    this.#wake = undefined;
  }
}
