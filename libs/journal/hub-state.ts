import type { BranchTrouble, ToldTrouble } from './branch-troubles.ts';

/** A branch as its hub knows it. Times are Unix milliseconds. */
export interface BranchRecord {
  readonly name: string;
  readonly joinedAt: number;
  readonly revokedAt: number | undefined;
  readonly lastSeen: number | undefined;
  /** JSON of the last check-in; its shape belongs to the link. */
  readonly lastReport: string | undefined;
  /** When that check-in came, by the hub's clock. */
  readonly reportedAt: number | undefined;
  /** End of life of its newest certificate. */
  readonly certificateNotAfter: number | undefined;
  /** The release that it was seen last to have whole. */
  readonly wholeRelease: number | undefined;
}

/** A check-in of a branch. */
export interface BranchReportRecord {
  /** Its JSON; the shape belongs to the link. */
  readonly report: string;
  /** The release that it has whole; undefined = this check-in does not tell. */
  readonly wholeRelease: number | undefined;
  /** All that it suffers from. */
  readonly troubles: readonly ToldTrouble[];
}

/** When a release of this hub was signed, Unix milliseconds. */
export interface ReleaseTime {
  readonly version: number;
  readonly signedAt: number;
}

export interface Invitation {
  readonly tokenHash: string;
  readonly branch: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt: number | undefined;
}

export interface IssuedCertificate {
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  readonly issuedAt: number;
  readonly notAfter: number;
}

/**
 * What a hub remembers about its branches. Asynchronous although SQLite is not: a second driver for a
 * shared database must be able to stand behind it, held by the same contract suite.
 */
export interface HubState {
  addInvitation(invitation: Omit<Invitation, 'usedAt'>): Promise<void>;
  findInvitation(tokenHash: string): Promise<Invitation | undefined>;
  /** Invitations neither used nor expired at `now`. */
  openInvitations(now: number): Promise<Invitation[]>;
  /** Take an invitation back that was not used. @throws BranchlineError JOIN_TOKEN_UNKNOWN, JOIN_TOKEN_USED. */
  withdraw(tokenHash: string): Promise<void>;
  /**
   * In one transaction: mark the invitation used, create the branch (or take a revoked one back) and record its certificate.
   * @throws BranchlineError JOIN_TOKEN_UNKNOWN, JOIN_TOKEN_USED, JOIN_TOKEN_EXPIRED.
   */
  redeem(tokenHash: string, certificate: IssuedCertificate, now: number): Promise<BranchRecord>;

  /** By name. Cheap to ask: what has not changed is not read again. */
  branches(): Promise<readonly BranchRecord[]>;
  branch(name: string): Promise<BranchRecord | undefined>;
  /** Who holds this certificate; undefined when this hub never issued it. A revoked branch is returned with `revokedAt`. */
  branchByFingerprint(fingerprint: string): Promise<BranchRecord | undefined>;
  /** A renewed certificate; the older ones stay valid until they expire, so that a lost answer locks nobody out. */
  addCertificate(branch: string, certificate: IssuedCertificate): Promise<void>;
  /** @throws BranchlineError BRANCH_UNKNOWN. */
  revoke(branch: string, at: number): Promise<void>;
  /** Batched by the caller: not every request needs a commit. */
  recordSeen(seen: ReadonlyMap<string, number>): Promise<void>;
  recordReport(branch: string, report: BranchReportRecord, at: number): Promise<void>;
  /** What a branch has told of its troubles: those that last first, then the newest. */
  troubles(branch: string, limit: number): Promise<BranchTrouble[]>;
  /** A release was signed; one that is known keeps its time. */
  recordRelease(release: ReleaseTime): Promise<void>;
  /** The newest releases, oldest first. Cheap to ask. */
  releases(): Promise<readonly ReleaseTime[]>;
  /** Changes whenever another process (the command line) has committed: ask every 200 ms, it is cheap. */
  changeMark(): Promise<number>;
}
