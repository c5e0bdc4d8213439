import { isIPv6, SocketAddress } from 'node:net';

/**
 * One spelling for each IP address: an IPv4 address that came through a socket for both families is IPv4 again, IPv6 is
 * short and in lower case, with its zone. What is no address stays as it is.
 */
export function plainAddress(address: string): string;
export function plainAddress(address: string | undefined): string | undefined;
export function plainAddress(address: string | undefined): string | undefined {
  // Nearly every telephone: IPv4.
  if (address === undefined || !address.includes(':')) return address;
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [bare = '', zone] = address.split('%');
  const short = new SocketAddress({ address: bare, family: 'ipv6' }).address;
  return zone === undefined ? short : `${short}%${zone}`;
}
