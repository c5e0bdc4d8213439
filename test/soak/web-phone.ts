import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

export interface WebPhoneOptions {
  /** The address that it has on its machine. */
  readonly from: string;
  readonly agent: string;
}

/** What a whole download has taken. */
export interface Downloaded {
  readonly sha256: string;
  /** How often it went on at the byte at which it had been cut. */
  readonly resumed: number;
}

/** Longest that a telephone waits for an answer, in milliseconds. */
const patienceMs = 8_000;
/** Longest that a download may take with all its cuts: no fault of a plan lasts as long. */
const downloadMs = 60_000;

/** A telephone as web servers see it: a new connection for everything, and no certificate is looked at. */
export class WebPhone {
  readonly #agent: Agent;
  readonly #name: string;

  constructor({ from, agent }: WebPhoneOptions) {
    const connect = { localAddress: from, rejectUnauthorized: false, timeout: 3_000 };
    this.#agent = new Agent({ connect, connections: 4 });
    this.#name = agent;
  }

  /**
   * The whole file, with as many requests as it takes; `hangUpAt` a byte at which the telephone itself hangs up, once.
   * @throws Error when it was not there, or not whole, within a minute.
   */
  async download(url: string, hangUpAt?: number): Promise<Downloaded> {
    const until = performance.now() + downloadMs;
    const parts: Buffer[] = [];
    const state = { got: 0, hangUpAt };
    let why = '';
    for (let resumed = -1; performance.now() < until;) {
      resumed += 1;
      try {
        if (await this.#more(url, parts, state)) {
          const hash = createHash('sha256');
          for (const part of parts) hash.update(part);
          return { sha256: hash.digest('hex'), resumed };
        }
      } catch (error) {
        if (error instanceof Refused) throw error;
        why = error instanceof Error ? error.message : 'failed';
      }
      await sleep(500);
    }
    throw new Error(`${url} was not whole after ${downloadMs / 1_000} s: ${why}`);
  }

  /** True when the server said that it is safe. */
  async put(url: string, body: Buffer): Promise<boolean> {
    const { statusCode, body: answer } = await this.#ask(url, { method: 'PUT', body });
    await answer.dump();
    return statusCode >= 200 && statusCode < 300;
  }

  /** Undefined when it was not given. */
  async fetch(url: string): Promise<{ status: number; sha256: string } | undefined> {
    try {
      const { statusCode, body } = await this.#ask(url, {});
      const bytes = Buffer.from(await body.arrayBuffer());
      return { status: statusCode, sha256: createHash('sha256').update(bytes).digest('hex') };
    } catch {
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** Go on where it was cut; true when the last byte has come. */
  async #more(
    url: string,
    parts: Buffer[],
    state: { got: number; hangUpAt: number | undefined },
  ): Promise<boolean> {
    const headers = state.got > 0 ? { range: `bytes=${state.got}-` } : {};
    const { statusCode, headers: said, body } = await this.#ask(url, { headers });
    if (statusCode === 404 || statusCode === 403) {
      await body.dump();
      throw new Refused(`${url} was answered with ${statusCode}`);
    }
    if (statusCode !== (state.got > 0 ? 206 : 200)) {
      await body.dump();
      throw new Error(`${url} was answered with ${statusCode}`);
    }
    const whole = state.got + Number(said['content-length']);
    for await (const part of body as AsyncIterable<Buffer>) {
      parts.push(part);
      state.got += part.length;
      if (state.hangUpAt !== undefined && state.got >= state.hangUpAt) {
        state.hangUpAt = undefined;
        break;
      }
    }
    return state.got === whole;
  }

  #ask(
    url: string,
    more: { method?: 'PUT'; body?: Buffer; headers?: Record<string, string> },
  ): ReturnType<typeof request> {
    const { headers, ...rest } = more;
    return request(url, {
      ...{ dispatcher: this.#agent, reset: true, signal: AbortSignal.timeout(patienceMs * 2) },
      ...{ headersTimeout: patienceMs, bodyTimeout: patienceMs },
      headers: { 'user-agent': this.#name, ...headers },
      ...rest,
    });
  }
}

class Refused extends Error {}
