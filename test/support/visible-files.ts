import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** Every file below a folder that is not ours alone, by its name relative to it. */
export async function visibleFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .filter((name) => !name.startsWith('.branchline'));
}
