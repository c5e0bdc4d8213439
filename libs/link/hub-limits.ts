/** What one branch, or all of them, may ask of a hub. */
export interface HubLimits {
  /** Open connections in all; one more is closed at once. */
  readonly connections: number;
  readonly connectionsPerBranch: number;
  /** Downloads at once, in all and for each branch; one more is told PEER_BUSY. */
  readonly downloads: number;
  readonly downloadsPerBranch: number;
  /** Downloads at once by the other server of a pair, for its mirror; one more is told PEER_BUSY. */
  readonly mirrorFiles: number;
  /** Uploads at once, in all and for each branch; one more is told PEER_BUSY. */
  readonly uploads: number;
  readonly uploadsPerBranch: number;
  /** Longest silence of an upload. */
  readonly uploadIdleMs: number;
  /** Time for half a MiB of a download: a slower reader is cut and resumes later. */
  readonly pieceMs: number;
  /** Check-ins and renewals a minute for each branch. */
  readonly reportsPerMinute: number;
  /** Longest silence of a long poll; proxies cut quiet connections after a minute. */
  readonly waitMs: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  /** How often to look whether another process has revoked somebody. */
  readonly pollMs: number;
  /** How often to record who was seen. */
  readonly seenMs: number;
}

export const hubLimits: HubLimits = {
  connections: 10_000,
  connectionsPerBranch: 32,
  downloads: 64,
  downloadsPerBranch: 8,
  mirrorFiles: 16,
  uploads: 64,
  uploadsPerBranch: 4,
  uploadIdleMs: 30_000,
  pieceMs: 60_000,
  reportsPerMinute: 60,
  waitMs: 55_000,
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 75_000,
  pollMs: 200,
  seenMs: 5_000,
};
