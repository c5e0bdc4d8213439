import { SystemdUnits, type SupervisedProcess } from '#libs/lifecycle';
import { servicesPage, type ManagerPage } from '#libs/manager';
import type { ServerClient } from '../server/server-client.ts';
import type { LivePlan } from './live-plan.ts';
import { ServiceControl } from './service-control.ts';
import { whileRunning } from './while-running.ts';

export interface ServicesParts {
  readonly config: string;
  readonly live: LivePlan;
  readonly client: () => Promise<ServerClient>;
  readonly child: SupervisedProcess | undefined;
}

/** The page of the services, with what this machine has to start and stop them. */
export function servicesOf({ config, live, client, child }: ServicesParts): ManagerPage {
  const control = new ServiceControl({
    config,
    stateDir: async () => (await live.now()).plan.folders.state,
    answers: async () =>
      (await whileRunning(async () => (await client()).settings())) !== undefined,
    systemd: new SystemdUnits(),
    child,
  });
  return servicesPage({
    look: () => control.look(),
    act: (id, act) => control.act(id, act),
    pending: () => pendingSettings(live, client),
  });
}

/** A sentence when the server runs with other settings than the file has, or could not start with them. */
export async function pendingSettings(
  live: LivePlan,
  client: () => Promise<ServerClient>,
): Promise<string | undefined> {
  const { faults, version } = await live.now();
  if (faults.length > 0) {
    return 'The settings have faults: a server does not start with them. The page Settings names each.';
  }
  const read = await whileRunning(async () => (await client()).settings());
  return read === undefined || read.sha256 === version
    ? undefined
    : 'The settings were changed since the server started: restart it for them to count.';
}
