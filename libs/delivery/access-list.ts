import { readAccessLine, type AddressRange } from './access-line.ts';
import { ipKey } from './ip-key.ts';

/** A line that says nothing that can be understood: it neither opens nor closes anything. */
export interface LineFault {
  readonly line: number;
  /** As it stands there, cut short. */
  readonly text: string;
  readonly why: string;
}

/** One line that counts. */
interface Entry extends AddressRange {
  readonly line: number;
  readonly text: string;
}

/** Lines that say something, of one list; and bytes of its file. Such a list is read within a few milliseconds. */
export const accessListLimits = { entries: 10_000, bytes: 256 * 1024 } as const;

/** Faults of one list that are told; more are only counted. */
const maxFaultsTold = 20;

/** The telephones that may have the files of one tree: a text with one entry in each line (Guide p. 41). */
export class AccessList {
  /** The first ones. */
  readonly faults: readonly LineFault[];
  readonly faultCount: number;
  readonly #entries: readonly Entry[];
  /** Disjoint, in order. */
  readonly #ranges: readonly AddressRange[];

  private constructor(entries: readonly Entry[], faults: readonly LineFault[]) {
    this.#entries = entries;
    this.#ranges = merged(entries);
    this.faults = faults.slice(0, maxFaultsTold);
    this.faultCount = faults.length;
  }

  /** Lines may end in any system's way; byte order marks are no part of them. Undefined when there are too many. */
  static read(bytes: Buffer): AccessList | undefined {
    const entries: Entry[] = [];
    const faults: LineFault[] = [];
    for (const [index, raw] of textOf(bytes)
      .split(/\r\n|\n|\r/)
      .entries()) {
      const said = readAccessLine(raw);
      if (said === undefined) continue;
      const [line, text] = [index + 1, raw.trim().slice(0, 80)];
      if ('fault' in said) faults.push({ line, text, why: said.fault });
      else entries.push({ line, text, first: said.first, last: said.last });
      if (entries.length > accessListLimits.entries) return undefined;
    }
    return new AccessList(entries, faults);
  }

  /** Lines that count. */
  get size(): number {
    return this.#entries.length;
  }

  /** `address` as text; what is no IP address is in no list. */
  admits(address: string): boolean {
    const key = ipKey(address);
    if (key === undefined) return false;
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const range = this.#ranges[middle];
      if (range === undefined || key < range.first) high = middle;
      else if (key > range.last) low = middle + 1;
      else return true;
    }
    return false;
  }

  /** The first line that names `address`, for people. */
  lineFor(address: string): { readonly line: number; readonly text: string } | undefined {
    const key = ipKey(address);
    if (key === undefined) return undefined;
    const entry = this.#entries.find(({ first, last }) => first <= key && key <= last);
    return entry && { line: entry.line, text: entry.text };
  }
}

function merged(entries: readonly AddressRange[]): AddressRange[] {
  const ranges: AddressRange[] = [];
  for (const { first, last } of entries.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    const before = ranges.at(-1);
    if (before === undefined || before.last < first) ranges.push({ first, last });
    else if (before.last < last) ranges[ranges.length - 1] = { first: before.first, last };
  }
  return ranges;
}

/** Windows' editor writes UTF-16 with a mark when it is asked for "Unicode". */
function textOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2);
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}
