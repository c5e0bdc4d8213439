import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

export type Contents = Readonly<Record<string, string | Buffer>>;

/** A folder that is gone after the test. Its files are a minute old, so that nothing about them is in doubt. */
export async function tempTree(files: Contents = {}): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'branchline-tree-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await plant(root, files);
  return root;
}

/** Write files, with the folders above them. */
export async function plant(root: string, files: Contents): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const place = path.join(root, name);
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, content);
    const minuteAgo = Date.now() / 1000 - 60;
    await utimes(place, minuteAgo, minuteAgo);
  }
}
