import type { Audit } from '#libs/audit';
import type { Transfer } from '#libs/delivery';
import type { ErrorCode } from '#libs/errors';
import type { Journal } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import type { Health, KeptLines, Logger, Metrics, Recent, RecentErrors } from '#libs/observe';

/** What every part of one server shares: its log, its counters, its memory. */
export interface Runtime {
  readonly version: string;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** What the log has said last. */
  readonly lines: KeptLines;
  readonly journal: Journal;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly errors: RecentErrors;
  /** Who did what to which backup or record. */
  readonly audit: Audit;
  readonly transfers: Recent<Transfer & { readonly at: number }>;
  /** For the log and the status page alike. */
  readonly refused: (code: ErrorCode, sentence: string) => void;
}
