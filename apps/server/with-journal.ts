import { stat } from 'node:fs/promises';
import path from 'node:path';
import { ifThere } from '#libs/files';
import { Journal } from '#libs/journal';
import type { ServerPlan } from './server-plan.ts';

/** The database of a server; whoever opens it closes it. */
export const openJournal = (plan: ServerPlan): Journal =>
  new Journal(path.join(plan.folders.state, 'branchline.db'));

/** Work on a server's database from another process, beside it or without it; an empty one where no server ever was. */
export async function withJournal<T>(
  plan: ServerPlan,
  work: (journal: Journal) => T | Promise<T>,
): Promise<T> {
  const isThere = (await ifThere(stat(plan.folders.state))) !== undefined;
  const journal = isThere ? openJournal(plan) : new Journal(':memory:');
  try {
    return await work(journal);
  } finally {
    journal.close();
  }
}
