import { AuditLog, noAudit, type Audit, type AuditEntry } from '#libs/audit';
import { NamePatterns } from '#libs/backups';
import type { Transfer } from '#libs/delivery';
import { asBranchlineError, type ErrorCode } from '#libs/errors';
import type { Service } from '#libs/lifecycle';
import type { ServerPlan } from './server-plan.ts';

/** The audit log that the settings ask for, or none. */
export function auditPart(
  { audit }: ServerPlan,
  refused: (code: ErrorCode, sentence: string) => void,
): { readonly audit: Audit; readonly services: readonly Service[] } {
  if (audit === undefined) return { audit: noAudit, services: [] };
  const log = new AuditLog({
    ...audit,
    onTrouble: (error) => {
      const { message } = asBranchlineError(error);
      refused('AUDIT_NOT_WRITTEN', `the audit log in ${audit.folder} is not written: ${message}`);
    },
  });
  return { audit: log, services: [log] };
}

const acts = { upload: 'stored', download: 'fetched', removal: 'removed' } as const;

/** What telephones do with backups; firmware and settings files are no secret of anybody. */
export function auditedTransfers({ uploads }: ServerPlan, audit: Audit): (of: Transfer) => void {
  const backups = new NamePatterns(uploads.backups?.names ?? []);
  return ({ server, direction = 'download', address, name, bytes, outcome, code, sha256 }) => {
    const isBackup =
      direction !== 'download' ||
      server === 'ftp' ||
      server === 'ftps' ||
      backups.fit(name.slice(name.lastIndexOf('/') + 1)) !== undefined;
    if (!isBackup) return;
    const entry: AuditEntry = {
      ...{ act: acts[direction], by: address, via: server, kind: 'backup', name },
      ...(direction !== 'removal' && { size: bytes }),
      ...(sha256 !== undefined && { sha256 }),
      result: outcome === 'done' ? 'done' : (code ?? outcome),
    };
    audit.note([entry]);
  };
}
