import type { Service } from '#libs/lifecycle';
import type { StatusServerOptions } from '#libs/pages';
import { explainFor } from './explain-part.ts';
import type { InventoryPart } from './inventory-part.ts';
import type { phoneDelivery } from './phone-delivery.ts';
import type { Runtime } from './runtime.ts';
import type { ServerPlan } from './server-plan.ts';
import type { ServerStatus } from './status-source.ts';

/** What the status port answers on behalf of these parts. */
export type SteeringAnswers = Pick<StatusServerOptions, 'explain' | 'phones'>;

export interface SteeringOptions {
  readonly plan: ServerPlan;
  readonly runtime: Runtime;
  readonly status: ServerStatus;
  readonly delivery: ReturnType<typeof phoneDelivery>;
  readonly inventory: InventoryPart;
}

/** What an administrator sees and steers besides what the server serves. */
export function steeringParts({ plan, delivery, inventory }: SteeringOptions): {
  readonly services: readonly Service[];
  readonly answers: SteeringAnswers;
} {
  return {
    services: [],
    answers: {
      explain: ({ variable: variables, ...query }) =>
        explainFor(plan, delivery, { ...query, variables }),
      phones: inventory.list,
    },
  };
}
