import { forTheWire, type OnTheWire } from './web-manners.ts';

/**
 * The JSON of a value that many ask for, put into words and compressed once: at 2,000 branches the status is a megabyte, and a monitor
 * that asks often must not slow a telephone's download.
 */
export class KeptJson<T extends object> {
  readonly #words: (value: T) => string;
  readonly #plain = new WeakMap<T, Promise<OnTheWire>>();
  readonly #gzipped = new WeakMap<T, Promise<OnTheWire>>();

  constructor(words: (value: T) => string) {
    this.#words = words;
  }

  async of(value: T, gzipped: boolean): Promise<OnTheWire> {
    const kept = gzipped ? this.#gzipped : this.#plain;
    let answer = kept.get(value);
    if (answer === undefined) {
      answer = forTheWire(this.#words(value), gzipped);
      kept.set(value, answer);
    }
    return await answer;
  }
}
