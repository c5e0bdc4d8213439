import { isIPv6 } from 'node:net';
import { BranchlineError } from '#libs/errors';
import { linux, type BatchedCalls } from './batched-calls.ts';
import {
  listenFailure,
  type DatagramPort,
  type OpenPort,
  type PortOptions,
} from './datagram-port.ts';
import { batchSize, MessageBatch } from './message-batch.ts';
import type { Peer } from './peer.ts';
import { SendQueue } from './send-queue.ts';
import {
  family,
  nameBytes,
  namedPeer,
  PeerBook,
  readSocketName,
  socketName,
  type NamedPeer,
} from './socket-name.ts';

/** Bytes; a longer datagram is cut short, and is no packet of TFTP that a phone sends. */
const maxDatagram = 2048;
/** Batches read before other ports have their turn. */
const batchesInARow = 4;

/** Opens ports that receive and send many datagrams with one system call: the same sessions at a fraction of the cost. */
export function batchedPorts(calls: BatchedCalls): OpenPort {
  const shared: Shared = {
    calls,
    peers: new PeerBook(),
    received: new MessageBatch(calls, maxDatagram),
    outbox: new Outbox(),
  };
  return (options) => Promise.resolve(openBatchedPort(shared, options));
}

interface Shared {
  readonly calls: BatchedCalls;
  readonly peers: PeerBook;
  /** One for all ports: what is received is dealt with before the next call. */
  readonly received: MessageBatch;
  readonly outbox: Outbox;
}

/** Queues with something to send, until the end of the batch or of the event loop's turn. */
class Outbox {
  readonly #queues = new Set<SendQueue>();
  #scheduled = false;

  add(queue: SendQueue): void {
    this.#queues.add(queue);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  flush(): void {
    for (const queue of this.#queues) queue.flush();
    this.#queues.clear();
  }

  forget(queue: SendQueue): void {
    this.#queues.delete(queue);
  }
}

/** @throws BranchlineError LISTEN_FAILED. */
function openBatchedPort(shared: Shared, options: PortOptions): DatagramPort {
  const { calls } = shared;
  const ipv6 = isIPv6(options.address);
  const type = linux.datagramSocket | linux.nonBlocking | linux.closeOnExec;
  const fd = calls.socket(ipv6 ? family.ipv6 : family.ipv4, type, 0);
  try {
    if (fd < 0) throw systemFailure(calls);
    if (ipv6) set(calls, fd, linux.ipv6Level, linux.ipv6Only, options.ipv6Only ? 1 : 0);
    const name = socketName(options.address, options.port);
    if (calls.bind(fd, name, name.length) !== 0) throw systemFailure(calls);
    raise(calls, fd, linux.receiveBufferForce, linux.receiveBuffer, options.bufferBytes);
    raise(calls, fd, linux.sendBufferForce, linux.sendBuffer, options.bufferBytes);
    return new BatchedPort(shared, fd, options);
  } catch (cause) {
    if (fd >= 0) calls.close(fd);
    throw cause instanceof BranchlineError ? cause : listenFailure(options, cause);
  }
}

class BatchedPort implements DatagramPort {
  readonly address: string;
  readonly port: number;
  readonly receiveBuffer: number;
  readonly #shared: Shared;
  readonly #fd: number;
  readonly #options: PortOptions;
  readonly #queue: SendQueue;
  readonly #stopReading: () => void;
  #open = true;

  constructor(shared: Shared, fd: number, options: PortOptions) {
    const { calls } = shared;
    this.#shared = shared;
    this.#fd = fd;
    this.#options = options;
    const name = Buffer.alloc(nameBytes.ipv6);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(name.length);
    if (calls.getsockname(fd, name, length) !== 0) throw systemFailure(calls);
    ({ address: this.address, port: this.port } = readSocketName(name));
    this.receiveBuffer = get(calls, fd, linux.socketLevel, linux.receiveBuffer) / 2;
    this.#queue = new SendQueue(calls, fd);
    this.#stopReading = calls.onReadable(fd, () => {
      this.#read();
    });
  }

  send(bytes: Buffer, offset: number, length: number, packetSize: number, peer: Peer): void {
    if (!this.#open) return;
    this.#queue.add(bytes, offset, length, packetSize, asNamed(peer));
    this.#shared.outbox.add(this.#queue);
  }

  close(): Promise<void> {
    if (!this.#open) return Promise.resolve();
    this.#queue.flush();
    this.#open = false;
    this.#stopReading();
    this.#queue.close();
    this.#shared.outbox.forget(this.#queue);
    this.#shared.calls.close(this.#fd);
    return Promise.resolve();
  }

  #read(): void {
    const { calls, received, outbox } = this.#shared;
    for (let batch = 0; batch < batchesInARow && this.#open; batch += 1) {
      received.expect();
      const count = calls.recvmmsg(this.#fd, received.address, batchSize, linux.dontWait);
      for (let n = 0; n < count; n += 1) this.#take(n);
      outbox.flush();
      if (count < batchSize) return;
    }
  }

  /** What is taken may close this port. */
  #take(n: number): void {
    if (!this.#open) return;
    const { peers, received } = this.#shared;
    const peer = received.sender(n, peers);
    if (peer.port === 0) return;
    try {
      this.#options.onDatagram(this, received.received(n), peer);
    } catch (error) {
      this.#options.onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** Peers that this transport has heard know their name already. */
const asNamed = (peer: Peer): NamedPeer =>
  'words' in peer ? (peer as NamedPeer) : namedPeer(socketName(peer.address, peer.port));

function systemFailure(calls: BatchedCalls): Error {
  const code = calls.failure();
  return Object.assign(new Error(code), { code });
}

function set(calls: BatchedCalls, fd: number, level: number, name: number, value: number): boolean {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return calls.setsockopt(fd, level, name, bytes, bytes.length) === 0;
}

function get(calls: BatchedCalls, fd: number, level: number, name: number): number {
  const value = Buffer.alloc(4);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(value.length);
  if (calls.getsockopt(fd, level, name, value, length) !== 0) throw systemFailure(calls);
  return value.readInt32LE(0);
}

/** Beyond the limits of the machine where the capability CAP_NET_ADMIN allows it, else up to them. */
function raise(calls: BatchedCalls, fd: number, force: number, plain: number, bytes: number): void {
  if (!set(calls, fd, linux.socketLevel, force, bytes))
    set(calls, fd, linux.socketLevel, plain, bytes);
}
