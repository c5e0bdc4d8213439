/** What branches send up (Guide p. 38–39 and 43). */
export const uploadKinds = ['backup', 'cdr', 'bcms'] as const;
export type UploadKind = (typeof uploadKinds)[number];

/** Which bytes, from whom, under which name: two files with the same identity are one file. */
export interface UploadIdentity {
  readonly branch: string;
  readonly kind: UploadKind;
  /** As the branch names it, with `/`. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A file that came up and is on this hub's disk. Times are Unix milliseconds by the hub's clock. */
export interface ReceivedFile extends UploadIdentity {
  readonly id: number;
  /** Inside the branch's folder; other than `name` where other bytes had that name. */
  readonly storedAs: string;
  /** By the branch's clock: for people only. */
  readonly modifiedMs: number;
  readonly receivedAt: number;
  readonly deliveredAt: number | undefined;
  readonly purgedAt: number | undefined;
}

export type NewlyReceived = Omit<ReceivedFile, 'id' | 'deliveredAt' | 'purgedAt'>;

/**
 * The hub's memory of what came up. Asynchronous although SQLite is not: a second driver for a shared database must be
 * able to stand behind it, held by the same contract suite.
 */
export interface Ledger {
  /** Stays the same for as long as nothing is forgotten: branches keep acknowledgements under it. */
  readonly id: string;
  /**
   * For each identity, whether it is here and need not be sent: a record that has ever come, a backup that is the newest of
   * its name (a telephone may go back to what it had before).
   */
  holds(identities: readonly UploadIdentity[]): Promise<boolean[]>;
  /** All in one transaction, on the disk when it resolves. What is known already only becomes the newest again. */
  record(files: readonly NewlyReceived[]): Promise<void>;
  /**
   * What there is under a name, over all branches, the last saved first: by the branch's clock, but never later than it
   * came, so that a clock which is ahead wins nothing.
   */
  named(kind: UploadKind, name: string, limit: number): Promise<ReceivedFile[]>;
}
