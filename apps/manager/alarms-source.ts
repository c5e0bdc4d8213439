import { systemClock } from '#libs/lifecycle';
import type { AlarmsSource } from '#libs/manager';
import { AlarmClient } from '../server/alarm-client.ts';
import type { ServerClient } from '../server/server-client.ts';
import { whileRunning } from './while-running.ts';

/** The alarms of the server of these settings, by its status port. */
export function alarmsSource(client: () => Promise<ServerClient>): AlarmsSource {
  const open = async (): Promise<AlarmClient> => new AlarmClient(await client());
  return {
    alarms: () => whileRunning(async () => (await open()).list()),
    test: async (receiver) => (await open()).test(receiver),
    mute: async (request) => (await open()).mute(request),
    unmute: async (mute, by) => (await open()).unmute(mute, by),
    now: () => new Date(systemClock.now()).toISOString(),
  };
}
