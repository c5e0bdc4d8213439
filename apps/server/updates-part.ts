import type { ContentStore } from '#libs/files';
import { UpdateDraftsTable } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import type { UpdateControl } from '#libs/pages';
import { UpdateDesk, UpdateDrafts, type TreePublisher, type Updates } from '#libs/sync';
import type { HubPart } from './hub-part.ts';
import type { Runtime } from './runtime.ts';
import { servesPhones, type ServerPlan } from './server-plan.ts';
import { UpdateAnswers } from './update-answers.ts';

export interface UpdatesPartOptions {
  readonly plan: ServerPlan;
  readonly runtime: Runtime;
  readonly updates: Updates;
  readonly publisher: TreePublisher;
  readonly hub: HubPart | undefined;
  /** Of the hub. */
  readonly store: ContentStore | undefined;
}

/** What an administrator does about updates: upload, look, publish, roll back. */
export function updatesPart(options: UpdatesPartOptions): {
  readonly services: readonly Service[];
  readonly control: UpdateControl;
} {
  const { plan, runtime, updates, publisher, hub, store } = options;
  const { clock, log, journal, audit } = runtime;
  const { limits, reserveBytes, patterns46xx } = plan.publishing;
  const drafts = new UpdateDrafts({
    folder: plan.folders.updates,
    table: new UpdateDraftsTable(journal),
    maxBytes: limits.archiveBytes,
    reserveBytes,
    clock,
    log: log.child({ service: 'updates' }),
  });
  const pulls = plan.branch?.pulls === true;
  const desk = new UpdateDesk({
    updates,
    drafts,
    publisher: servesPhones(plan) ? publisher : undefined,
    store,
    pulls,
    look: { limits, patterns46xx, trees: plan.folders.trees },
    onAct: async ({ act, by, name, size, sha256 }) => {
      await audit.commit([{ act, by, kind: 'update', name, size, sha256, result: 'done' }]);
    },
  });
  return {
    services: [
      drafts,
      { name: 'update desk', start: () => Promise.resolve(), stop: () => desk.stop() },
    ],
    control: new UpdateAnswers({ desk, drafts, updates, publisher, hub, plan, pulls, clock }),
  };
}
