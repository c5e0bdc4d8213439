/** Bounds of a phone server; times in milliseconds. */
export interface WebLimits {
  /** From the first byte, or from the connection, to the end of a request's head. */
  readonly headersMs: number;
  /** An idle connection between two requests. */
  readonly keepAliveMs: number;
  readonly handshakeMs: number;
  /** A phone that takes or sends no byte for this long is cut off. */
  readonly stallMs: number;
  /** A phone that is slower than this on average, after the first `stallMs`, is cut off. */
  readonly minBytesPerSecond: number;
  /** The rest of a body that nobody wants may take this long to arrive. */
  readonly drainMs: number;
  /** How often all this is looked at. */
  readonly checkMs: number;
  /** Downloads that are going on when the server stops may take this long to end. */
  readonly stopMs: number;
  /** Per port. */
  readonly maxConnections: number;
  /** Over all ports, from one IP address. */
  readonly maxConnectionsPerAddress: number;
  readonly maxHeaderBytes: number;
  /** Requests sent ahead on one connection. */
  readonly maxWaitingRequests: number;
}

export const defaultWebLimits: WebLimits = {
  headersMs: 10_000,
  keepAliveMs: 15_000,
  handshakeMs: 10_000,
  stallMs: 60_000,
  minBytesPerSecond: 256,
  drainMs: 2000,
  checkMs: 1000,
  stopMs: 3000,
  maxConnections: 4096,
  maxConnectionsPerAddress: 512,
  maxHeaderBytes: 16 * 1024,
  maxWaitingRequests: 32,
};
