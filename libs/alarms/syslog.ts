import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { Socket } from 'node:net';
import type { AlarmMessage } from './alarm-message.ts';
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
import { maxLineBytes, syslogLine, type Facility } from './syslog-line.ts';

export interface SyslogOptions {
  readonly host: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly facility: Facility;
  /** Of TLS. */
  readonly authorityFile: string | undefined;
}

/** A receiver that keeps the connection open after our end of it has what was sent, as far as anybody can tell. */
const closeMs = 3_000;

/** Syslog (RFC 5424) by UDP (RFC 5426), TCP with octet counting (RFC 6587, section 3.4.1), or TLS (RFC 5425). */
export class Syslog implements Receiver {
  readonly name = 'syslog';
  readonly address: string;
  readonly #options: SyslogOptions;

  constructor(options: SyslogOptions) {
    this.#options = options;
    this.address = `${hostPort(options.host, options.port)} (${options.transport.toUpperCase()})`;
  }

  async send(message: AlarmMessage, signal: AbortSignal): Promise<string> {
    const { transport, facility } = this.#options;
    try {
      if (transport === 'udp') {
        await this.#datagram(syslogLine(message, facility, maxLineBytes.udp), signal);
        return 'sent; UDP gives no answer';
      }
      return await this.#stream(syslogLine(message, facility, maxLineBytes.stream), signal);
    } catch (error) {
      signal.throwIfAborted();
      const why = reasonOf(error);
      throw isCertificateError(error) ? refused(this.address, why) : unreachable(this.address, why);
    }
  }

  async #datagram(line: Buffer, signal: AbortSignal): Promise<void> {
    const { host, port } = this.#options;
    const { address, family } = await lookup(host);
    signal.throwIfAborted();
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', signal });
    try {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      socket.once('error', reject);
      // Connected: where nobody listens, the other machine says so.
      socket.connect(port, address, () => {
        socket.send(line, (error) => {
          if (error === null) setTimeout(resolve, refusalMs, undefined);
          else reject(error);
        });
      });
      await promise;
    } finally {
      socket.close();
    }
  }

  async #stream(line: Buffer, signal: AbortSignal): Promise<string> {
    const { host, port, transport, authorityFile } = this.#options;
    const tls = transport === 'tls' ? { ca: await authorityOf(authorityFile) } : undefined;
    const socket = await openSocket({ host, port, tls }, signal);
    try {
      socket.resume();
      socket.end(Buffer.concat([Buffer.from(`${line.length} `), line]));
      const closed = await endOf(socket);
      return closed
        ? 'taken: the connection was closed in order'
        : 'sent; the connection stays open at its end';
    } finally {
      socket.destroy();
    }
  }
}

/** An answer that nobody listens comes so soon, or not at all. */
const refusalMs = 50;

/** True when the other end has closed after all that was sent; false when it has only taken it. */
async function endOf(socket: Socket): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  socket.once('error', reject);
  socket.once('close', () => {
    resolve(true);
  });
  const timer = setTimeout(() => {
    if (socket.writableFinished) resolve(false);
    else reject(new Error('it takes nothing'));
  }, closeMs);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
