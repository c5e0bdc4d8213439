import { isIP, isIPv4 } from 'node:net';

/** Where a client wants to be connected to, or is told to connect. */
export interface DataAddress {
  readonly address: string;
  readonly port: number;
}

/** The argument of PORT, `h1,h2,h3,h4,p1,p2` (RFC 959 § 4.1.2), or undefined when it is none. */
export function parsePort(argument: string): DataAddress | undefined {
  if (!/^\d{1,3}(,\d{1,3}){5}$/.test(argument)) return undefined;
  const numbers = argument.split(',').map(Number);
  if (numbers.some((number) => number > 255)) return undefined;
  const [high = 0, low = 0] = numbers.slice(4);
  return { address: numbers.slice(0, 4).join('.'), port: high * 256 + low };
}

/** The argument of EPRT, `|1|192.0.2.1|6275|` (RFC 2428 § 2), or undefined when it is none. */
export function parseEprt(argument: string): DataAddress | undefined {
  const delimiter = argument.charAt(0);
  if (!/^[\u0021-\u007e]$/.test(delimiter) || argument.length > 64) return undefined;
  const [before, family, address = '', digits = '', after, ...more] = argument.split(delimiter);
  if (before !== '' || after !== '' || more.length > 0) return undefined;
  if (isIP(address) !== (family === '1' ? 4 : family === '2' ? 6 : -1)) return undefined;
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : NaN;
  return port >= 1 && port <= 65_535 ? { address, port } : undefined;
}

/** The text of a 227 reply; undefined for an address that PASV has no place for. */
export function passiveText({ address, port }: DataAddress): string | undefined {
  if (!isIPv4(address)) return undefined;
  const numbers = [...address.split('.'), port >> 8, port & 255];
  return `Entering Passive Mode (${numbers.join(',')}).`;
}

export const extendedPassiveText = (port: number): string =>
  `Entering Extended Passive Mode (|||${port}|)`;
