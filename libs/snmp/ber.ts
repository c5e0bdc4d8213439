import { BranchlineError } from '#libs/errors';

/** The tags of BER (X.690) and SNMP (RFC 2578, section 7; RFC 3416, section 3) that this server reads or writes. */
export const tag = {
  integer: 0x02,
  string: 0x04,
  null: 0x05,
  object: 0x06,
  sequence: 0x30,
  address: 0x40,
  counter32: 0x41,
  gauge32: 0x42,
  timeTicks: 0x43,
  opaque: 0x44,
  counter64: 0x46,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
  get: 0xa0,
  response: 0xa2,
} as const;

export const malformed = (what: string): BranchlineError =>
  new BranchlineError('PACKET_MALFORMED', `SNMP datagram refused: ${what}`);

/** Bytes of a length field behind its first; four name more than any datagram holds. */
const maxLengthBytes = 4;
/** Bytes of a number: eight, and the zero before one that is not negative. */
const maxNumberBytes = 9;

/** Reads elements of one BER sequence, front to back, and never beyond its end. */
export class BerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next element. @throws BranchlineError PACKET_MALFORMED. */
  element(): { readonly tag: number; readonly content: Buffer } {
    const found = this.#byte();
    const length = this.#length();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw malformed('an element is longer than what holds it');
    const content = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return { tag: found, content };
  }

  /** The content of the next element, which must have this tag. */
  expect(wanted: number): Buffer {
    const { tag: found, content } = this.element();
    if (found !== wanted) throw malformed(`tag ${found} stands where ${wanted} belongs`);
    return content;
  }

  sequence(): BerReader {
    return new BerReader(this.expect(tag.sequence));
  }

  /** An INTEGER of 32 bits. */
  integer(): number {
    return readInteger(this.expect(tag.integer));
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw malformed('it ends in the middle of an element');
    this.#at += 1;
    return byte;
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > maxLengthBytes) throw malformed('a length is not a definite one');
    let length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + this.#byte();
    return length;
  }
}

/** A signed number of at most 32 bits. */
export function readInteger(content: Buffer): number {
  const value = readNumber(content);
  if (value !== BigInt.asIntN(32, value)) throw malformed('a number has more than 32 bits');
  return Number(value);
}

/** An unsigned number of at most `bits`; agents that leave out the zero in front are understood. */
export function readUnsigned(content: Buffer, bits: 32 | 64): bigint {
  const value = readNumber(content);
  if (content.length * 8 <= bits) return BigInt.asUintN(bits, value);
  if (value !== BigInt.asUintN(bits, value)) throw malformed(`a number has more than ${bits} bits`);
  return value;
}

function readNumber(content: Buffer): bigint {
  if (content.length === 0 || content.length > maxNumberBytes) {
    throw malformed(`a number has ${content.length} bytes`);
  }
  let value = BigInt(content.readInt8(0));
  for (const byte of content.subarray(1)) value = value * 256n + BigInt(byte);
  return value;
}

export function element(elementTag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([elementTag, ...lengthBytes(content.length)]), content]);
}

/** A number in as few bytes as it needs (X.690, section 8.3). */
export function numberElement(elementTag: number, value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 8n) {
    bytes.unshift(Number(BigInt.asUintN(8, rest)));
    if (rest === BigInt.asIntN(8, rest)) break;
  }
  return element(elementTag, Buffer.from(bytes));
}

export const integerElement = (value: number): Buffer => numberElement(tag.integer, BigInt(value));

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}
