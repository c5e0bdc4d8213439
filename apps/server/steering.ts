import type { Service } from '#libs/lifecycle';
import type { StatusServerOptions } from '#libs/pages';
import type { Updates } from '#libs/sync';
import { alarmPart } from './alarm-part.ts';
import { explainFor } from './explain-part.ts';
import { historyPart } from './history-part.ts';
import { fleetOf } from './fleet-part.ts';
import type { HubPart } from './hub-part.ts';
import type { InventoryPart } from './inventory-part.ts';
import type { phoneDelivery } from './phone-delivery.ts';
import type { Runtime } from './runtime.ts';
import { scanControl } from './scan-control.ts';
import { scanPart } from './scan-part.ts';
import type { ServerPlan } from './server-plan.ts';
import type { ServerStatus } from './status-source.ts';
import type { SyncPart } from './sync-part.ts';
import { updatesPart, type UpdatesPartOptions } from './updates-part.ts';

/** What the status port answers on behalf of these parts. */
export type SteeringAnswers = Pick<
  StatusServerOptions,
  'explain' | 'phones' | 'history' | 'fleet' | 'logs' | 'settings' | 'updates' | 'scans' | 'alarms'
>;

export interface SteeringOptions {
  readonly plan: ServerPlan;
  readonly runtime: Runtime;
  readonly status: ServerStatus;
  readonly delivery: ReturnType<typeof phoneDelivery>;
  readonly inventory: InventoryPart;
  readonly sync: SyncPart | undefined;
  readonly hub: HubPart | undefined;
  readonly updates: Updates;
  readonly publisher: UpdatesPartOptions['publisher'];
  /** Of the hub. */
  readonly store: UpdatesPartOptions['store'];
}

/** What an administrator sees and steers besides what the server serves. */
export function steeringParts({
  plan,
  runtime,
  status,
  delivery,
  inventory,
  sync,
  hub,
  updates,
  publisher,
  store,
}: SteeringOptions): {
  readonly services: readonly Service[];
  readonly answers: SteeringAnswers;
} {
  const history = historyPart({ runtime, status, inventory, sync });
  const updating = updatesPart({ plan, runtime, updates, publisher, hub, store });
  const scan = scanPart(plan, delivery, runtime);
  const alarms = alarmPart({ plan, runtime, status, scans: scan.table });
  return {
    services: [history.service, ...updating.services, ...scan.services, alarms],
    answers: {
      explain: ({ variable: variables, ...query }) =>
        explainFor(plan, delivery, { ...query, variables }),
      phones: inventory.list,
      history: history.ask,
      logs: (question) => runtime.lines.ask(question),
      settings: plan.settings,
      ...(hub && { fleet: fleetOf(hub, updates, runtime) }),
      updates: updating.control,
      scans: scanControl(plan, scan),
      alarms: alarms.desk,
    },
  };
}
