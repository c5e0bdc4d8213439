import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ErrorCode } from '#libs/errors';
import { plainAddress } from '#libs/phones';
import { Connection } from './connection.ts';
import type { WebLimits } from './web-limits.ts';

/** Every connection of one phone server, over all its ports. */
export class PhoneConnections {
  readonly #limits: WebLimits;
  readonly #byPeer = new Map<string, Connection>();
  readonly #byStream = new WeakMap<Duplex, Connection>();
  readonly #perAddress = new Map<string, number>();

  constructor(limits: WebLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#byPeer.size;
  }

  /** Take a new socket into account, or return false when its address has too many. */
  admit(socket: Socket): boolean {
    const address = plainAddress(socket.remoteAddress);
    if (address === undefined) return false;
    const count = this.#perAddress.get(address) ?? 0;
    if (count >= this.#limits.maxConnectionsPerAddress) return false;
    const peer = peerOf(socket);
    const connection = new Connection(socket, address, this.#limits.maxWaitingRequests);
    this.#byPeer.set(peer, connection);
    this.#byStream.set(socket, connection);
    this.#perAddress.set(address, count + 1);
    socket.once('close', () => {
      this.#byPeer.delete(peer);
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(address);
      else this.#perAddress.set(address, left);
    });
    return true;
  }

  /** TLS is up on a socket that was admitted. */
  secured(stream: TLSSocket): void {
    const connection = this.#byPeer.get(peerOf(stream));
    if (connection === undefined) stream.destroy();
    else this.replaceStream(connection, stream);
  }

  /** From now on the phone's requests come from `stream`. */
  replaceStream(connection: Connection, stream: Duplex): void {
    connection.stream = stream;
    this.#byStream.set(stream, connection);
  }

  /** The connection that `stream` belongs to; undefined when it was not admitted. */
  of(stream: Duplex): Connection | undefined {
    return this.#byStream.get(stream);
  }

  /** Cut off who takes longer for an answer than it deserves. `now` in Unix milliseconds. */
  cutLate(now: number): void {
    for (const connection of this.#byPeer.values()) {
      if (connection.deadline === undefined || now <= connection.deadline) continue;
      if (!connection.interrupt('PHONE_SILENT')) connection.destroy('PHONE_SILENT');
    }
  }

  /** End idle connections now and the others after their answer. */
  finishAll(): void {
    for (const connection of this.#byPeer.values()) connection.finish();
  }

  destroyAll(because: ErrorCode): void {
    for (const connection of this.#byPeer.values()) connection.destroy(because);
  }
}

/** A TLS stream and the socket below it have this in common. */
const peerOf = ({ remoteAddress, remotePort, localPort }: Socket): string =>
  `${remoteAddress ?? ''} ${remotePort ?? ''} ${localPort ?? ''}`;
