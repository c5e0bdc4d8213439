import { stat } from 'node:fs/promises';
import type { SettingsFault, SettingsFile } from '#libs/settings';
import { settingsFile } from '../cli/settings-file.ts';
import { planOf } from '../server/compose.ts';
import type { ServerPlan } from '../server/server-plan.ts';

export interface PlanNow {
  readonly plan: ServerPlan;
  /** What keeps a server from starting with these settings. */
  readonly faults: readonly SettingsFault[];
  /** Of the file. */
  readonly version: string;
}

/**
 * What the settings file asks for now; read again when it has changed. A value that cannot be used has its default, so
 * that a manager can be reached in which it is put right.
 */
export class LivePlan {
  readonly settings: SettingsFile;
  #known: { readonly mark: string; readonly now: PlanNow } | undefined;

  constructor(file: string) {
    this.settings = settingsFile(file);
  }

  /** @throws BranchlineError SETTINGS_UNREADABLE. */
  async now(): Promise<PlanNow> {
    const mark = await markOf(this.settings.file);
    if (mark !== undefined && this.#known?.mark === mark) return this.#known.now;
    const { meaning, version } = await this.settings.read();
    const now = { plan: planOf(meaning.settings), faults: meaning.faults, version };
    this.#known = mark === undefined ? undefined : { mark, now };
    return now;
  }
}

/** Changes with every change of the file; undefined when it cannot be looked at. */
async function markOf(file: string): Promise<string | undefined> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(file);
    return [mtimeMs, ctimeMs, size, ino].join(' ');
  } catch {
    return undefined;
  }
}
