import path from 'node:path';
import { loadSettings } from '#libs/settings';

/** What the manager is to be. */
export interface ManagerPlan {
  readonly address: string;
  readonly port: number;
  /** Of its accounts. */
  readonly folder: string;
}

/** @throws SettingsError with every fault. */
export async function loadManagerPlan(file: string): Promise<ManagerPlan> {
  const { server, manager } = (await loadSettings(file, { env: process.env })).values;
  return {
    address: server.bindAddress,
    port: manager.port,
    folder: path.join(server.stateDir, 'manager'),
  };
}
