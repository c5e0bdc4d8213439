import { opendir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '#libs/errors';
import { PARTIAL_SUFFIX } from '#libs/files';

export interface StaleParts {
  /** Where uploads are on their way in. */
  readonly folder: string;
  /** Unix milliseconds: what was written to since then is left alone. */
  readonly before: number;
  /** Files removed in one go. */
  readonly limit: number;
}

/** Remove parts of uploads that nobody has gone on with. Returns their names. */
export async function sweepStaleParts({ folder, before, limit }: StaleParts): Promise<string[]> {
  const gone: string[] = [];
  for await (const entry of await entriesOf(folder)) {
    if (gone.length >= limit) break;
    if (!entry.isFile() || !entry.name.endsWith(PARTIAL_SUFFIX)) continue;
    const file = path.join(folder, entry.name);
    const stats = await stat(file).catch(() => undefined);
    if (stats === undefined || stats.mtimeMs >= before) continue;
    await rm(file, { force: true });
    gone.push(entry.name);
  }
  return gone;
}

async function entriesOf(folder: string): Promise<Awaited<ReturnType<typeof opendir>> | never[]> {
  try {
    return await opendir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
