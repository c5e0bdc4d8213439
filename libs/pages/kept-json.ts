import { forTheWire, type OnTheWire } from './web-manners.ts';

/**
 * The JSON of a value that many ask for, put into words and compressed once: at 2,000 branches the status is a megabyte, and a monitor
 * that asks often must not slow a telephone's download.
 */
export class KeptJson {
  readonly #plain = new WeakMap<object, Promise<OnTheWire>>();
  readonly #gzipped = new WeakMap<object, Promise<OnTheWire>>();

  async of(value: object, gzipped: boolean): Promise<OnTheWire> {
    const kept = gzipped ? this.#gzipped : this.#plain;
    let answer = kept.get(value);
    if (answer === undefined) {
      answer = forTheWire(JSON.stringify(value), gzipped);
      kept.set(value, answer);
    }
    return await answer;
  }
}
