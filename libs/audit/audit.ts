/** What is done to a backup or a record, and by an administrator to everything else. */
export const auditActs = [
  'stored',
  'fetched',
  'removed',
  'received',
  'restored',
  'delivered',
  'purged',
  'resent',
  'changed',
  'started',
  'stopped',
  'restarted',
  'published',
  'invited',
  'joined',
  'revoked',
  'uploaded',
  'discarded',
  'rolled-back',
  'withdrawn',
  'muted',
  'unmuted',
] as const;
export type AuditAct = (typeof auditActs)[number];

/** Who did what to which file, and how it ended. Nothing in it is secret. */
export interface AuditEntry {
  readonly act: AuditAct;
  /** Address of a telephone, `administrator NAME`, `branch NAME`, `hub NAME`, `operator`, `retention` or `delivery`. */
  readonly by: string;
  /** Protocol, where a telephone did it; `manager`. */
  readonly via?: string | undefined;
  /** backup, cdr or bcms; of an administrator's act what was changed: settings, account, update … */
  readonly kind: string;
  /** Whose file it is, at a hub. */
  readonly branch?: string | undefined;
  readonly name: string;
  /** Bytes. */
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
  /** `done`, or the code of the failure. */
  readonly result: string;
}

export interface Audit {
  /** Written within some tens of milliseconds; never fails and never waits. */
  note(entries: readonly AuditEntry[]): void;
  /** On the disk when it resolves: for acts of our own, before they count. @throws BranchlineError WRITE_FAILED, DISK_FULL. */
  commit(entries: readonly AuditEntry[]): Promise<void>;
}

/** Where nothing is audited. */
export const noAudit: Audit = { note: () => undefined, commit: () => Promise.resolve() };
