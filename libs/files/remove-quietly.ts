import { rm } from 'node:fs/promises';

/** Remove what a failed work has written. That this may fail as well must not hide why the work failed. */
export async function removeQuietly(paths: readonly string[]): Promise<void> {
  for (const path of paths) await Promise.allSettled([rm(path, { force: true })]);
}
