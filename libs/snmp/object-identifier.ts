import { maxArc, maxArcs } from '#libs/phones';
import { malformed } from './ber.ts';

/** A scan asks thousands for the same few objects. */
const encoded = new Map<string, Buffer>();
const maxEncoded = 256;

/** The content bytes of an OBJECT IDENTIFIER (X.690, section 8.19); not to be changed. */
export function objectBytes(oid: string): Buffer {
  let bytes = encoded.get(oid);
  if (bytes === undefined) {
    bytes = encodeObject(oid);
    if (encoded.size >= maxEncoded) encoded.clear();
    encoded.set(oid, bytes);
  }
  return bytes;
}

function encodeObject(oid: string): Buffer {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  return Buffer.from([first * 40 + second, ...rest].flatMap(arcBytes));
}

export function readObject(content: Buffer): string {
  const numbers: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (arc > maxArc) throw malformed('a number of an object has more than 32 bits');
    if (byte >= 0x80) continue;
    if (numbers.length >= maxArcs - 1)
      throw malformed(`an object has more than ${maxArcs} numbers`);
    numbers.push(arc);
    arc = 0;
  }
  const [both, ...rest] = numbers;
  if (both === undefined || (content.at(-1) ?? 0) >= 0x80) throw malformed('an object has no end');
  const first = Math.min(Math.floor(both / 40), 2);
  return [first, both - first * 40, ...rest].join('.');
}

function arcBytes(arc: number): number[] {
  const bytes = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift(0x80 | (rest % 128));
  }
  return bytes;
}
