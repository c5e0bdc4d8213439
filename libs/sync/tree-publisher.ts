import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { inspectArchive, unpackArchive, type ArchiveLimits } from '#libs/archive';
import { asBranchlineError, isErrorCode, type ErrorCode } from '#libs/errors';
import { copyInto, type Digest, fsyncFolder } from '#libs/files';
import type { Publication, PublicationFile, PublicationsTable } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { requireRoom } from './disk-room.ts';
import type { ProgressSink } from './file-progress.ts';
import type { Placement } from './placement.ts';
import { planPublication, type PlannedFile } from './publication-plan.ts';
import { planRollBack, type RollBackPlan } from './roll-back-plan.ts';
import { prunePrevious } from './prune-previous.ts';
import { stageBack } from './stage-back.ts';
import { checkSwitch, switchFiles, type Switch } from './switch-files.ts';
import {
  distinctRoots,
  previousFolder,
  stagingFolder,
  stagingRoot,
  type TreeFolders,
} from './tree-folders.ts';

export interface TreePublisherOptions {
  readonly trees: TreeFolders;
  readonly placement: Placement;
  readonly publications: PublicationsTable;
  readonly limits: ArchiveLimits;
  /** Bytes to leave free on each disk. */
  readonly reserveBytes: number;
  /** Replaced versions of each file that are kept. */
  readonly keepPrevious: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told after each rename of a publication, with how many there are: for tests that end the process just there. */
  readonly onSwitched?: (done: number, overall: number) => void;
}

/** An update in Updates, verified. */
export interface Publishable {
  readonly name: string;
  readonly sha256: string;
  readonly file: string;
}

/** Attempts remembered in the journal beyond the last one of each name. */
const remembered = 200;

/**
 * Brings updates to the telephones' trees, one at a time: inspect → plan → unpack into staging (verified, fsynced)
 * → commit the intent → rename file by file, payload first → commit. A crash before the intent leaves the old set,
 * one after it is rolled forward by `recover`.
 */
export class TreePublisher {
  readonly #options: TreePublisherOptions;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: TreePublisherOptions) {
    this.#options = options;
  }

  /** Finish or undo what a crash left open; before telephones are served. */
  async recover(): Promise<void> {
    const { trees, publications, clock } = this.#options;
    for (const root of distinctRoots(trees)) await mkdir(root, { recursive: true });
    await this.#finishStaged();
    for (const { id, undoes } of publications.inState('staging')) {
      const why = 'the server was stopped before it was staged';
      if (undoes === undefined) publications.undone(id, 'INTERRUPTED', why, clock.now());
      else publications.forget(id);
    }
    for (const root of distinctRoots(trees))
      await rm(stagingRoot(root), { recursive: true, force: true });
    await this.#prune();
  }

  /** The last attempt at each update, by its name. */
  newest(): Map<string, Publication> {
    return this.#options.publications.newestOfEach();
  }

  /** How the last attempt at each update ended. */
  outcomes(): Outcomes {
    const newest = this.newest();
    return {
      isPending: (name, sha256) => isPending(newest.get(name), sha256),
      refusalOf: (name, sha256) => refusalOf(newest.get(name), sha256),
    };
  }

  /**
   * Bring one update to the trees; at once when its bytes are there already.
   * @throws BranchlineError ARCHIVE_* and others whose fault is the archive's: refused for good, nothing published;
   * DISK_FULL and the rest: nothing published, to be tried again.
   */
  async publish(update: Publishable, progress: ProgressSink, signal: AbortSignal): Promise<void> {
    const work = this.#turn.then(async () => {
      signal.throwIfAborted();
      const last = this.#options.publications.newest(update.name);
      if (isPending(last, update.sha256)) await this.#publish(update, progress, signal);
    });
    this.#turn = work.catch(() => undefined);
    await work;
  }

  /**
   * What rolling an update back would do now.
   * @throws BranchlineError NOT_FOUND, ROLL_BACK_IMPOSSIBLE.
   */
  async rollBackPlan(name: string): Promise<RollBackPlan> {
    return await planRollBack(name, this.#options);
  }

  /**
   * Put back what the last publication of an update has replaced, by the same steps as a publication: a crash before the
   * intent leaves everything as it was, one after it is rolled forward. Doing it twice brings the update back.
   * `decided` is told what will be done, before it counts; what it throws calls it off.
   * @throws BranchlineError NOT_FOUND, ROLL_BACK_IMPOSSIBLE, WRITE_FAILED, DISK_FULL.
   */
  async rollBack(
    name: string,
    decided: (plan: RollBackPlan) => Promise<void>,
  ): Promise<RollBackPlan> {
    const work = this.#turn.then(async () => {
      await this.#finishStaged();
      const plan = await this.rollBackPlan(name);
      await this.#rollBack(plan, decided);
      return plan;
    });
    this.#turn = work.catch(() => undefined);
    return await work;
  }

  async #rollBack(
    plan: RollBackPlan,
    decided: (plan: RollBackPlan) => Promise<void>,
  ): Promise<void> {
    const { publications, clock, log, trees } = this.#options;
    const { name } = plan.publication;
    const id = publications.beginUndoing(plan.publication, clock.now());
    try {
      for (const { tree, name: file } of plan.back)
        await checkSwitch(trees[tree], path.join(trees[tree], file));
      const files = await stageBack(id, plan, trees, clock.now());
      await decided(plan);
      await this.#switchAll(id, files);
      log.info({ name, publication: id, files: files.length }, 'update rolled back');
    } finally {
      // Once staged it is decided: the next start, or the next publication, rolls it forward.
      publications.forget(id);
      await this.#tidy(name, id);
    }
  }

  /** What is staged is decided, and comes before anything newer. */
  async #finishStaged(): Promise<void> {
    const { publications, clock, log } = this.#options;
    for (const { id, name } of publications.inState('staged')) {
      await switchFiles(this.#switches(id, publications.files(id)));
      publications.published(id, clock.now());
      log.info({ name, publication: id }, 'publication finished after a stop in the middle');
    }
  }

  async #publish(update: Publishable, progress: ProgressSink, signal: AbortSignal): Promise<void> {
    const { publications, clock, log } = this.#options;
    await this.#finishStaged();
    const id = publications.begin(update.name, update.sha256, clock.now());
    try {
      const files = await this.#stage(id, update, progress, signal);
      signal.throwIfAborted();
      await this.#switchAll(id, files);
      log.info({ name: update.name, publication: id, files: files.length }, 'update published');
    } catch (error) {
      const failed = asBranchlineError(error);
      const at = clock.now();
      // Once staged it is decided: the next start, or the next try, rolls it forward.
      if (publications.newest(update.name)?.state === 'staging') {
        if (failed.meaning.fault === 'archive')
          publications.refused(id, failed.code, failed.message, at);
        else publications.undone(id, failed.code, failed.message, at);
      }
      log.warn(
        { name: update.name, code: failed.code, reason: failed.message },
        'update not published',
      );
      throw failed;
    } finally {
      await this.#tidy(update.name, id);
    }
  }

  /** The point of no return, and what follows from it. */
  async #switchAll(id: number, files: readonly PublicationFile[]): Promise<void> {
    const { publications, clock } = this.#options;
    publications.staged(id, files);
    await switchFiles(this.#switches(id, files), (done) => {
      this.#options.onSwitched?.(done, files.length);
    });
    publications.published(id, clock.now());
  }

  async #tidy(name: string, id: number): Promise<void> {
    const { publications, trees } = this.#options;
    if (publications.newest(name)?.state === 'staged') return;
    for (const root of distinctRoots(trees)) {
      await rm(stagingFolder(root, id), { recursive: true, force: true });
    }
    await this.#prune();
  }

  /** Every file of the update, verified and on the disk, under a name that no telephone sees. */
  async #stage(
    id: number,
    update: Publishable,
    progress: ProgressSink,
    signal: AbortSignal,
  ): Promise<PublicationFile[]> {
    const { trees } = this.#options;
    const zipped = update.name.toLowerCase().endsWith('.zip');
    const { planned, digests } = zipped
      ? await this.#stageArchive(id, update, progress, signal)
      : await this.#stagePlain(id, update, signal);
    for (const root of new Set(planned.map(({ tree }) => path.resolve(trees[tree])))) {
      await fsyncFolder(stagingFolder(root, id));
    }
    return planned.map(({ ordinal, tree, name, size, source }) => ({
      ordinal,
      tree,
      name,
      size,
      sha256: digests.get(source)?.sha256 ?? '',
    }));
  }

  async #stageArchive(
    id: number,
    update: Publishable,
    progress: ProgressSink,
    signal: AbortSignal,
  ): Promise<Staged> {
    const archive = await inspectArchive(update.file, this.#options.limits);
    const sources = archive.entries.flatMap(({ isFolder, name, size }, index) =>
      isFolder ? [] : [{ index, name, size }],
    );
    const planned = planPublication(id, sources, this.#options.placement, this.#options.trees);
    await this.#prepare(id, planned);
    const wanted = [...Map.groupBy(planned, ({ source }) => source)];
    const digests = await unpackArchive(
      archive,
      wanted.map(([entry, files]) => ({ entry, destinations: files.map(({ staged }) => staged) })),
      {
        signal,
        onProgress: ({ bytes, totalBytes }) => {
          progress.at('publishing', bytes, totalBytes);
        },
      },
    );
    return { planned, digests: new Map(wanted.map(([source], at) => [source, digests[at]])) };
  }

  async #stagePlain(id: number, update: Publishable, signal: AbortSignal): Promise<Staged> {
    const { placement, trees } = this.#options;
    const sources = [{ index: 0, name: update.name, size: 0 }];
    const planned = planPublication(id, sources, placement, trees);
    await this.#prepare(id, planned);
    const digest = await copyInto(
      update.file,
      planned.map(({ staged }) => staged),
      { signal },
    );
    return {
      planned: planned.map((file) => ({ ...file, size: digest.size })),
      digests: new Map([[0, digest]]),
    };
  }

  /** Whatever would fail in the middle of the switch is found before it. */
  async #prepare(id: number, planned: readonly PlannedFile[]): Promise<void> {
    const { trees, reserveBytes } = this.#options;
    await requireRoom(planned, trees, reserveBytes);
    for (const root of distinctRoots(trees))
      await mkdir(stagingFolder(root, id), { recursive: true });
    for (const { tree, target } of planned) await checkSwitch(trees[tree], target);
  }

  #switches(id: number, files: readonly PublicationFile[]): Switch[] {
    return files.map(({ tree, name, ordinal }) => {
      const root = this.#options.trees[tree];
      return {
        root,
        staged: path.join(stagingFolder(root, id), `${ordinal}`),
        target: path.join(root, name),
        previous: path.join(previousFolder(root, id), `${ordinal}`),
      };
    });
  }

  async #prune(): Promise<void> {
    await prunePrevious(this.#options);
    this.#options.publications.prune(remembered);
  }
}

/** How the last attempts at all updates ended, at one moment. */
export interface Outcomes {
  /** True when these bytes are neither in the trees nor refused. */
  isPending(name: string, sha256: string): boolean;
  /** Why these bytes were refused, or undefined. */
  refusalOf(name: string, sha256: string): { code: ErrorCode; message: string } | undefined;
}

function isPending(last: Publication | undefined, sha256: string): boolean {
  if (last?.sha256 !== sha256) return true;
  return last.state !== 'published' && last.state !== 'refused';
}

function refusalOf(
  last: Publication | undefined,
  sha256: string,
): ReturnType<Outcomes['refusalOf']> {
  if (last?.state !== 'refused' || last.sha256 !== sha256) return undefined;
  const code = last.code !== undefined && isErrorCode(last.code) ? last.code : 'INTERNAL';
  return { code, message: last.reason ?? code };
}

interface Staged {
  readonly planned: readonly PlannedFile[];
  readonly digests: ReadonlyMap<number, Digest | undefined>;
}
