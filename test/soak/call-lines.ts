import { setTimeout as sleep } from 'node:timers/promises';
import { CdrSwitch } from '../support/cdr-switch.ts';

/** A kill of the branch, by the wall clock, in milliseconds. */
type Moment = number;

/** The switch of one branch, on its raw CDR link, and every call it has told of. */
export class CallLines {
  readonly #branch: string;
  readonly #switch: CdrSwitch;
  /** When each call ended, Unix milliseconds. */
  readonly #calls = new Map<string, Moment>();
  readonly #came = new Map<string, number>();
  readonly #kills: Moment[] = [];
  /** Pieces of records, and records that nobody sent. */
  readonly #strange: string[] = [];

  constructor(branch: string, host: string) {
    this.#branch = branch;
    this.#switch = new CdrSwitch({ host, port: 9000, retryMs: 200 });
  }

  async run(signal: AbortSignal, everyMs: number): Promise<void> {
    this.#switch.start();
    while (!signal.aborted) {
      const line = `${this.#branch} ${String(this.#calls.size).padStart(6, '0')} 0915 4711 00358`;
      this.#calls.set(line, Date.now());
      this.#switch.call(line);
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What it still has is sent when its branch takes it. */
  async finish(limitMs: number): Promise<boolean> {
    const until = performance.now() + limitMs;
    while (this.#switch.buffered > 0 && performance.now() < until) await sleep(50);
    const empty = this.#switch.buffered === 0;
    await this.#switch.stop();
    return empty;
  }

  /** This link has no acknowledgements: what lay in the kernel of a killed server is lost, and nobody's promise. */
  killed(): void {
    this.#kills.push(Date.now());
  }

  /** A line at the collector: false when it is of another branch. */
  took(line: string): boolean {
    if (!this.#branch.startsWith(line.split(' ')[0] ?? '')) return false;
    if (this.#calls.has(line)) this.#came.set(line, (this.#came.get(line) ?? 0) + 1);
    else this.#strange.push(line);
    return true;
  }

  get sent(): number {
    return this.#calls.size;
  }

  /** Calls that are not at the collector and were not in the kernel of a killed server. */
  get missing(): string[] {
    return [...this.#calls].filter((call) => this.#isMissing(call)).map(([line]) => line);
  }

  /** Calls that were lost with the kernel's buffers. */
  get lostInKernel(): number {
    return [...this.#calls].filter(([line, at]) => !this.#came.has(line) && this.#excused(at))
      .length;
  }

  /** What must not be, one sentence each. */
  judge(): string[] {
    const twice = [...this.#came].filter(([, times]) => times > 1);
    return [
      ...this.missing.map((line) => `call ${line} is not at the collector`),
      ...twice.map(([line, times]) => `call ${line} came to the collector ${times} times`),
      ...this.#strange
        .filter((piece) => !this.#isPiece(piece))
        .map((piece) => `the collector has ${JSON.stringify(piece)}, which nobody sent`),
    ];
  }

  #isMissing([line, at]: readonly [string, Moment]): boolean {
    return !this.#came.has(line) && !this.#excused(at);
  }

  #excused(at: Moment): boolean {
    return this.#kills.some((kill) => at > kill - 3_000 && at < kill + 500);
  }

  /** The beginning of a call that a kill has cut. */
  #isPiece(piece: string): boolean {
    return [...this.#calls].some(([line, at]) => line.startsWith(piece) && this.#excused(at));
  }
}
