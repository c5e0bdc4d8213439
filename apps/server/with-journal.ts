import path from 'node:path';
import { Journal } from '#libs/journal';
import type { ServerPlan } from './server-plan.ts';

/** Work on a server's database from another process, beside it or without it. */
export async function withJournal<T>(
  plan: ServerPlan,
  work: (journal: Journal) => T | Promise<T>,
): Promise<T> {
  const journal = new Journal(path.join(plan.folders.state, 'branchline.db'));
  try {
    return await work(journal);
  } finally {
    journal.close();
  }
}
