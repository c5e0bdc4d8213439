import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { asBranchlineError, isErrorCode, type ErrorCode } from '#libs/errors';
import { asDiskError, fsyncFolder, resolveInside } from '#libs/files';
import type { Publication, PublicationFile, PublicationsTable } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { ProgressSink } from './file-progress.ts';
import type { FetchedFile } from './mirrored-folder.ts';
import { digestOf, keepPrevious, keptName, placeable, stagePaired } from './paired-files.ts';
import type { Tree } from './placement.ts';
import { planRollBack, type RollBackPlan } from './roll-back-plan.ts';
import { prunePaired } from './prune-paired.ts';
import { prunePrevious } from './prune-previous.ts';
import { stageBack } from './stage-back.ts';
import { stageUpdate, type Publishable, type StageOptions } from './stage-update.ts';
import { checkSwitch, switchFiles, type Switch } from './switch-files.ts';
import { distinctRoots, previousFolder, stagingFolder, stagingRoot } from './tree-folders.ts';

export interface TreePublisherOptions extends StageOptions {
  readonly publications: PublicationsTable;
  /** Replaced versions of each file that are kept. */
  readonly keepPrevious: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told after each rename of a publication, with how many there are: for tests that end the process just there. */
  readonly onSwitched?: (done: number, overall: number) => void;
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
    for (const { id, undoes, paired } of publications.inState('staging')) {
      const why = 'the server was stopped before it was staged';
      if (undoes === undefined && !paired) publications.undone(id, 'INTERRUPTED', why, clock.now());
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
    await this.#alone(async () => {
      signal.throwIfAborted();
      const last = this.#options.publications.newest(update.name);
      if (isPending(last, update.sha256)) await this.#publish(update, progress, signal);
    });
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
    return await this.#alone(async () => {
      await this.#finishStaged();
      const plan = await this.rollBackPlan(name);
      await this.#rollBack(plan, decided);
      return plan;
    });
  }

  /**
   * Bring files of the other server of a pair to a tree as one set, by the same steps as an update. Left out is what is no
   * longer what it `replaces`. Returns the names of those that are in place.
   * @throws BranchlineError WRITE_FAILED, DISK_FULL, or the abort's reason.
   */
  async publishFiles(
    tree: Tree,
    files: readonly FetchedFile[],
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    return await this.#alone(async () => {
      signal.throwIfAborted();
      await this.#finishStaged();
      const { trees, publications, clock, log } = this.#options;
      const place = { tree, root: trees[tree] };
      const fit = await placeable(place.root, files, log, signal);
      if (fit.length === 0) return new Set<string>();
      const id = publications.beginPaired(tree, clock.now());
      try {
        const staged = await stagePaired(id, place, fit);
        signal.throwIfAborted();
        await this.#switchAll(id, staged, true);
        log.info(
          { tree, publication: id, files: staged.length },
          'files of the other server taken',
        );
        return new Set(staged.map(({ name }) => name));
      } finally {
        publications.forget(id);
        await this.#tidy(id);
      }
    });
  }

  /**
   * Keep a file that lost against what is in the tree, among the previous versions. `file.path` stays, to be removed.
   * @throws BranchlineError WRITE_FAILED, DISK_FULL.
   */
  async keepFile(tree: Tree, file: FetchedFile): Promise<void> {
    await this.#alone(async () => {
      const kept = await this.#keep(tree, file, file.path);
      this.#options.log.info({ tree, name: file.name, kept }, 'other version of a file kept');
    });
  }

  /**
   * Remove a file that still has these bytes from a tree, as was done at the other server of a pair; it stays among the previous
   * versions. False when it has others.
   * @throws BranchlineError PATH_OUTSIDE_TREE, NAME_MALFORMED, WRITE_FAILED, DISK_FULL.
   */
  async removeFile(tree: Tree, name: string, sha256: string): Promise<boolean> {
    return await this.#alone(async () => {
      const { trees, log } = this.#options;
      const target = resolveInside(trees[tree], name);
      await this.#finishStaged();
      if ((await digestOf(target)) !== sha256) return false;
      await checkSwitch(trees[tree], target);
      const { size } = await stat(target);
      const kept = await this.#keep(tree, { name, size, sha256 }, target);
      try {
        await rm(target);
      } catch (error) {
        throw asDiskError(error, target);
      }
      await fsyncFolder(path.dirname(target));
      log.info({ tree, name, kept }, 'file removed, as at the other server');
      return true;
    });
  }

  /** On the disk and in the journal before anything is taken away. Returns where. */
  async #keep(
    tree: Tree,
    { name, size, sha256 }: Pick<PublicationFile, 'name' | 'size' | 'sha256'>,
    file: string,
  ): Promise<string> {
    const { trees, publications, clock } = this.#options;
    const id = publications.beginPaired(tree, clock.now());
    try {
      const kept = await keepPrevious(id, trees[tree], name, file);
      publications.kept(id, { ordinal: 0, tree, name, size, sha256 }, clock.now());
      return kept;
    } finally {
      publications.forget(id);
      await this.#prune();
    }
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return await mine;
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
      await this.#tidy(id);
    }
  }

  /** What is staged is decided, and comes before anything newer. */
  async #finishStaged(): Promise<void> {
    const { publications, clock, log } = this.#options;
    for (const { id, name, paired } of publications.inState('staged')) {
      await switchFiles(this.#switches(id, publications.files(id), paired));
      publications.published(id, clock.now());
      log.info({ name, publication: id }, 'publication finished after a stop in the middle');
    }
  }

  async #publish(update: Publishable, progress: ProgressSink, signal: AbortSignal): Promise<void> {
    const { publications, clock, log } = this.#options;
    await this.#finishStaged();
    const id = publications.begin(update.name, update.sha256, clock.now());
    try {
      const files = await stageUpdate(id, update, this.#options, progress, signal);
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
      await this.#tidy(id);
    }
  }

  /** The point of no return, and what follows from it. */
  async #switchAll(id: number, files: readonly PublicationFile[], paired = false): Promise<void> {
    const { publications, clock } = this.#options;
    publications.staged(id, files);
    await switchFiles(this.#switches(id, files, paired), (done) => {
      this.#options.onSwitched?.(done, files.length);
    });
    publications.published(id, clock.now());
  }

  async #tidy(id: number): Promise<void> {
    const { publications, trees } = this.#options;
    if (publications.inState('staged').some((open) => open.id === id)) return;
    for (const root of distinctRoots(trees)) {
      await rm(stagingFolder(root, id), { recursive: true, force: true });
    }
    await this.#prune();
  }

  #switches(id: number, files: readonly PublicationFile[], paired: boolean): Switch[] {
    return files.map(({ tree, name, ordinal }) => {
      const root = this.#options.trees[tree];
      return {
        root,
        staged: path.join(stagingFolder(root, id), `${ordinal}`),
        target: path.join(root, name),
        previous: path.join(
          previousFolder(root, id),
          paired ? keptName(ordinal, name) : `${ordinal}`,
        ),
      };
    });
  }

  async #prune(): Promise<void> {
    await prunePrevious(this.#options);
    await prunePaired(this.#options);
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
