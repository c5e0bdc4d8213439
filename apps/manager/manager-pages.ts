import type { SupervisedProcess } from '#libs/lifecycle';
import {
  alarmsPage,
  fleetPage,
  historyPage,
  joinPage,
  logsPage,
  overviewPage,
  scanPage,
  updatesPage,
  settingsPage,
  phonesPage,
  relayPage,
  type ManagerPage,
} from '#libs/manager';
import { ServerClient } from '../server/server-client.ts';
import { alarmsSource } from './alarms-source.ts';
import { fleetSource } from './fleet-source.ts';
import { joinDesk } from './join-desk.ts';
import { logSource } from './log-source.ts';
import { LivePlan } from './live-plan.ts';
import { historySource } from './history-source.ts';
import type { ManageOptions } from './manage.ts';
import { phonesSource } from './phones-source.ts';
import { relaySource } from './relay-source.ts';
import { servicesOf } from './services.ts';
import { updatesSource } from './updates-source.ts';
import { settingsSource } from './settings-source.ts';
import { scanSource } from './scan-source.ts';
import { whileRunning } from './while-running.ts';

/** Every page of the manager, in the order of the navigation, with what it needs of this machine. */
export function managerPages(
  { config, version }: ManageOptions,
  child: SupervisedProcess | undefined,
): readonly ManagerPage[] {
  const live = new LivePlan(config);
  const client = async (): Promise<ServerClient> => ServerClient.open((await live.now()).plan);
  return [
    overviewPage({ status: () => whileRunning(async () => (await client()).status()) }),
    alarmsPage(alarmsSource(client)),
    fleetPage(fleetSource(config, version)),
    phonesPage(phonesSource(live)),
    scanPage(scanSource(live, client)),
    relayPage(relaySource(live, client)),
    historyPage(historySource(live)),
    logsPage(logSource(live, client)),
    updatesPage(updatesSource(client)),
    joinPage(joinDesk(config)),
    settingsPage(settingsSource(live, client)),
    servicesOf({ config, live, client, child }),
  ];
}
