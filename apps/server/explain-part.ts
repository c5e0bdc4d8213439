import { NamePatterns } from '#libs/backups';
import {
  explain,
  explainableServers,
  readQuestion,
  type ExplainableServer,
  type Explanation,
  type PhoneRequest,
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
  const explanation = await explain(delivery, request, facts);
  return { ...explanation, notes: notesOn(plan, request) };
}

/** What lies beside the decision about the tree. */
function notesOn(plan: ServerPlan, { tree, name }: PhoneRequest): string[] {
  const served = Object.entries(explainableServers).some(
    ([server, reads]) => reads === tree && switchedOn(plan, server),
  );
  const off = served ? [] : [`No server reads from ${tree}: it is switched off in the settings.`];
  if (tree === 'FTP') {
    const note =
      'By FTP telephones read only their own data, and have to answer by SNMP first: that was not asked.';
    return [...off, note];
  }
  return tree === 'TFTP' ? off : [...off, ...savedNotes(plan.uploads, name)];
}

/** Names that telephones save by HTTP are read from where they were saved. */
function savedNotes({ backups, devices }: ServerPlan['uploads'], name: string): string[] {
  const whole = name.replaceAll('\\', '/').replace(/^\/+/, '');
  const last = whole.slice(whole.lastIndexOf('/') + 1);
  if (backups !== undefined && new NamePatterns(backups.names).fit(last) !== undefined) {
    return [
      `By that name telephones save backups: it is read from ${backups.folder} by who proves to be that telephone, and was not looked for there.`,
    ];
  }
  if (devices !== undefined && new NamePatterns(devices.names).fit(whole) !== undefined) {
    return [`By that name devices save files: what is in ${devices.folder} comes first.`];
  }
  return [];
}

const isServer = (name: string): name is ExplainableServer =>
  Object.hasOwn(explainableServers, name);

const switchedOn = (plan: ServerPlan, server: string): boolean =>
  Object.entries(plan).some(([part, value]) => part === server && value !== undefined);
