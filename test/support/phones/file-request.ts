/** Where a telephone was told to find its files, as DHCP and its own settings say. A port that nobody listens on is part of life. */
export interface FileServers {
  readonly host: string;
  readonly tftp: number;
  /** What stands for 81 and 80, in the order in which phones try them. */
  readonly http: readonly number[];
  /** What stands for 411 and 443. */
  readonly https: readonly number[];
  readonly ftp?: number;
  readonly ftps?: number;
  /** What stands for 6970, where Cisco phones ask first. */
  readonly cisco?: number;
  /** Where phones that speak HTTP keep their backups (BRURI); folder without slashes around it, may be empty. */
  readonly backup?: WebDoor & { readonly folder: string };
}

export interface WebDoor {
  readonly protocol: 'http' | 'https';
  readonly port: number;
}

export type WireProtocol = 'tftp' | 'http' | 'https' | 'ftp' | 'ftps';

/** What came back for one request. Times in milliseconds since the phone began to ask, connection and handshake included. */
export interface Answer {
  /** HTTP's status; TFTP's and FTP's answers stand under the one that means the same. */
  readonly status: number;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Empty when it was longer than 1 MiB. */
  readonly body: Buffer;
  readonly firstByteMs: number;
  readonly ms: number;
}

/** Nobody listens there: a phone goes on to its next server. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** The server broke the protocol, hung up too early, or gave other bytes than it has. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}

/** No telephone waits longer than this for anything. */
export const patienceMs = 30_000;
