import type { Status, Times } from '#libs/pages';

/** The watchdog had to act: what it has left behind in StateDir. */
export interface WatchdogReport {
  /** ISO 8601. */
  readonly firedAt: string;
  /** Why, and what it did: sentences for people. */
  readonly reason: string;
  readonly action: string;
}

/** The last firmware scan beside the one before it. */
export interface ScanFact {
  /** ISO 8601: end of the last scan. */
  readonly at: string;
  readonly now: ScanCounts;
  readonly before: ScanCounts;
}

export interface ScanCounts {
  /** Telephones that run older firmware than is offered. */
  readonly behind: number;
  /** Telephones whose last load failed. */
  readonly failed: number;
}

/** A receiver of alarms that does not get them. */
export interface ReceiverTrouble {
  readonly name: string;
  /** ISO 8601. */
  readonly failingSince: string;
  readonly error: string;
  readonly waiting: number;
  readonly dropped: number;
}

/** From where on something counts. */
export interface AlarmLimits {
  /** Sync runs that failed one after the other. */
  readonly syncFailures: number;
  readonly backupHours: number;
}

/** All that the conditions look at. */
export interface Facts {
  readonly status: Status;
  readonly times: Times;
  readonly limits: AlarmLimits;
  /** Null: there is none. Undefined: not known at this moment. */
  readonly watchdog: WatchdogReport | null | undefined;
  readonly scan: ScanFact | null | undefined;
  readonly receivers: readonly ReceiverTrouble[];
}
