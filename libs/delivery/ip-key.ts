import { isIPv4, isIPv6 } from 'node:net';

/**
 * An IP address as 32 hexadecimal digits, so that addresses compare as text. IPv4 stands where IPv6 maps it
 * (RFC 4291 § 2.5.5.2): a phone is the same one whichever way its socket spells it.
 */
export type IpKey = string;

const mapped = '00000000000000000000ffff';

/** The key of an address in its usual spelling, or undefined. A zone (`%eth0`) names a link of ours and is left out. */
export function ipKey(text: string): IpKey | undefined {
  if (isIPv4(text)) return mapped + hexOfIpv4(text);
  const zone = text.indexOf('%');
  const bare = zone === -1 ? text : text.slice(0, zone);
  return isIPv6(bare) ? hexOfIpv6(bare) : undefined;
}

/** First and last address that share the leading `bits` (0–128) of `key`. */
export function blockOf(key: IpKey, bits: number): { readonly first: IpKey; readonly last: IpKey } {
  const mask = (1n << BigInt(128 - bits)) - 1n;
  const value = BigInt(`0x${key}`);
  return { first: asKey(value & ~mask), last: asKey(value | mask) };
}

const asKey = (value: bigint): IpKey => value.toString(16).padStart(32, '0');

const hexOfIpv4 = (text: string): string =>
  text
    .split('.')
    .map((octet) => Number(octet).toString(16).padStart(2, '0'))
    .join('');

function hexOfIpv6(text: string): IpKey {
  const [head = '', tail] = text.split('::');
  const front = groupsOf(head);
  if (tail === undefined) return front.join('');
  const back = groupsOf(tail);
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0000');
  return [...front, ...zeros, ...back].join('');
}

const groupsOf = (text: string): string[] =>
  text === ''
    ? []
    : text.split(':').flatMap((group) => {
        if (!group.includes('.')) return [group.toLowerCase().padStart(4, '0')];
        const hex = hexOfIpv4(group);
        return [hex.slice(0, 4), hex.slice(4)];
      });
