import { isIPv4 } from 'node:net';
import { BranchlineError } from '#libs/errors';

/** The network that addresses are given out in. */
export interface DhcpNetwork {
  /** Its first address. */
  readonly address: string;
  readonly bits: number;
  readonly mask: string;
  readonly first: string;
  readonly last: string;
  readonly routers: readonly string[];
  readonly nameServers: readonly string[];
  readonly leaseSeconds: number;
}

/** As a person says it. */
export interface AskedNetwork {
  /** `192.168.42.0/24`. */
  readonly subnet: string;
  /** `FIRST-LAST`; else all but the lowest ten of it. */
  readonly range?: string | undefined;
  readonly routers: readonly string[];
  readonly nameServers: readonly string[];
  readonly leaseSeconds: number;
}

/** @throws BranchlineError USAGE. */
export function dhcpNetwork(asked: AskedNetwork): DhcpNetwork {
  const [address = '', length = ''] = asked.subnet.split('/');
  const bits = /^\d{1,2}$/.test(length) ? Number(length) : 0;
  if (!isIPv4(address) || bits < 8 || bits > 29) {
    throw usage('--subnet is a network such as 192.168.42.0/24, with 8 to 29 bits');
  }
  const mask = (0xffff_ffff << (32 - bits)) >>> 0;
  const base = numberOf(address);
  if ((base & mask) >>> 0 !== base) {
    throw usage(`--subnet: ${address} has digits behind its first ${bits} bits`);
  }
  const end = base + 2 ** (32 - bits) - 1;
  const room = Math.min(10, Math.floor((end - base) / 2));
  const [first = '', last = ''] =
    asked.range === undefined
      ? [textOf(base + room), textOf(end - 1)]
      : asked.range.split('-').map((part) => part.trim());
  for (const one of [first, last, ...asked.routers, ...asked.nameServers]) {
    if (!isIPv4(one)) throw usage(`${JSON.stringify(one.slice(0, 60))} is no IPv4 address`);
  }
  const isInside = (one: string): boolean => numberOf(one) > base && numberOf(one) < end;
  if (!isInside(first) || !isInside(last) || numberOf(first) > numberOf(last)) {
    throw usage(`--range: ${first}-${last} does not lie in ${asked.subnet}`);
  }
  const { routers, nameServers, leaseSeconds } = asked;
  return { address, bits, mask: textOf(mask), first, last, routers, nameServers, leaseSeconds };
}

const numberOf = (address: string): number =>
  address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);

const textOf = (number: number): string =>
  [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');

const usage = (why: string): BranchlineError => new BranchlineError('USAGE', why);
