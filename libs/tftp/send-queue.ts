import { linux, type BatchedCalls } from './batched-calls.ts';
import { batchSize, MessageBatch } from './message-batch.ts';
import type { NamedPeer } from './socket-name.ts';

/** Most datagrams that one message may be cut into (UDP_MAX_SEGMENTS of older kernels), and the most bytes of it. */
const maxSegments = 64;
const maxMessageBytes = 65_000;
/** Shorter than this is copied: its memory may be anywhere. */
const copiedBytes = 512;
/** Messages that may wait while the kernel has no room; more are dropped, as the network would. */
const maxBehind = 4096;
/** Milliseconds until the kernel is asked again. */
const againMs = 1;

/** One message to the kernel: one datagram, or several to be cut off when `segment` is not 0. */
interface Message {
  readonly bytes: Buffer;
  readonly offset: number;
  readonly length: number;
  readonly segment: number;
  readonly to: NamedPeer;
}

/** Failures of a message that the kernel should have cut into datagrams, where it cannot: too large for the way, no such help. */
const cannotCut = new Set(['EINVAL', 'EIO', 'EMSGSIZE', 'EOPNOTSUPP']);
const isFull = new Set(['EAGAIN', 'ENOBUFS']);

/** What one socket is to send: gathered, and handed to the kernel up to 64 messages at a time. */
export class SendQueue {
  readonly #calls: BatchedCalls;
  readonly #fd: number;
  readonly #batch: MessageBatch;
  /** What is in the batch; this also keeps its memory alive. */
  readonly #filled: Message[] = [];
  /** Behind the batch, while the kernel has no room. */
  readonly #behind: Message[] = [];
  /** Largest datagram that the kernel cuts off by itself. */
  #maxSegment = Infinity;
  #again: NodeJS.Timeout | undefined;

  constructor(calls: BatchedCalls, fd: number) {
    this.#calls = calls;
    this.#fd = fd;
    this.#batch = new MessageBatch(calls, copiedBytes);
  }

  /** Take `length` bytes as datagrams of `packetSize` bytes, of which the last may be shorter. */
  add(bytes: Buffer, offset: number, length: number, packetSize: number, to: NamedPeer): void {
    const atOnce = datagramsAtOnce(packetSize) * packetSize;
    for (let at = 0; at < length; at += atOnce) {
      const part = Math.min(atOnce, length - at);
      const segment = part > packetSize ? packetSize : 0;
      this.#put({ bytes, offset: offset + at, length: part, segment, to });
    }
  }

  /** Hand to the kernel what it takes now; the rest follows by itself. */
  flush(): void {
    if (this.#again !== undefined) return;
    const sent = this.#send();
    if (sent === this.#filled.length && this.#behind.length === 0) {
      this.#filled.length = 0;
      return;
    }
    const rest = [...this.#filled.splice(0).slice(sent), ...this.#behind.splice(0)];
    for (const message of rest) this.#put(message);
    if (this.#filled.length > 0) this.flush();
  }

  /** Drop what is left; the descriptor may be closed then. */
  close(): void {
    clearTimeout(this.#again);
    this.#filled.length = 0;
    this.#behind.length = 0;
  }

  #put(message: Message): void {
    const { bytes, offset, length, segment, to } = message;
    if (segment > this.#maxSegment) {
      for (let at = 0; at < length; at += segment) {
        const one = Math.min(segment, length - at);
        this.#put({ bytes, offset: offset + at, length: one, segment: 0, to });
      }
      return;
    }
    if (this.#filled.length === batchSize) this.flush();
    const n = this.#filled.length;
    if (n === batchSize) {
      if (this.#behind.length < maxBehind) this.#behind.push(message);
      return;
    }
    this.#filled.push(message);
    if (length <= copiedBytes) this.#batch.copy(n, bytes, offset, length, to);
    else this.#batch.fill(n, addressIn(this.#calls, bytes) + offset, length, segment, to);
  }

  /** Returns how many messages are dealt with. */
  #send(): number {
    let sent = 0;
    while (sent < this.#filled.length) {
      const at = this.#batch.headerAddress(sent);
      const count = this.#calls.sendmmsg(this.#fd, at, this.#filled.length - sent, linux.dontWait);
      if (count > 0) {
        sent += count;
        continue;
      }
      const failure = this.#calls.failure();
      if (isFull.has(failure)) {
        this.#again = setTimeout(() => {
          this.#again = undefined;
          this.flush();
        }, againMs);
        break;
      }
      const segment = this.#filled[sent]?.segment ?? 0;
      if (segment > 0 && cannotCut.has(failure)) {
        this.#maxSegment = Math.min(this.#maxSegment, segment - 1);
        break;
      }
      // A message that cannot be sent is like one that is lost on the way.
      if (failure !== 'EINTR') sent += 1;
    }
    return sent;
  }
}

const datagramsAtOnce = (packetSize: number): number =>
  Math.max(1, Math.min(maxSegments, Math.floor(maxMessageBytes / packetSize)));

const addresses = new WeakMap<ArrayBufferLike, number>();

/** Where the first byte of a buffer lies. */
function addressIn(calls: BatchedCalls, { buffer, byteOffset }: Buffer): number {
  let base = addresses.get(buffer);
  if (base === undefined) {
    base = calls.addressOf(buffer);
    addresses.set(buffer, base);
  }
  return base + byteOffset;
}
