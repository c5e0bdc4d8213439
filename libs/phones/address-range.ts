import { isIPv4 } from 'node:net';
import { BranchlineError } from '#libs/errors';

/** IPv4 addresses from the first to the last, both included, as numbers. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

const invalid = (text: string, why: string): BranchlineError =>
  new BranchlineError(
    'SCAN_RANGE_INVALID',
    `${JSON.stringify(text.slice(0, 100))} is no range to scan: ${why}`,
  );

const form = 'write FIRST LAST, FIRST-LAST, NETWORK/BITS or one address';

/**
 * One range as people write it: the Guide's `192.168.0.1 192.168.0.128` (p. 42), the same with a dash, a network in CIDR
 * notation without its own and its broadcast address, or one address.
 * @throws BranchlineError SCAN_RANGE_INVALID.
 */
export function parseRange(text: string): AddressRange {
  const plain = text.trim();
  const [network = '', bits, ...tooMany] = plain.split('/');
  if (bits !== undefined && tooMany.length === 0) return networkRange(text, network.trim(), bits);
  const [first = '', last = first, ...more] = plain.split(/\s*-\s*|\s+/);
  if (more.length > 0 || !isIPv4(first) || !isIPv4(last)) throw invalid(text, form);
  return checked(text, { first: addressNumber(first), last: addressNumber(last) });
}

/** True for what can only be ranges: a name of a file has letters. */
export const sayRanges = (text: string): boolean => /^[\d\s.,/-]*$/.test(text);

/** Ranges with commas between them. @throws BranchlineError SCAN_RANGE_INVALID. */
export const parseRanges = (text: string): AddressRange[] => text.split(',').map(parseRange);

function networkRange(text: string, network: string, bits: string): AddressRange {
  if (!isIPv4(network) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) throw invalid(text, form);
  const size = 2 ** (32 - Number(bits));
  const base = addressNumber(network);
  if (base % size !== 0) throw invalid(text, `the network of that size begins at another address`);
  const edge = size > 2 ? 1 : 0;
  return checked(text, { first: base + edge, last: base + size - 1 - edge });
}

function checked(text: string, range: AddressRange): AddressRange {
  if (range.last < range.first) throw invalid(text, 'its last address stands before its first');
  // 0.0.0.0/8 is "this network" (RFC 791); from 224.0.0.0 on there are groups, not telephones.
  if (range.first < 0x0100_0000 || range.last >= 0xe000_0000)
    throw invalid(text, 'telephones have addresses from 1.0.0.0 to 223.255.255.255');
  return range;
}

/** An IPv4 address as a number: in their order. */
export const addressNumber = (address: string): number =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

export const addressOf = (number: number): string =>
  [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');

/** As the Guide writes it. */
export const rangeText = ({ first, last }: AddressRange): string =>
  first === last ? addressOf(first) : `${addressOf(first)} ${addressOf(last)}`;
