import type { Settings } from '#libs/settings';

/** What an administrator sees and steers besides what the server serves: alarms, scans, history. */
export interface SteeringPlan {
  /** The name under which it is told of. */
  readonly name: string;
}

export const steeringPlan = ({ values: { server } }: Settings): SteeringPlan => ({
  name: server.serverName,
});
