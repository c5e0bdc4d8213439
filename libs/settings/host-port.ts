import { isIP, isIPv6 } from 'node:net';

/** A host name or IP address, and a TCP port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * Read `host`, `host:port`, an IPv6 address, or `[IPv6]:port`; undefined when it is none of them.
 * Host names: RFC 1123 § 2.1, and the underscore that Windows names have.
 */
export function parseHostPort(text: string, defaultPort: number): HostPort | undefined {
  const trimmed = text.trim();
  if (isIPv6(trimmed)) return { host: trimmed, port: defaultPort };
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(trimmed);
  const [, host = '', port] = bracketed ?? /^([^:]*)(?::(\d{1,5}))?$/.exec(trimmed) ?? [];
  const number = port === undefined ? defaultPort : Number(port);
  const isHost = bracketed === null ? isHostName(host) : isIPv6(host);
  return isHost && number >= 1 && number <= 65_535 ? { host, port: number } : undefined;
}

/** True for a host name or an IP address without brackets. */
export function isHostName(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;
  // Digits and dots alone are an IP address, and this one is none.
  if (text.length > 253 || /^[\d.]+$/.test(text)) return false;
  return text
    .replace(/\.$/, '')
    .split('.')
    .every((part) => label.test(part));
}
