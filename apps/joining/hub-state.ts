import { makeFolder } from '#libs/files';
import { SqliteHubState } from '#libs/journal';
import type { ServerPlan } from '../server/server-plan.ts';
import { withJournal } from '../server/with-journal.ts';

/** Look into what a hub remembers, or change it, beside its server or without it. */
export async function withHubState<T>(
  plan: ServerPlan,
  work: (state: SqliteHubState) => Promise<T>,
): Promise<T> {
  await makeFolder(plan.folders.state, 0o750);
  return await withJournal(plan, (journal) => work(new SqliteHubState(journal)));
}
