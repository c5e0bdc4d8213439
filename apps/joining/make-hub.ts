import { BranchlineError } from '#libs/errors';
import { systemClock } from '#libs/lifecycle';
import type { SettingsAct, SettingsChanges } from '#libs/settings';
import { settingsFile, startingSettings } from '../cli/settings-file.ts';
import { loadPlan } from '../server/compose.ts';
import { openHubFolders, type HubFolders } from '../server/hub-folders.ts';
import type { HubPlan, ServerPlan } from '../server/server-plan.ts';

/** A hub as its settings and folders describe it, whether its server runs or not. */
export interface OpenHub {
  readonly plan: ServerPlan;
  readonly hub: HubPlan;
  readonly folders: HubFolders;
}

/**
 * Make a server a hub: its settings, its authority, its signing keys. It becomes one with its next start.
 * @param name Host name or address under which branches reach it; nothing = as the settings say.
 * @throws SettingsError.
 */
export async function makeHub(
  config: string,
  name: string | undefined,
  act: SettingsAct,
): Promise<OpenHub> {
  await startingSettings(config);
  const changes: SettingsChanges = {
    'BACKUP_SERVERS/FileServer': '1',
    ...(name !== undefined && { 'HUB/HubName': name }),
  };
  await settingsFile(config).change(changes, act);
  return await openHub(config);
}

/** @throws BranchlineError SETTINGS_INVALID when the settings are not those of a hub. */
export async function openHub(config: string): Promise<OpenHub> {
  const plan = await loadPlan(config);
  if (plan.hub === undefined) {
    throw new BranchlineError(
      'SETTINGS_INVALID',
      `${config} is not the settings of a hub: FileServer is 0; \`branchline hub init --config ${config}\` makes it one`,
    );
  }
  return { plan, hub: plan.hub, folders: await openHubFolders(plan.folders, systemClock) };
}
