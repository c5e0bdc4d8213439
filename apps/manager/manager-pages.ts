import { BranchlineError } from '#libs/errors';
import { fleetPage, joinPage, overviewPage, type ManagerPage } from '#libs/manager';
import { ServerClient } from '../server/server-client.ts';
import { fleetSource } from './fleet-source.ts';
import { joinDesk } from './join-desk.ts';
import type { ManageOptions } from './manage.ts';

/** Every page of the manager, in the order of the navigation, with what it needs of this machine. */
export function managerPages({ plan, config, version }: ManageOptions): readonly ManagerPage[] {
  const client = (): Promise<ServerClient> => ServerClient.open(plan);
  return [
    overviewPage({ status: () => whileRunning(async () => (await client()).status()) }),
    fleetPage(fleetSource(config, version)),
    joinPage(joinDesk(config)),
  ];
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
