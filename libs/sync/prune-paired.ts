import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { ifThere } from '#libs/files';
import { keptName } from './paired-files.ts';
import { placeKey, type PreviousOptions } from './prune-previous.ts';
import { distinctRoots, previousFolder } from './tree-folders.ts';

/**
 * Of each file that files of the other server of a pair have replaced, removed or lost against, keep the last `keepPrevious`. Each
 * stands for itself: nothing of this is rolled back as a whole.
 */
export async function prunePaired(options: PreviousOptions): Promise<void> {
  const { publications, trees, keepPrevious } = options;
  const kept = new Map<string, number>();
  for (const id of [...publications.pairedIds()].toSorted((a, b) => b - a)) {
    await turn();
    for (const root of distinctRoots(trees)) {
      const folder = previousFolder(root, id);
      const names = new Set(await ifThere(readdir(folder)));
      if (names.size === 0) continue;
      for (const file of publications.files(id)) {
        const name = keptName(file.ordinal, file.name);
        if (!names.has(name)) continue;
        const key = placeKey(file, trees);
        const depth = kept.get(key) ?? 0;
        kept.set(key, depth + 1);
        if (depth < keepPrevious) continue;
        await rm(path.join(folder, name), { force: true });
        names.delete(name);
      }
      if (names.size === 0) await rm(folder, { recursive: true, force: true });
    }
  }
}
