import path from 'node:path';
import { makeFolder } from '#libs/files';
import { Journal, SqliteHubState } from '#libs/journal';
import type { ServerPlan } from '../server/server-plan.ts';

/** Look into what a hub remembers, or change it, beside its server or without it. */
export async function withHubState<T>(
  { folders }: Pick<ServerPlan, 'folders'>,
  work: (state: SqliteHubState) => Promise<T>,
): Promise<T> {
  await makeFolder(folders.state, 0o750);
  const journal = new Journal(path.join(folders.state, 'branchline.db'));
  try {
    return await work(new SqliteHubState(journal));
  } finally {
    journal.close();
  }
}
