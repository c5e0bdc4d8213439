import { isIPv4, isIPv6 } from 'node:net';
import { blockOf, ipKey, type IpKey } from './ip-key.ts';

/** Addresses from `first` to `last`, both included. */
export interface AddressRange {
  readonly first: IpKey;
  readonly last: IpKey;
}

/** What one line of an access list says; undefined when it says nothing. */
export type AccessLine = AddressRange | { readonly fault: string } | undefined;

/**
 * Read one line (Guide p. 41): a full address, the leading part of one (`192.168.0`), or a range `a-b`; beyond the Guide
 * IPv6, `address/bits`, and comments behind `#` or `;`. What could be meant in two ways is a fault.
 */
export function readAccessLine(line: string): AccessLine {
  const text = line.replace(/(^|\s)[#;].*$/, '').trim();
  if (text === '') return undefined;
  if (text.includes('%')) return { fault: 'a zone such as %eth0 has no place here' };
  const [from = '', to, ...more] = text.split('-').map((part) => part.trim());
  if (more.length > 0) return { fault: 'a range has two ends: FIRST-LAST' };
  if (to !== undefined) return range(from, to);
  if (text.includes('/')) return block(text);
  const key = ipKey(text);
  return key === undefined ? leadingPart(text) : { first: key, last: key };
}

function range(from: string, to: string): AccessLine {
  const [first, last] = [ipKey(from), ipKey(to)];
  if (first === undefined || last === undefined) {
    return { fault: 'both ends of a range are full addresses' };
  }
  if (from.includes(':') !== to.includes(':')) {
    return { fault: 'one end of the range is IPv4, the other IPv6' };
  }
  return first <= last ? { first, last } : { fault: 'the range ends before it begins' };
}

function block(text: string): AccessLine {
  const [address = '', length = '', ...more] = text.split('/');
  const key = ipKey(address);
  const width = isIPv4(address) ? 32 : 128;
  const bits = /^(?:0|[1-9]\d{0,2})$/.test(length) ? Number(length) : width + 1;
  if (key === undefined || more.length > 0 || bits > width) {
    return { fault: `a block is ADDRESS/BITS, such as 192.168.0.0/24` };
  }
  const addresses = blockOf(key, 128 - width + bits);
  // 10.1.2.3/8 may have been meant as one address or as all of 10: the wider reading must not open the door.
  return addresses.first === key
    ? addresses
    : { fault: `the address has digits behind its first ${bits} bits` };
}

function leadingPart(text: string): AccessLine {
  if (isIPv6(text) || text.includes(':')) return { fault: 'this is no IPv6 address' };
  const octets = text.replace(/\.$/, '').split('.');
  if (octets.some((octet) => /^0\d+$/.test(octet))) {
    return { fault: 'a number with a zero in front of it: write 10, not 010' };
  }
  const full = [...octets, '0', '0', '0'].slice(0, 4).join('.');
  const key = octets.length < 4 && isIPv4(full) ? ipKey(full) : undefined;
  if (key === undefined) {
    return { fault: 'this is no address, leading part of an address, or range of addresses' };
  }
  return blockOf(key, 96 + 8 * octets.length);
}
