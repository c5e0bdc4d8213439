import { createHmac } from 'node:crypto';
import { Agent, request, type Dispatcher } from 'undici';
import type { AlarmMessage } from './alarm-message.ts';
import {
  authorityOf,
  isCertificateError,
  reasonOf,
  refused,
  unreachable,
  type Receiver,
} from './receiver.ts';

export interface WebhookOptions {
  /** https or http; may hold secrets. */
  readonly url: string;
  /** Signs the body; empty for no signature. */
  readonly secret: string;
  readonly authorityFile: string | undefined;
}

/** Answers that may be others later. */
const passing = new Set([408, 425, 429]);
const maxAnswerBytes = 64 * 1024;

/** Posts the message as JSON (`alarmMessageSchema`), signed when there is a secret. */
export class Webhook implements Receiver {
  readonly name = 'webhook';
  readonly #options: WebhookOptions;
  readonly address: string;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.address = new URL(options.url).origin;
  }

  async send(message: AlarmMessage, signal: AbortSignal): Promise<string> {
    const { url, authorityFile } = this.#options;
    const ca = await authorityOf(authorityFile);
    const dispatcher = new Agent({ connect: { ...(ca !== undefined && { ca }) } });
    try {
      const status = await this.#post(url, JSON.stringify(message), dispatcher, signal);
      if (status >= 200 && status < 300) return `taken with HTTP ${status}`;
      if (status >= 500 || passing.has(status)) throw unreachable(this.address, `HTTP ${status}`);
      throw refused(this.address, `HTTP ${status}`);
    } finally {
      await dispatcher.destroy();
    }
  }

  async #post(
    url: string,
    body: string,
    dispatcher: Dispatcher,
    signal: AbortSignal,
  ): Promise<number> {
    const { secret } = this.#options;
    try {
      const answer = await request(url, {
        ...{ method: 'POST', body, dispatcher, signal },
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Branchline',
          ...(secret !== '' && { 'branchline-signature': signatureOf(body, secret) }),
        },
      });
      // Taken is what has an answer to its end.
      await answer.body.dump({ limit: maxAnswerBytes, signal });
      return answer.statusCode;
    } catch (error) {
      signal.throwIfAborted();
      const why = reasonOf(error, secret);
      throw isCertificateError(error) ? refused(this.address, why) : unreachable(this.address, why);
    }
  }
}

/** HMAC with SHA-256 over the bytes of the body. */
export const signatureOf = (body: string, secret: string): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
