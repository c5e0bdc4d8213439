import { malformed } from './ber.ts';

/** RFC 2578, section 3.5: at most 128 numbers, each of 32 bits. */
const maxArcs = 128;
const maxArc = 0xffff_ffff;

/**
 * An object identifier in one spelling, numbers with dots between them and none in front, or undefined when `text` is
 * none: `.1.3.6` becomes `1.3.6`.
 */
export function parseObjectIdentifier(text: string): string | undefined {
  if (!/^\.?\d{1,10}(\.\d{1,10}){1,127}$/.test(text)) return undefined;
  const arcs = text.replace(/^\./, '').split('.').map(Number);
  const [first = 0, second = 0] = arcs;
  if (first > 2 || (first < 2 && second > 39) || arcs.some((arc) => arc > maxArc)) return undefined;
  return first === 2 && second > maxArc - 80 ? undefined : arcs.join('.');
}

/** The content bytes of an OBJECT IDENTIFIER (X.690, section 8.19). */
export function objectBytes(oid: string): Buffer {
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
