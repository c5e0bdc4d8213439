import path from 'node:path';
import type { Settings } from '#libs/settings';
import { scanPlan, type ScanPlan } from './scan-plan.ts';
import { alarmPlan, type AlarmPlan } from './alarm-plan.ts';

/** What an administrator sees and steers besides what the server serves: alarms, scans, history. */
export interface SteeringPlan {
  /** The name under which it is told of. */
  readonly name: string;
  /** Which settings these are, for those who ask whether a change counts yet. */
  readonly settings: { readonly file: string; readonly sha256: string };
  readonly scan: ScanPlan;
  readonly alarms: AlarmPlan;
}

export const steeringPlan = (settings: Settings): SteeringPlan => ({
  name: settings.values.server.serverName,
  settings: { file: path.resolve(settings.file), sha256: settings.sha256 },
  scan: scanPlan(settings),
  alarms: alarmPlan(settings),
});
