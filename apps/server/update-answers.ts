import type { Publication, SignedUpdate, UpdateDraft } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import {
  updateLimits,
  type DraftLook,
  type RollBackAnswer,
  type RollBackQuery,
  type UpdateControl,
  type UpdateList,
} from '#libs/pages';
import type {
  IncomingUpload,
  LookedDraft,
  RollBackLook,
  TreePublisher,
  UpdateDesk,
  UpdateDrafts,
  Updates,
} from '#libs/sync';
import { iso } from './branch-view.ts';
import { BranchHoldings } from './branch-holdings.ts';
import type { HubPart } from './hub-part.ts';
import { servesPhones, type ServerPlan } from './server-plan.ts';

export interface UpdateAnswersOptions {
  readonly desk: UpdateDesk;
  readonly drafts: UpdateDrafts;
  readonly updates: Updates;
  readonly publisher: TreePublisher;
  readonly hub: HubPart | undefined;
  readonly plan: ServerPlan;
  /** True when a hub above brings updates here. */
  readonly pulls: boolean;
  readonly clock: Clock;
}

type Listed = UpdateList['updates'][number];
type Earlier = UpdateList['withdrawn'][number];

/** What the status port says of updates, in its own words. */
export class UpdateAnswers implements UpdateControl {
  readonly #options: UpdateAnswersOptions;

  constructor(options: UpdateAnswersOptions) {
    this.#options = options;
  }

  async list({ limit, offset }: { limit: number; offset: number }): Promise<UpdateList> {
    const { updates, publisher, hub, plan, pulls, drafts, clock } = this.#options;
    const outcomes = publisher.newest();
    const holdings = hub && (await BranchHoldings.of(hub, clock.now()));
    const here = servesPhones(plan);
    return {
      hub: hub !== undefined,
      phones: here,
      pulls,
      release: hub?.release() ?? null,
      branchesTotal: holdings?.branches.length ?? 0,
      total: updates.count(),
      offset,
      updates: updates.signed(limit, offset).map((update) => ({
        name: update.name,
        size: update.size,
        sha256: update.sha256,
        publishedAt: at(update.publishedAt),
        origin: update.origin,
        release: update.release ?? null,
        here: here ? standing(update, outcomes.get(update.name)) : notServed,
        branches: holdings === undefined ? null : holdings.tally(update),
        earlier: hub === undefined ? 0 : updates.earlier(update.name).length,
      })),
      withdrawn: hub === undefined ? [] : updates.withdrawn(updateLimits.withdrawn).map(asEarlier),
      drafts: drafts.all().map(asDraft),
    };
  }

  async upload(upload: IncomingUpload): Promise<DraftLook> {
    return await this.#looked(await this.#options.desk.upload(upload));
  }

  async look(draft: string): Promise<DraftLook> {
    return await this.#looked(await this.#options.desk.lookAt(draft));
  }

  async discard(draft: string, by: string): Promise<void> {
    await this.#options.desk.discard(draft, by);
  }

  async publish(draft: string, replaces: string | undefined, by: string): Promise<void> {
    await this.#options.desk.publish(draft, replaces, by);
  }

  async lookAtRollBack(choice: RollBackQuery): Promise<RollBackAnswer> {
    return rollBackAnswer(await this.#options.desk.lookAtRollBack(choice));
  }

  async rollBack(choice: RollBackQuery, by: string): Promise<RollBackAnswer> {
    return rollBackAnswer(await this.#options.desk.rollBack(choice, by));
  }

  async withdraw(name: string, sha256: string, by: string): Promise<void> {
    await this.#options.desk.withdraw(name, sha256, by);
  }

  async #looked({ draft, look, replaces }: LookedDraft): Promise<DraftLook> {
    const { hub, pulls, clock } = this.#options;
    const holdings = hub && (await BranchHoldings.of(hub, clock.now()));
    return {
      draft: asDraft(draft),
      look: {
        ...look,
        trees: [...look.trees],
        files: look.files.map((file) => ({ ...file, places: [...file.places] })),
        gone: { total: look.gone.total, names: [...look.gone.names] },
      },
      replaces:
        replaces === undefined
          ? null
          : {
              size: replaces.size,
              sha256: replaces.sha256,
              publishedAt: at(replaces.publishedAt),
              origin: replaces.origin,
            },
      fromHub: pulls && replaces?.origin === 'upstream',
      branches:
        holdings === undefined
          ? null
          : {
              total: holdings.branches.length,
              names: holdings.branches.slice(0, updateLimits.branches),
            },
    };
  }
}

const at = (ms: number): string => new Date(ms).toISOString();

const notServed: Listed['here'] = { state: 'not-served', code: null, reason: null, at: null };

function standing({ sha256 }: SignedUpdate, last: Publication | undefined): Listed['here'] {
  if (last?.sha256 !== sha256 || (last.state !== 'published' && last.state !== 'refused'))
    return { state: 'pending', code: last?.code ?? null, reason: last?.reason ?? null, at: null };
  return {
    state: last.rolledBack ? 'rolled-back' : last.state,
    code: last.code ?? null,
    reason: last.reason ?? null,
    at: iso(last.finishedAt),
  };
}

const asDraft = ({ id, name, size, sha256, createdAt, by }: UpdateDraft): DraftLook['draft'] => ({
  id,
  name,
  size,
  sha256,
  uploadedAt: at(createdAt),
  by,
});

const asEarlier = (version: {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly publishedAt: number;
  readonly endedAt: number;
}): Earlier => ({
  name: version.name,
  size: version.size,
  sha256: version.sha256,
  publishedAt: at(version.publishedAt),
  endedAt: at(version.endedAt),
});

function rollBackAnswer(look: RollBackLook): RollBackAnswer {
  if (look.scope === 'branches') {
    return {
      name: look.name,
      scope: look.scope,
      published: look.now !== undefined,
      to: asEarlier(look.to),
      earlier: look.earlier.map(asEarlier),
      back: { total: 0, edited: 0, files: [] },
      stays: { total: 0, names: [] },
    };
  }
  const { back, stays } = look.plan;
  return {
    name: look.name,
    scope: look.scope,
    published: true,
    to: null,
    earlier: [],
    back: {
      total: back.length,
      edited: back.filter(({ edited }) => edited).length,
      files: back
        .slice(0, updateLimits.back)
        .map(({ tree, name, size, edited }) => ({ tree, name, size, edited })),
    },
    stays: {
      total: stays.length,
      names: stays.slice(0, updateLimits.stays).map(({ tree, name }) => `${tree}data/${name}`),
    },
  };
}
