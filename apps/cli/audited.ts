import { chown, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { AuditLog, type AuditEntry } from '#libs/audit';
import { systemCode } from '#libs/errors';
import type { ServerPlan } from '../server/server-plan.ts';

/** What an operator does by a command, on the disk before the command says that it is done. */
export async function auditCli(
  { audit }: ServerPlan,
  acts: readonly Omit<AuditEntry, 'by' | 'result'>[],
): Promise<void> {
  if (audit === undefined || acts.length === 0) return;
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    // It may have taken the place of the server's user to write into its folders.
    process.seteuid?.(0);
    process.setegid?.(0);
  }
  const owner = await ownerOf(audit.folder);
  const log = new AuditLog({ ...audit, onTrouble: () => undefined });
  await log.commit(acts.map((act) => ({ ...act, by: operator(), result: 'done' })));
  // What root has made must stay writable for the server.
  if (isRoot) await giveTo(owner, audit.folder);
}

/** Who is behind `sudo`, where somebody is. */
const operator = (): string =>
  `operator ${process.env['SUDO_USER'] ?? process.env['USER'] ?? ''}`.trim();

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Of the folder, or of its nearest parent that exists. */
async function ownerOf(folder: string): Promise<Owner> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    try {
      return await stat(at);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || at === path.dirname(at)) throw error;
    }
  }
}

async function giveTo({ uid, gid }: Owner, folder: string): Promise<void> {
  const files = (await readdir(folder)).map((name) => path.join(folder, name));
  for (const file of [path.dirname(folder), folder, ...files]) {
    if ((await stat(file)).uid === 0 && uid !== 0) await chown(file, uid, gid);
  }
}
