import { mkdir, utimes } from 'node:fs/promises';
import path from 'node:path';
import { asDiskError, fsyncFolder, hashFile } from '#libs/files';
import type { PublicationFile } from '#libs/journal';
import type { RollBackPlan } from './roll-back-plan.ts';
import { secondName } from './second-name.ts';
import { stagingFolder, type TreeFolders } from './tree-folders.ts';

/**
 * Stage what was kept, by a second name where the disk knows such: going back must work on a full disk.
 * @throws BranchlineError WRITE_FAILED, DISK_FULL.
 */
export async function stageBack(
  id: number,
  { back }: RollBackPlan,
  trees: TreeFolders,
  at: number,
): Promise<PublicationFile[]> {
  const folders = new Set<string>();
  const files: PublicationFile[] = [];
  for (const [ordinal, { tree, name, kept }] of back.entries()) {
    const folder = stagingFolder(trees[tree], id);
    if (!folders.has(folder)) await mkdir(folder, { recursive: true });
    folders.add(folder);
    const staged = path.join(folder, `${ordinal}`);
    try {
      await secondName(kept, staged);
      // A telephone asks whether a file is newer than the one it has: one of last year would not count.
      await utimes(staged, at / 1_000, at / 1_000);
    } catch (error) {
      throw asDiskError(error, staged);
    }
    const { size, sha256 } = await hashFile(staged);
    files.push({ ordinal, tree, name, size, sha256 });
  }
  for (const folder of folders) await fsyncFolder(folder);
  return files;
}
