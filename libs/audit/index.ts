export { auditActs, noAudit, type Audit, type AuditAct, type AuditEntry } from './audit.ts';
export { AuditLog, type AuditLogOptions } from './audit-log.ts';
export { readAudit, type AuditQuery, type AuditRecord } from './read-audit.ts';
