import { isIP, isIPv6 } from 'node:net';

/** The servers that the watchdog knows how to ask. */
export const watchedProtocols = ['tftp', 'ftp', 'ftps', 'http', 'https', 'hub'] as const;
export type WatchedProtocol = (typeof watchedProtocols)[number];

export const isWatched = (protocol: string): protocol is WatchedProtocol =>
  watchedProtocols.some((known) => known === protocol);

/** One server that runs, or should run. */
export interface WatchedServer {
  /** For people: TFTP, HTTP … */
  readonly name: string;
  readonly protocol: WatchedProtocol;
  readonly host: string;
  readonly port: number;
  /** True where only TLS 1.0 and 1.1 are spoken. */
  readonly oldTls?: boolean;
  /**
   * True where a client certificate is wanted, which the watchdog has none of: then a TLS handshake in which the server
   * proves its own is enough.
   */
  readonly handshakeOnly?: boolean;
  /** PEM of the authority that the server's certificate must be of; undefined: nobody is asked who it is. */
  readonly authority?: string | undefined;
  /** Its tree, where it lies on this machine: a check file of its own may lie in it. */
  readonly folder?: string | undefined;
}

/** The same for the same server in every round. */
export const serverId = ({ protocol, port }: WatchedServer): string => `${protocol}:${port}`;

export const originOf = ({ host, port }: Pick<WatchedServer, 'host' | 'port'>): string =>
  `${isIPv6(host) ? `[${host}]` : host}:${port}`;

/** What a certificate is asked for by TLS; addresses have no place in that extension (RFC 6066 § 3). */
export const serverName = ({ host }: WatchedServer): { servername?: string } =>
  isIP(host) === 0 ? { servername: host } : {};
