import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { isIPv4 } from 'node:net';
import { plainAddress } from '#libs/phones';
import { BerReader, tag } from './ber.ts';
import type { StrangeAnswers } from './snmp-reader.ts';

const report = 0xa8;
const authenticated = 0x01;
const encrypted = 0x02;

/** What a v3 message must carry to be believed: bits of msgFlags (RFC 3412, section 6.4). */
export const flagsOf = (auth: boolean, privacy: boolean): number =>
  (auth ? authenticated : 0) | (privacy ? encrypted : 0);

/**
 * True when a v3 message has the protection that was asked for, or is a report, which an agent sends before it can protect
 * anything (RFC 3414, section 4). What cannot be read is left to the library, which refuses it.
 */
export function isProtected(datagram: Buffer, needed: number): boolean {
  try {
    const message = new BerReader(datagram).sequence();
    message.integer();
    const header = message.sequence();
    header.integer();
    header.integer();
    const flags = header.expect(tag.string)[0] ?? 0;
    if ((flags & needed) === needed) return true;
    message.expect(tag.string);
    const scoped = message.sequence();
    scoped.expect(tag.string);
    scoped.expect(tag.string);
    return scoped.element().tag === report;
  } catch {
    return false;
  }
}

export interface ShieldOptions {
  readonly address: string;
  readonly port: number;
  readonly neededFlags: number;
  readonly strange: StrangeAnswers;
}

/**
 * The socket of one v3 session. The library takes an answer from anybody and without the protection that it asked for; this
 * lets through only what comes from the agent and is protected.
 */
export class ShieldedSocket extends EventEmitter {
  readonly #socket: Socket;
  #closed = false;

  constructor(type: 'udp4' | 'udp6', options: ShieldOptions) {
    super();
    const { address, port, neededFlags, strange } = options;
    this.#socket = createSocket({
      type,
      lookup: (host, _options, done) => {
        done(null, host, isIPv4(host) ? 4 : 6);
      },
    });
    this.#socket.on('message', (datagram, from: RemoteInfo) => {
      const isAgent = from.port === port && plainAddress(from.address) === address;
      if (isAgent && isProtected(datagram, neededFlags)) this.emit('message', datagram, from);
      else strange.foreign += 1;
    });
    this.#socket.on('close', () => this.emit('close'));
    // A send that fails tells its own question.
    this.#socket.on('error', () => undefined);
  }

  send(
    bytes: Buffer,
    offset: number,
    length: number,
    port: number,
    address: string,
    done: (error: Error | null) => void,
  ): void {
    this.#socket.send(bytes, offset, length, port, address, done);
  }

  bind(port: number | undefined, address: string | undefined): void {
    this.#socket.bind({ port: port ?? 0, ...(address !== undefined && { address }) });
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  /** Once is enough; again does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}
