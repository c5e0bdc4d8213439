import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Addresses that may send records: single ones, and blocks `ADDRESS/BITS`. */
export class AllowedPeers {
  readonly #list = new BlockList();

  /** The settings have checked their form. */
  constructor(peers: readonly string[]) {
    for (const peer of peers) {
      const [address = '', bits] = peer.split('/');
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  allows(address: string): boolean {
    const plain = plainPeer(address);
    if (isIPv4(plain)) return this.#list.check(plain, 'ipv4');
    return isIPv6(plain) && this.#list.check(plain, 'ipv6');
  }
}

/** Without what a socket for both families puts in front of IPv4 (RFC 4291 § 2.5.5.2), and without a zone. */
export const plainPeer = (address: string): string =>
  address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
