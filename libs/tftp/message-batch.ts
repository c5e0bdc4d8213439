import { linux, type BatchedCalls } from './batched-calls.ts';
import type { NamedPeer, PeerBook } from './socket-name.ts';

/** Datagrams for one system call. */
export const batchSize = 64;

/** Where the fields of `struct mmsghdr` lie, in words of four bytes (64-bit Linux). */
const header = {
  words: 16,
  name: 0,
  nameLength: 2,
  part: 4,
  parts: 6,
  control: 8,
  controlLength: 10,
  flags: 12,
  length: 14,
};
/** `struct iovec`, room for a `sockaddr_in6` and for a control message with one 16 bit number; in words. */
const partWords = 4;
const nameWords = 8;
const controlWords = 6;
/** CMSG_LEN(2): the number of bytes in use of a control message's 24. */
const controlLength = 18;
const ackBytes = 4;

/** The `struct mmsghdr`s of one system call with all that they point to, in memory of known address. */
export class MessageBatch {
  readonly #words: Uint32Array;
  readonly #bytes: Buffer;
  readonly #bodyAddress: number;
  readonly #room: number;
  /** Acknowledgements are nearly all that comes in: these need no new view each. */
  readonly #acks: readonly Buffer[];
  /** Where the first header lies. */
  readonly address: number;

  /** `room` bytes for the body of each message. */
  constructor(calls: BatchedCalls, room: number) {
    const perMessage = (header.words + partWords + nameWords + controlWords) * 4 + room;
    const memory = new ArrayBuffer(perMessage * batchSize);
    this.address = calls.addressOf(memory);
    this.#room = room;
    this.#words = new Uint32Array(memory);
    this.#bytes = Buffer.from(memory);
    this.#bodyAddress = this.address + bodyFrom * 4;
    for (let n = 0; n < batchSize; n += 1) {
      const at = n * header.words;
      this.#point(at + header.name, this.address + nameAt(n) * 4);
      this.#point(at + header.part, this.address + partAt(n) * 4);
      this.#words[at + header.parts] = 1;
      this.#point(at + header.control, this.address + controlAt(n) * 4);
      const control = controlAt(n);
      this.#words[control] = controlLength;
      this.#words[control + 2] = linux.udpLevel;
      this.#words[control + 3] = linux.udpSegment;
      this.#ownBody(n, room);
    }
    this.#acks = Array.from({ length: batchSize }, (_, n) => this.#body(n, ackBytes));
  }

  /** Make room again for what is received next. */
  expect(): void {
    for (let n = 0; n < batchSize; n += 1) {
      const at = n * header.words;
      this.#words[at + header.nameLength] = nameWords * 4;
      this.#words[at + header.controlLength] = 0;
    }
  }

  /** What was received as message `n`; valid until the next call of the kernel. */
  received(n: number): Buffer {
    const length = this.#words[n * header.words + header.length] ?? 0;
    return (length === ackBytes ? this.#acks[n] : undefined) ?? this.#body(n, length);
  }

  /** Who sent message `n`. */
  sender(n: number, peers: PeerBook): NamedPeer {
    return peers.at(this.#words, nameAt(n), this.#bytes);
  }

  /** Message `n` is `length` bytes at `address`, cut by the kernel into datagrams of `segment` bytes unless that is 0. */
  fill(n: number, address: number, length: number, segment: number, to: NamedPeer): void {
    const part = partAt(n);
    this.#point(part, address);
    this.#words[part + 2] = length;
    this.#address(n, segment, to);
  }

  /** Message `n` is a copy of these few bytes. */
  copy(n: number, bytes: Buffer, offset: number, length: number, to: NamedPeer): void {
    bytes.copy(this.#bytes, bodyFrom * 4 + n * this.#room, offset, offset + length);
    this.#ownBody(n, length);
    this.#address(n, 0, to);
  }

  /** Where the header of message `n` lies. */
  headerAddress(n: number): number {
    return this.address + n * header.words * 4;
  }

  #body(n: number, length: number): Buffer {
    const from = bodyFrom * 4 + n * this.#room;
    return this.#bytes.subarray(from, from + length);
  }

  #address(n: number, segment: number, { words: name }: NamedPeer): void {
    const words = this.#words;
    const at = n * header.words;
    const nameFrom = nameAt(n);
    for (let word = 0; word < name.length; word += 1) words[nameFrom + word] = name[word] ?? 0;
    words[at + header.nameLength] = name.length * 4;
    words[at + header.controlLength] = segment === 0 ? 0 : controlWords * 4;
    words[controlAt(n) + 4] = segment;
  }

  #ownBody(n: number, length: number): void {
    const part = partAt(n);
    this.#point(part, this.#bodyAddress + n * this.#room);
    this.#words[part + 2] = length;
  }

  #point(word: number, address: number): void {
    this.#words[word] = address % 0x1_0000_0000;
    this.#words[word + 1] = address / 0x1_0000_0000;
  }
}

const partsFrom = batchSize * header.words;
const namesFrom = partsFrom + batchSize * partWords;
const controlsFrom = namesFrom + batchSize * nameWords;
const bodyFrom = controlsFrom + batchSize * controlWords;
const partAt = (n: number): number => partsFrom + n * partWords;
const nameAt = (n: number): number => namesFrom + n * nameWords;
const controlAt = (n: number): number => controlsFrom + n * controlWords;
