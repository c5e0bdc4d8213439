import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

const everyMs = 100;
const patienceMs = 1_000;

/** Somebody who asks for a small file ten times a second, on a new connection each time. */
export class Prober {
  readonly #url: string;
  /** When each answered question was asked and answered, by the monotonic clock, in milliseconds. */
  readonly #answered: { readonly asked: number; readonly at: number }[] = [];
  readonly #asking = new Set<Promise<void>>();

  constructor(url: string) {
    this.#url = url;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const one = this.#ask();
      this.#asking.add(one);
      void one.finally(() => this.#asking.delete(one));
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(this.#asking);
  }

  /** Milliseconds since something was answered. */
  get silentMs(): number {
    return performance.now() - (this.#answered.at(-1)?.at ?? 0);
  }

  /** The longest time since `from` in which nothing was answered, in milliseconds. */
  longestSilence(from: number): number {
    let longest = 0;
    let last = from;
    for (const { asked, at } of this.#answered) {
      if (at < from) continue;
      longest = Math.max(longest, at - last);
      last = Math.max(last, asked);
    }
    return Math.max(longest, performance.now() - last);
  }

  /** Forget what lies before. */
  forget(before: number): void {
    const keep = this.#answered.findIndex(({ at }) => at >= before);
    this.#answered.splice(0, keep === -1 ? this.#answered.length : keep);
  }

  async #ask(): Promise<void> {
    const asked = performance.now();
    try {
      const { statusCode, body } = await request(this.#url, {
        ...{ reset: true, signal: AbortSignal.timeout(patienceMs) },
      });
      await body.dump();
      if (statusCode === 200) this.#answered.push({ asked, at: performance.now() });
    } catch {
      // That is what it is for.
    }
  }
}
