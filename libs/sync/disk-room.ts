import { stat } from 'node:fs/promises';
import { requireSpace } from '#libs/files';
import type { PlannedFile } from './publication-plan.ts';
import type { TreeFolders } from './tree-folders.ts';

/**
 * Ask before a byte is unpacked: what all planned files need, summed per disk, with the reserve left free.
 * @throws BranchlineError DISK_FULL.
 */
export async function requireRoom(
  planned: readonly PlannedFile[],
  trees: TreeFolders,
  reserveBytes: number,
): Promise<void> {
  const needs = new Map<number, { root: string; bytes: number }>();
  for (const { tree, size } of planned) {
    const root = trees[tree];
    const { dev } = await stat(root);
    const need = needs.get(dev) ?? { root, bytes: 0 };
    needs.set(dev, { root, bytes: need.bytes + size });
  }
  for (const { root, bytes } of needs.values()) await requireSpace(root, bytes, reserveBytes);
}
