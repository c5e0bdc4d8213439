import { SqliteLedger } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import type { RelaySource } from '#libs/manager';
import { relayStatus } from '../server/relay-status.ts';
import { resend } from '../server/resend.ts';
import type { ServerClient } from '../server/server-client.ts';
import { withJournal } from '../server/with-journal.ts';
import type { LivePlan } from './live-plan.ts';
import { whileRunning } from './while-running.ts';

/** Out of the database of this machine, so that it works while the server is down. */
export const relaySource = (live: LivePlan, client: () => Promise<ServerClient>): RelaySource => ({
  look: async () => {
    const { plan } = await live.now();
    const relay = await withJournal(plan, async (journal) =>
      relayStatus({
        plan,
        journal,
        totals: plan.hub === undefined ? [] : await new SqliteLedger(journal).totals(),
        now: systemClock.now(),
      }),
    );
    const status = await whileRunning(async () => (await client()).status());
    return { relay, status, isHub: plan.hub !== undefined };
  },
  resend: async ({ branch, ...choice }) => {
    const { plan } = await live.now();
    const of = branch === '' ? (plan.hub === undefined ? undefined : '*') : branch;
    return await withJournal(
      plan,
      async (journal) => (await resend(plan, journal, { ...choice, branch: of })).length,
    );
  },
});
