import { BranchlineError } from '#libs/errors';
import { ifThere, type ContentStore } from '#libs/files';
import type { EarlierUpdate, UpdateDraft, UpdateRecord } from '#libs/journal';
import { stat } from 'node:fs/promises';
import type { RollBackPlan } from './roll-back-plan.ts';
import type { TreePublisher } from './tree-publisher.ts';
import type { IncomingUpload, UpdateDrafts } from './update-drafts.ts';
import { lookIntoUpdate, type LookOrder, type UpdateLook } from './update-look.ts';
import type { Updates } from './updates.ts';

/** What an administrator does to an update. */
export interface UpdateAct {
  readonly act: 'uploaded' | 'discarded' | 'published' | 'rolled-back' | 'withdrawn';
  readonly by: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

export interface UpdateDeskOptions {
  readonly updates: Updates;
  readonly drafts: UpdateDrafts;
  /** Undefined at a server without telephones. */
  readonly publisher: TreePublisher | undefined;
  /** At a hub: what it has published, by content. */
  readonly store: ContentStore | undefined;
  /** True when a hub above brings updates here. */
  readonly pulls: boolean;
  readonly look: Pick<LookOrder, 'limits' | 'patterns46xx' | 'trees'>;
  /** Told of each act before it counts; what it throws calls the act off. */
  readonly onAct: (act: UpdateAct) => Promise<void>;
}

/** An upload, and what it would replace under its name. */
export interface LookedDraft {
  readonly draft: UpdateDraft;
  readonly look: UpdateLook;
  readonly replaces: UpdateRecord | undefined;
}

/** What going back would do: to this server's telephones, or to all branches of this hub. */
export type RollBackLook =
  | { readonly scope: 'here'; readonly name: string; readonly plan: RollBackPlan }
  | {
      readonly scope: 'branches';
      readonly name: string;
      /** Undefined when it was withdrawn. */
      readonly now: UpdateRecord | undefined;
      readonly to: EarlierUpdate;
      /** All that can be gone back to, newest first. */
      readonly earlier: readonly EarlierUpdate[];
    };

export interface RollBackChoice {
  readonly name: string;
  /** At a hub: only for its own telephones. */
  readonly here: boolean;
  /** SHA-256 of the version to go back to; undefined for the last one. */
  readonly to: string | undefined;
}

/** Where an administrator's decisions about updates are carried out, one at a time. */
export class UpdateDesk {
  readonly #options: UpdateDeskOptions;
  readonly #stopped = new AbortController();
  #turn: Promise<unknown> = Promise.resolve();
  #looks: Promise<unknown> = Promise.resolve();

  constructor(options: UpdateDeskOptions) {
    this.#options = options;
  }

  /** Wait for what is being done; nothing new is begun. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.allSettled([this.#turn, this.#looks]);
  }

  /**
   * Take an upload, look into it, and keep it aside.
   * @throws BranchlineError as `UpdateDrafts.receive`, and ARCHIVE_* when it would be refused later.
   */
  async upload(upload: IncomingUpload): Promise<LookedDraft> {
    const { draft, judged } = await this.#options.drafts.receive(upload, async (received, file) => {
      const look = await this.#look({ name: received.name, file, verify: true });
      await this.#act('uploaded', upload.by, received);
      return look;
    });
    return { draft, look: judged, replaces: this.#options.updates.find(draft.name) };
  }

  /** Look again: what is published may have changed meanwhile. @throws BranchlineError NOT_FOUND. */
  async lookAt(id: string): Promise<LookedDraft> {
    const { drafts, updates } = this.#options;
    const draft = drafts.find(id);
    const look = await this.#look({ name: draft.name, file: drafts.fileOf(draft), verify: false });
    return { draft, look, replaces: updates.find(draft.name) };
  }

  /** @throws BranchlineError NOT_FOUND. */
  async discard(id: string, by: string): Promise<void> {
    await this.#alone(async () => {
      const { drafts } = this.#options;
      await this.#act('discarded', by, drafts.find(id));
      await drafts.discard(id);
    });
  }

  /**
   * Publish an upload. `replaces` is the SHA-256 of what the administrator was told that it replaces.
   * @throws BranchlineError NOT_FOUND, UPDATE_NAME_TAKEN, UPDATE_FROM_HUB, DIGEST_MISMATCH, WRITE_FAILED, DISK_FULL.
   */
  async publish(id: string, replaces: string | undefined, by: string): Promise<UpdateDraft> {
    return await this.#alone(async () => {
      const { drafts, updates } = this.#options;
      const draft = drafts.find(id);
      await this.#requireName(draft, replaces);
      if (updates.find(draft.name)?.sha256 !== draft.sha256) {
        await this.#act('published', by, draft);
        await updates.place(drafts.fileOf(draft), draft);
      }
      await drafts.discard(id);
      return draft;
    });
  }

  /**
   * Take an update out of Updates: branches that join later do not get it. What was made of it stays everywhere.
   * @throws BranchlineError NOT_FOUND, UPDATE_NAME_TAKEN when other bytes have that name by now, UPDATE_FROM_HUB.
   */
  async withdraw(name: string, sha256: string, by: string): Promise<void> {
    await this.#alone(async () => {
      const known = this.#options.updates.find(name);
      if (known === undefined) throw unknown(name);
      if (known.sha256 !== sha256) throw taken(name, 'other bytes have that name by now');
      this.#requireOurs(known);
      await this.#act('withdrawn', by, known);
      await this.#options.updates.withdraw(name);
    });
  }

  /**
   * What going back would do now.
   * @throws BranchlineError NOT_FOUND, ROLL_BACK_IMPOSSIBLE, UPDATE_FROM_HUB.
   */
  async lookAtRollBack({ name, here, to }: RollBackChoice): Promise<RollBackLook> {
    const { publisher, store, updates } = this.#options;
    if (store === undefined || here) {
      if (publisher === undefined) throw impossible(name, 'this server has no telephones');
      return { scope: 'here', name, plan: await publisher.rollBackPlan(name) };
    }
    const now = updates.find(name);
    if (now !== undefined) this.#requireOurs(now);
    const earlier: EarlierUpdate[] = [];
    for (const version of updates.earlier(name)) {
      const isOther = version.sha256 !== now?.sha256;
      const isFirst = earlier.every(({ sha256 }) => sha256 !== version.sha256);
      if (isOther && isFirst && (await store.has(version.sha256))) earlier.push(version);
    }
    const chosen = to === undefined ? earlier[0] : earlier.find(({ sha256 }) => sha256 === to);
    if (chosen !== undefined) return { scope: 'branches', name, now, to: chosen, earlier };
    if (now === undefined && earlier.length === 0) throw unknown(name);
    throw impossible(name, 'no such earlier version was published from here');
  }

  /**
   * Go back: put back what the update replaced here, or publish the earlier bytes again under its name.
   * @throws BranchlineError as `lookAtRollBack`, and DIGEST_MISMATCH, WRITE_FAILED, DISK_FULL.
   */
  async rollBack(choice: RollBackChoice, by: string): Promise<RollBackLook> {
    return await this.#alone(async () => {
      const look = await this.lookAtRollBack(choice);
      if (look.scope === 'here') await this.#rollBackHere(look, by);
      else await this.#publishAgain(look.to, by);
      return look;
    });
  }

  async #rollBackHere({ name }: { readonly name: string }, by: string): Promise<void> {
    await this.#options.publisher?.rollBack(name, async ({ publication, back }) => {
      const size = back.reduce((sum, file) => sum + file.size, 0);
      await this.#act('rolled-back', by, { name, size, sha256: publication.sha256 });
    });
  }

  async #publishAgain(to: EarlierUpdate, by: string): Promise<void> {
    const { drafts, store, updates } = this.#options;
    if (store === undefined) return;
    const { id, file } = await drafts.copyOf(store.pathOf(to.sha256), to);
    try {
      await this.#act('rolled-back', by, to);
      await updates.place(file, to);
    } finally {
      await drafts.discard(id);
    }
  }

  /** Nothing is replaced that the administrator was not told of. */
  async #requireName(draft: UpdateDraft, replaces: string | undefined): Promise<void> {
    const { updates } = this.#options;
    const known = updates.find(draft.name);
    if (known === undefined) {
      if ((await ifThere(stat(updates.pathOf(draft.name)))) !== undefined)
        throw taken(draft.name, 'a file of that name is just being taken in');
      const folded = draft.name.toLowerCase();
      const other = updates.all().find(({ name }) => name.toLowerCase() === folded);
      if (other !== undefined)
        throw taken(draft.name, `it differs from ${JSON.stringify(other.name)} only in case`);
      return;
    }
    if (known.sha256 === draft.sha256) return;
    this.#requireOurs(known);
    if (known.sha256 !== replaces) throw taken(draft.name, 'Updates has other bytes of that name');
  }

  #requireOurs({ name, origin }: UpdateRecord): void {
    if (!this.#options.pulls || origin === 'local') return;
    throw new BranchlineError(
      'UPDATE_FROM_HUB',
      `${JSON.stringify(name)} comes from the hub above: the next sync would undo this; do it there`,
    );
  }

  /** One at a time: each reads what may be as large as the archive. */
  async #look(what: Pick<LookOrder, 'name' | 'file' | 'verify'>): Promise<UpdateLook> {
    const { updates, look, publisher } = this.#options;
    const work = this.#looks.then(async () => {
      const published = updates.find(what.name) && updates.pathOf(what.name);
      const order = { ...look, ...what, compareTrees: publisher !== undefined, published };
      return await lookIntoUpdate(order, this.#stopped.signal);
    });
    this.#looks = work.catch(() => undefined);
    return await work;
  }

  async #act(
    act: UpdateAct['act'],
    by: string,
    { name, size, sha256 }: Pick<UpdateDraft, 'name' | 'size' | 'sha256'>,
  ): Promise<void> {
    await this.#options.onAct({ act, by, name, size, sha256 });
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(async () => {
      this.#stopped.signal.throwIfAborted();
      return await work();
    });
    this.#turn = mine.catch(() => undefined);
    return await mine;
  }
}

const taken = (name: string, why: string): BranchlineError =>
  new BranchlineError(
    'UPDATE_NAME_TAKEN',
    `${JSON.stringify(name)} is not published: ${why}; look again, then decide`,
  );

const unknown = (name: string): BranchlineError =>
  new BranchlineError('NOT_FOUND', `there is no update ${JSON.stringify(name)} here`);

const impossible = (name: string, why: string): BranchlineError =>
  new BranchlineError('ROLL_BACK_IMPOSSIBLE', `${JSON.stringify(name)} cannot go back: ${why}`);
