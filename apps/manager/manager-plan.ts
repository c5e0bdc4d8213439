import path from 'node:path';
import { settingsFile } from '../cli/settings-file.ts';

/** What the manager is to be. */
export interface ManagerPlan {
  readonly address: string;
  readonly port: number;
  /** Of its accounts. */
  readonly folder: string;
}

/** What cannot be used has its default: the manager is where it is put right. @throws BranchlineError SETTINGS_UNREADABLE. */
export async function loadManagerPlan(file: string): Promise<ManagerPlan> {
  const { settings } = (await settingsFile(file).read()).meaning;
  const { server, manager } = settings.values;
  return {
    address: server.bindAddress,
    port: manager.port,
    folder: path.join(server.stateDir, 'manager'),
  };
}
