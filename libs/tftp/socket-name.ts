import { isIPv4, SocketAddress } from 'node:net';
import type { Peer } from './peer.ts';

/** Linux: AF_INET and AF_INET6, and the bytes of `sockaddr_in` and `sockaddr_in6` (netinet/in.h). */
export const family = { ipv4: 2, ipv6: 10 } as const;
export const nameBytes = { ipv4: 16, ipv6: 28 } as const;

/** A peer with the bytes by which the kernel knows it, in words of four: what is received once needs no parsing again. */
export interface NamedPeer extends Peer {
  readonly words: readonly number[];
}

/** The bytes of an address and port. The address is a literal, with `%` and the number of an interface where it needs one. */
export function socketName(address: string, port: number): Buffer {
  const ipv4 = isIPv4(address);
  const bytes = Buffer.alloc(ipv4 ? nameBytes.ipv4 : nameBytes.ipv6);
  bytes.writeUInt16LE(ipv4 ? family.ipv4 : family.ipv6, 0);
  bytes.writeUInt16BE(port, 2);
  if (ipv4) {
    for (const [index, part] of address.split('.').entries()) bytes[4 + index] = Number(part);
    return bytes;
  }
  const [literal = '', scope = '0'] = address.split('%');
  groupsOf(literal).forEach((group, index) => bytes.writeUInt16BE(group, 8 + 2 * index));
  bytes.writeUInt32LE(Number(scope), 24);
  return bytes;
}

/** The inverse of `socketName`. */
export function readSocketName(bytes: Buffer): { address: string; port: number } {
  const port = bytes.readUInt16BE(2);
  if (bytes.readUInt16LE(0) === family.ipv4) {
    return { address: bytes.subarray(4, 8).join('.'), port };
  }
  const groups = Array.from({ length: 8 }, (_, n) => bytes.readUInt16BE(8 + 2 * n).toString(16));
  const { address } = new SocketAddress({ address: groups.join(':'), family: 'ipv6' });
  const scope = bytes.readUInt32LE(24);
  return { address: scope === 0 ? address : `${address}%${scope}`, port };
}

/** The eight groups of an IPv6 literal, an embedded IPv4 address included. */
function groupsOf(literal: string): number[] {
  const hex = literal.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::');
  const numbers = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return numbers(head);
  const [first, last] = [numbers(head), numbers(tail)];
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

const maxPeers = 8192;

/** Remembers the peers that were heard, so that a packet of a known one costs no text. */
export class PeerBook {
  readonly #peers = new Map<number | string, NamedPeer>();

  /** The peer whose name are the first words of `words`, and the same bytes at the start of `bytes`. */
  at(words: Uint32Array, from: number, bytes: Buffer): NamedPeer {
    const familyAndPort = words[from] ?? 0;
    const ipv4 = (familyAndPort & 0xffff) === family.ipv4;
    const offset = from * 4;
    const key = ipv4
      ? (words[from + 1] ?? 0) * 0x10000 + (familyAndPort >>> 16)
      : bytes.toString('latin1', offset, offset + nameBytes.ipv6);
    let peer = this.#peers.get(key);
    if (peer === undefined) {
      // Those in use are held by their conversations.
      if (this.#peers.size >= maxPeers) this.#peers.clear();
      const length = ipv4 ? nameBytes.ipv4 : nameBytes.ipv6;
      peer = ipv4 ? ipv4Peer(words, from) : namedPeer(bytes.subarray(offset, offset + length));
      this.#peers.set(key, peer);
    }
    return peer;
  }
}

export function namedPeer(name: Buffer): NamedPeer {
  const { address, port } = readSocketName(name);
  const words = Array.from({ length: name.length / 4 }, (_, word) => name.readUInt32LE(word * 4));
  return { address, port, key: `${address} ${port}`, words };
}

/** The same for what most phones have, without a detour: in a storm each packet is of another phone. */
function ipv4Peer(words: Uint32Array, from: number): NamedPeer {
  const [first = 0, host = 0] = [words[from], words[from + 1]];
  const address = `${host & 0xff}.${(host >>> 8) & 0xff}.${(host >>> 16) & 0xff}.${host >>> 24}`;
  const port = ((first >>> 8) & 0xff00) | (first >>> 24);
  return { address, port, key: `${address} ${port}`, words: [first, host, 0, 0] };
}
