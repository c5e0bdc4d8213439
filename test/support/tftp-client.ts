import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { decodePacket, encodePacket, type Packet } from '#libs/tftp';

/** A packet that arrived, and the port it came from. */
export interface Arrival {
  readonly packet: Packet;
  readonly from: number;
}

/** A phone whose every packet the test writes by hand. */
export class TftpClient {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #arrived: Arrival[] = [];
  #wake: (() => void) | undefined;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.on('message', (datagram, { port }) => {
      this.#arrived.push({ packet: decodePacket(datagram), from: port });
      this.#wake?.();
    });
  }

  /** Bound to a port of its own; closed when the test is over. */
  static async open(host = '127.0.0.1', bindAddress = host): Promise<TftpClient> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.bind(0, bindAddress);
    await once(socket, 'listening');
    onTestFinished(() => {
      socket.close();
    });
    return new TftpClient(socket, host);
  }

  /** This phone's own port. */
  get port(): number {
    return this.#socket.address().port;
  }

  send(packet: Packet | Buffer, port: number): void {
    this.#socket.send(Buffer.isBuffer(packet) ? packet : encodePacket(packet), port, this.#host);
  }

  ask(file: string, port: number, options: Record<string, string> = {}, mode = 'octet'): void {
    this.send({ kind: 'read', file, mode, options: new Map(Object.entries(options)) }, port);
  }

  ack(block: number, port: number): void {
    this.send({ kind: 'ack', block }, port);
  }

  /** The next packet, in the order of arrival. */
  async next(withinMs = 5000): Promise<Arrival> {
    if (this.#arrived.length === 0) {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      const timer = setTimeout(() => {
        reject(new Error(`no packet within ${withinMs} ms`));
      }, withinMs);
      this.#wake = () => {
        resolve(undefined);
      };
      try {
        await promise;
      } finally {
        clearTimeout(timer);
        this.#wake = undefined;
      }
    }
    const arrival = this.#arrived.shift();
    if (arrival === undefined) throw new Error('woken without a packet');
    return arrival;
  }

  /** What came in until the server had answered a question that was asked after everything else. */
  async until(isLast: (arrival: Arrival) => boolean): Promise<Arrival[]> {
    const arrivals: Arrival[] = [];
    for (;;) {
      const arrival = await this.next();
      arrivals.push(arrival);
      if (isLast(arrival)) return arrivals;
    }
  }

  /** Packets that have come in and were not taken yet. */
  get waiting(): readonly Arrival[] {
    return this.#arrived;
  }
}
