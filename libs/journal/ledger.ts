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
  /** By the branch's clock. */
  readonly modifiedMs: number;
  readonly receivedAt: number;
  /**
   * Of a backup: by the branch's clock, never later than it came, and after the one that it replaced: the latest of a name is
   * its newest.
   */
  readonly savedAt: number;
  /** Name in the collector's folder; there before the file is. */
  readonly deliveredAs: string | undefined;
  readonly deliveredAt: number | undefined;
  readonly purgedAt: number | undefined;
  /** Since when the stored bytes are known not to be those that came. */
  readonly damagedAt: number | undefined;
}

export type NewlyReceived = Omit<
  ReceivedFile,
  'id' | 'savedAt' | 'deliveredAs' | 'deliveredAt' | 'purgedAt' | 'damagedAt'
>;

/** A file that came from the other hub of a pair, with what that one knows of it. */
export interface CopiedFile extends NewlyReceived {
  readonly savedAt: number;
  /** When the collector got it; undefined when it has not. */
  readonly deliveredAt: number | undefined;
}

/**
 * The hub's memory of what came up. Asynchronous although SQLite is not: a second driver for a shared database must be
 * able to stand behind it, held by the same contract suite.
 */
export interface Ledger {
  /** Stays the same for as long as nothing is forgotten: branches keep acknowledgements under it. */
  readonly id: string;
  /**
   * For each identity, whether it is here and need not be sent: a record that has ever come whole, a backup that is the
   * newest of its name (a telephone may go back to what it had before). With another hub, what that one has of records is
   * not needed here either.
   */
  holds(identities: readonly UploadIdentity[]): Promise<boolean[]>;
  /** All in one transaction, on the disk when it resolves. What is known already only becomes the newest again; a damaged one
   * is whole again. */
  record(files: readonly NewlyReceived[]): Promise<void>;
  /**
   * A copy of what the other hub of a pair holds. A record is never this hub's to deliver because of that: the other one has had it
   * first. A backup becomes the newest of its name: ask `newestBackup` before.
   */
  recordCopy(file: CopiedFile): Promise<void>;
  /** The newest backup that a branch has under a name. */
  newestBackup(branch: string, name: string): Promise<ReceivedFile | undefined>;
  /** A file by its identity, when its bytes should be here: not purged, not damaged, of backups the newest. */
  stored(identity: UploadIdentity): Promise<ReceivedFile | undefined>;
  /**
   * The newest under a name of each branch, the last saved first: by the branch's clock, but never later than it came, so
   * that a clock which is ahead wins nothing. Of what a branch sends itself what came last is the newest.
   */
  named(kind: UploadKind, name: string, limit: number): Promise<ReceivedFile[]>;
  /** What the collector has not got yet, could have and is ours to deliver, in the order of arrival. */
  undelivered(kind: UploadKind, limit: number): Promise<ReceivedFile[]>;
  /** From here on it is the collector's: what is found after a crash is judged by whether the file has appeared. */
  delivering(id: number, as: string): Promise<void>;
  delivered(id: number, at: number): Promise<void>;
  /** The stored bytes are not those that came: it is passed over until it is offered again. */
  damaged(id: number, at: number): Promise<void>;
  /** Delivered and received before `before`, and still on the disk; oldest first. */
  purgeable(kind: UploadKind, before: number, limit: number): Promise<ReceivedFile[]>;
  purged(ids: readonly number[], at: number): Promise<void>;
  /**
   * Damaged records are looked at again, and with `delivered` what the collector has had, or is to have from the
   * other hub, becomes undelivered and ours, where it is still on the disk. All in one transaction. Returns what was chosen, at most `limit`.
   */
  deliverAgain(which: DeliverAgain, limit: number): Promise<ReceivedFile[]>;
  /** For each branch and kind: how many are here, wait for the collector, and when the last came, purged ones included. */
  totals(): Promise<LedgerTotal[]>;
}

/** Where one branch stands with one kind. Times are Unix milliseconds. */
export interface LedgerTotal {
  readonly branch: string;
  readonly kind: UploadKind;
  /** On the disk. */
  readonly files: number;
  readonly bytes: number;
  /** Records that the collector has not got, damaged ones included. */
  readonly undelivered: number;
  /** Ever. */
  readonly delivered: number;
  readonly damaged: number;
  /** Ever: other bytes under a name that was there. */
  readonly conflicts: number;
  readonly lastReceivedAt: number;
  /** When the oldest of the undelivered came; undefined when there is none. */
  readonly oldestUndeliveredAt: number | undefined;
}

/** Which records the collector is to get once more. Patterns as SQLite's GLOB reads them: `*`, `?`, `[a-z]`. */
export interface DeliverAgain {
  readonly kinds: readonly UploadKind[];
  readonly name: string;
  readonly branch: string;
  /** Received since then, Unix milliseconds. */
  readonly since: number;
  /** Those too that the collector has had: it gets them twice, on purpose. */
  readonly delivered: boolean;
}
