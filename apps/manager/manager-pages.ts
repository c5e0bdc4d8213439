import { BranchlineError } from '#libs/errors';
import { overviewPage, type ManagerPage } from '#libs/manager';
import { ServerClient } from '../server/server-client.ts';
import type { ManageOptions } from './manage.ts';

/** Every page of the manager, in the order of the navigation, with what it needs of this machine. */
export function managerPages({ plan }: ManageOptions): readonly ManagerPage[] {
  const client = (): Promise<ServerClient> => ServerClient.open(plan);
  return [overviewPage({ status: () => whileRunning(async () => (await client()).status()) })];
}

/** undefined while the server does not answer. */
async function whileRunning<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof BranchlineError && error.code === 'NOT_RUNNING') return undefined;
    throw error;
  }
}
