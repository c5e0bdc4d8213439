import { phoneProtocols, type Metrics } from '#libs/observe';
import type { RunSpeed } from './run-speed.ts';
import { boundedStatus, type Status, type StatusSource } from './status.ts';

/** Asks the source at most once in a while, and once for all who ask at the same time; adds the speed of the run. */
export class FreshStatus implements StatusSource {
  readonly #source: StatusSource;
  readonly #speed: RunSpeed;
  readonly #maxAgeMs: number;
  #asked: { at: number; answer: Promise<Status> } | undefined;

  constructor(source: StatusSource, speed: RunSpeed, maxAgeMs = 500) {
    this.#source = source;
    this.#speed = speed;
    this.#maxAgeMs = maxAgeMs;
  }

  async status(): Promise<Status> {
    const now = performance.now();
    if (this.#asked === undefined || now - this.#asked.at > this.#maxAgeMs) {
      this.#asked = { at: now, answer: this.#ask() };
    }
    const { answer } = this.#asked;
    try {
      return await answer;
    } catch (error) {
      if (this.#asked.answer === answer) this.#asked = undefined;
      throw error;
    }
  }

  async #ask(): Promise<Status> {
    const status = boundedStatus(await this.#source.status());
    if (!status.sync || status.sync.bytesPerS !== null) return status;
    return { ...status, sync: { ...status.sync, bytesPerS: this.#speed.bytesPerS() } };
  }
}

/** Bring what the status knows into the gauges that nobody counts by himself. */
export function gaugeStatus(status: Status, metrics: Metrics): void {
  const { listeners, hub, disks, certificates } = status;
  for (const protocol of phoneProtocols) {
    const own = listeners.filter((listener) => listener.protocol === protocol);
    const failed = own.filter(({ state }) => state === 'failed').length;
    const listening = own.filter(({ state }) => state === 'listening').length;
    metrics.listeners(protocol, listening, failed);
  }
  if (hub) {
    const counts = Map.groupBy(hub.branches, ({ state }) => state);
    metrics.branches(
      Object.fromEntries([...counts].map(([state, branches]) => [state, branches.length])),
    );
  }
  for (const { folder, freeBytes, totalBytes, level } of disks)
    metrics.disk(folder, freeBytes, totalBytes, diskLevels[level]);
  for (const { name, expiresAt } of certificates) metrics.certificate(name, Date.parse(expiresAt));
}

const diskLevels = { ok: 0, low: 1, alarm: 2 } as const;
