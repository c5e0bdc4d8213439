import {
  explain,
  explainableServers,
  readQuestion,
  type ExplainableServer,
  type Explanation,
  type QuestionTexts,
  type TreeDelivery,
} from '#libs/delivery';
import type { ServerPlan } from './server-plan.ts';

/** A question as people put it: without a server it is about the first one that telephones have here. */
export type PlainQuestion = Omit<QuestionTexts, 'server'> & {
  readonly server?: ExplainableServer | undefined;
};

/** What a telephone would get, decided as the servers decide. @throws BranchlineError USAGE. */
export async function explainFor(
  plan: ServerPlan,
  delivery: TreeDelivery,
  question: PlainQuestion,
): Promise<Explanation> {
  const servers = Object.keys(explainableServers).filter(isServer);
  const server =
    question.server ?? servers.find((name) => switchedOn(plan, name)) ?? servers[0] ?? 'http';
  const { request, facts } = readQuestion({ ...question, server });
  return await explain(delivery, request, facts);
}

/** Whether the settings switch on a server that reads from that tree. */
export const isTreeServed = (plan: ServerPlan, tree: Explanation['tree']): boolean =>
  Object.entries(explainableServers).some(
    ([server, reads]) => reads === tree && switchedOn(plan, server),
  );

const isServer = (name: string): name is ExplainableServer =>
  Object.hasOwn(explainableServers, name);

const switchedOn = (plan: ServerPlan, server: string): boolean =>
  Object.entries(plan).some(([part, value]) => part === server && value !== undefined);
