import path from 'node:path';
import type { Settings } from '#libs/settings';

/** What an administrator sees and steers besides what the server serves: alarms, scans, history. */
export interface SteeringPlan {
  /** The name under which it is told of. */
  readonly name: string;
  /** Which settings these are, for those who ask whether a change counts yet. */
  readonly settings: { readonly file: string; readonly sha256: string };
}

export const steeringPlan = ({ values: { server }, file, sha256 }: Settings): SteeringPlan => ({
  name: server.serverName,
  settings: { file: path.resolve(file), sha256 },
});
