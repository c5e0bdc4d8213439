import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { AuditLog, type AuditEntry } from '#libs/audit';
import { giveTo, makeFolder, ownerOf } from '#libs/files';
import type { ServerPlan } from '../server/server-plan.ts';

/** What an operator does by a command, on the disk before the command says that it is done. */
export async function auditCli(
  { audit }: ServerPlan,
  acts: readonly Omit<AuditEntry, 'by' | 'result'>[],
): Promise<void> {
  if (audit === undefined || acts.length === 0) return;
  if (process.getuid?.() === 0) {
    // It may have taken the place of the server's user to write into its folders.
    process.seteuid?.(0);
    process.setegid?.(0);
  }
  const owner = await ownerOf(audit.folder);
  const made = await makeFolder(audit.folder, 0o750);
  const log = new AuditLog({ ...audit, onTrouble: () => undefined });
  await log.commit(acts.map((act) => ({ ...act, by: operator(), result: 'done' })));
  // What root has made must stay writable for the server.
  const files = (await readdir(audit.folder)).map((name) => path.join(audit.folder, name));
  await giveTo(owner, [...made, audit.folder, ...files]);
}

/** Who is behind `sudo`, where somebody is. */
export const operator = (): string =>
  `operator ${process.env['SUDO_USER'] ?? process.env['USER'] ?? ''}`.trim();
