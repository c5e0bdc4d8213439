import { createTransport } from 'nodemailer';
import type { AlarmMessage } from './alarm-message.ts';
import { mailText, subjectOf } from './mail-text.ts';
import { openSocket } from './open-socket.ts';
import {
  authorityOf,
  hostPort,
  isCertificateError,
  reasonOf,
  refused,
  unreachable,
  type Receiver,
} from './receiver.ts';

export interface MailOptions {
  readonly host: string;
  readonly port: number;
  /** explicit: STARTTLS, without which nothing is sent. */
  readonly tls: 'none' | 'explicit' | 'implicit';
  readonly authorityFile: string | undefined;
  /** Empty for no log-in. */
  readonly user: string;
  readonly password: string;
  readonly from: string;
  readonly to: readonly string[];
}

const silenceMs = 10_000;

/** Mail by SMTP (RFC 5321) through the library nodemailer, one connection for each message. */
export class Mail implements Receiver {
  readonly name = 'mail';
  readonly address: string;
  readonly #options: MailOptions;

  constructor(options: MailOptions) {
    this.#options = options;
    this.address = hostPort(options.host, options.port);
  }

  async send(message: AlarmMessage, signal: AbortSignal): Promise<string> {
    const { host, port, tls, authorityFile, user, password, from, to } = this.#options;
    const ca = await authorityOf(authorityFile);
    try {
      // Ours, so that an abort ends it whatever the library waits for.
      const connection = await openSocket({ host, port }, signal);
      try {
        const transport = createTransport({
          ...{ host, port, connection },
          secure: tls === 'implicit',
          requireTLS: tls === 'explicit',
          ignoreTLS: tls === 'none',
          tls: { minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
          ...(user !== '' && { auth: { user, pass: password } }),
          ...{ connectionTimeout: silenceMs, greetingTimeout: silenceMs, socketTimeout: silenceMs },
          ...{ disableFileAccess: true, disableUrlAccess: true },
        });
        const { response, rejected } = await transport.sendMail({
          ...{ from, to: [...to], subject: subjectOf(message), text: mailText(message) },
          messageId: `<${message.id}@${from.slice(from.lastIndexOf('@') + 1)}>`,
          // RFC 3834: nobody's absence note answers it.
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        const not =
          rejected.length === 0 ? '' : `; not for ${rejected.length} of ${to.length} addresses`;
        return `taken: ${reasonOf(new Error(response), password).trim()}${not}`;
      } finally {
        connection.destroy();
      }
    } catch (error) {
      signal.throwIfAborted();
      const why = reasonOf(error, password);
      throw isFinal(error) ? refused(this.address, why) : unreachable(this.address, why);
    }
  }
}

/** 5xx (RFC 5321, section 4.2.1), a log-in that fails, a certificate, STARTTLS that is not offered. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const status = 'responseCode' in error ? Number(error.responseCode) : 0;
  const code = 'code' in error ? String(error.code) : '';
  return (
    status >= 500 ||
    (code === 'EAUTH' && status === 0) ||
    code === 'ETLS' ||
    isCertificateError(error)
  );
}
