import { AuditLog, type AuditEntry } from '#libs/audit';
import type { ServerPlan } from '../server/server-plan.ts';

/** What an operator does by a command, on the disk before the command says that it is done. */
export async function auditCli(
  { audit }: ServerPlan,
  acts: readonly Omit<AuditEntry, 'by' | 'result'>[],
): Promise<void> {
  if (audit === undefined) return;
  const log = new AuditLog({ ...audit, onTrouble: () => undefined });
  await log.commit(acts.map((act) => ({ ...act, by: operator(), result: 'done' })));
}

/** Who is behind `sudo`, where somebody is. */
const operator = (): string =>
  `operator ${process.env['SUDO_USER'] ?? process.env['USER'] ?? ''}`.trim();
