import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4, isIPv6 } from 'node:net';
import { BranchlineError, systemCode } from '#libs/errors';
import { peerOf, type Peer } from './peer.ts';

/** One UDP port: what the sessions need of a transport, so that another one can carry them. */
export interface DatagramPort {
  readonly address: string;
  readonly port: number;
  /** Bytes that the kernel holds for us until we read them. */
  readonly receiveBuffer: number;
  /** Send `length` bytes from `offset` on as datagrams of `packetSize` bytes; only the last may be shorter. */
  send(bytes: Buffer, offset: number, length: number, packetSize: number, peer: Peer): void;
  close(): Promise<void>;
}

/** `datagram` is only valid during the call. */
export type OnDatagram = (from: DatagramPort, datagram: Buffer, peer: Peer) => void;

export interface PortOptions {
  readonly address: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** For `::`: leave IPv4 to another socket. */
  readonly ipv6Only: boolean;
  /** Bytes of receive and send buffer to ask of the kernel, which may give less. */
  readonly bufferBytes: number;
  readonly onDatagram: OnDatagram;
  readonly onError: (error: Error) => void;
}

/**
 * Bind a port.
 * @throws BranchlineError LISTEN_FAILED.
 */
export type OpenPort = (options: PortOptions) => Promise<DatagramPort>;

/** Bytes that may wait for the kernel in one socket; more are dropped, as the network would. */
const maxQueuedBytes = 16 * 1024 * 1024;

/**
 * Bind a `node:dgram` socket.
 * @throws BranchlineError LISTEN_FAILED.
 */
export async function openPort(options: PortOptions): Promise<DatagramPort> {
  const socket = createSocket({
    type: isIPv6(options.address) ? 'udp6' : 'udp4',
    ipv6Only: options.ipv6Only,
    lookup: literalAddress,
  });
  try {
    const listening = once(socket, 'listening');
    socket.bind({ address: options.address, port: options.port });
    await listening;
  } catch (cause) {
    socket.close();
    throw listenFailure(options, cause);
  }
  return new UdpPort(socket, options);
}

/** Peers are addresses already: this saves a trip through the resolver per packet, and sends at once. */
export const literalAddress: NonNullable<SocketOptions['lookup']> = (address, _options, done) => {
  done(null, address, isIPv4(address) ? 4 : 6);
};

class UdpPort implements DatagramPort {
  readonly address: string;
  readonly port: number;
  readonly receiveBuffer: number;
  readonly #socket: Socket;
  #open = true;

  constructor(socket: Socket, options: PortOptions) {
    this.#socket = socket;
    const local = socket.address();
    this.address = local.address;
    this.port = local.port;
    socket.setRecvBufferSize(options.bufferBytes);
    socket.setSendBufferSize(options.bufferBytes);
    // Linux reports twice what it grants (socket(7)).
    this.receiveBuffer = socket.getRecvBufferSize() / (process.platform === 'linux' ? 2 : 1);
    socket.on('error', options.onError);
    socket.on('message', (datagram, peer) => {
      // Port 0 cannot be answered, and dgram throws on it.
      if (peer.port !== 0) options.onDatagram(this, datagram, peerOf(peer.address, peer.port));
    });
  }

  send(bytes: Buffer, offset: number, length: number, packetSize: number, peer: Peer): void {
    if (!this.#open || this.#socket.getSendQueueSize() > maxQueuedBytes) return;
    const end = offset + length;
    for (let at = offset; at < end; at += packetSize) {
      // Without a callback a failed send is silent, like a packet lost on the way.
      this.#socket.send(bytes, at, Math.min(packetSize, end - at), peer.port, peer.address);
    }
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}

/** LISTEN_FAILED with what to do about it. */
export function listenFailure({ address, port }: PortOptions, cause: unknown): BranchlineError {
  const where = `cannot listen on UDP ${address} port ${port}`;
  const remedy = remedies[systemCode(cause) ?? ''];
  const why = remedy ?? (cause instanceof Error ? cause.message : String(cause));
  return new BranchlineError('LISTEN_FAILED', `${where}: ${why}`, { cause });
}

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses it; stop that one or set another port',
  EACCES: 'ports below 1024 need the capability CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'this machine has no such address; correct BindAddress',
};
