import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { asBranchlineError, BranchlineError, type ErrorCode } from '#libs/errors';
import { ifThere, INTERNAL_FOLDER, PARTIAL_SUFFIX, requireSpace, safeName } from '#libs/files';
import type { UpdateRecord } from '#libs/journal';
import type { Backoff, Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { ReleaseTarget } from '#libs/release';
import { fetchUpdate } from './fetch-update.ts';
import { isHubsFault } from './hubs-fault.ts';
import { progressOf, type ProgressSink } from './file-progress.ts';
import type { JobOptions, RunReporter } from './sync-runs.ts';
import type { Outcomes, TreePublisher } from './tree-publisher.ts';
import type { Updates } from './updates.ts';
import { mayBeAsked, type BranchReport, type Upstream } from './upstream.ts';

export interface PullOptions {
  /** Primary first. */
  readonly upstreams: readonly Upstream[];
  readonly updates: Updates;
  /** Undefined at a server without telephones: then files are kept for the branches below only. */
  readonly publisher: TreePublisher | undefined;
  readonly backoff: Backoff;
  /** Bytes to leave free on the disk of Updates. */
  readonly reserveBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Told this often although nothing has changed: a hub wants to know the free space, and a new way up the chain may be a circle. */
const tellEveryMs = 15 * 60_000;

/** Where a branch stands, for the status page and for the hub. */
export interface PullState {
  /** Version of the signed set it works on. */
  release: number | undefined;
  upstream: Upstream | undefined;
  state: BranchReport['state'];
  problems: BranchReport['problems'];
  /** Updates of the release that are not here whole; undefined before the first pull. */
  lacking: ReadonlySet<string> | undefined;
}

/** The pull of updates: refresh the signed set, plan, fetch, verify, publish, report (Guide p. 37–38). */
export class PullUpdates {
  readonly #options: PullOptions;
  #state: PullState = {
    release: undefined,
    upstream: undefined,
    state: 'pending',
    problems: [],
    lacking: undefined,
  };
  /** Hubs that have told where they stand in the chain and did not name this server, and when that was. */
  readonly #known = new Map<Upstream, number>();

  constructor(options: PullOptions) {
    this.#options = options;
  }

  get state(): Readonly<PullState> {
    return this.#state;
  }

  /** The hub's operator wants to see how things stand: the next run tells it, news or not. */
  tellAnyway(): void {
    this.#known.clear();
  }

  /** @throws BranchlineError when no hub could be asked, or the disk is full; single files that fail are reported. */
  async run(report: RunReporter, signal: AbortSignal, { byHand }: JobOptions): Promise<void> {
    if (byHand) for (const { breaker } of this.#options.upstreams) breaker.reset();
    const before = this.#state;
    let upstream: Upstream | undefined;
    try {
      const found = await this.#refresh(signal);
      upstream = found.upstream;
      const { version, targets } = found.release;
      const { lacking } = this.#state;
      this.#state = { release: version, upstream, state: 'pending', problems: [], lacking };
      const problems = await this.#bringAll(targets, upstream, report, signal);
      this.#state = { ...this.#state, state: problems.length > 0 ? 'error' : 'in-sync', problems };
    } catch (error) {
      const { code, message } = asBranchlineError(error);
      const state = code === 'DISK_FULL' ? 'waiting-for-space' : 'error';
      this.#state = { ...this.#state, state, problems: [{ code, message }] };
      // The hub answers, and what it says cannot be believed: it is the hub's operator who must know.
      if (isAboutRelease(code))
        upstream ??= this.#options.upstreams.find((hub) => this.#known.has(hub));
      throw error;
    } finally {
      if (upstream !== undefined && !signal.aborted) await this.#tellNews(upstream, before);
    }
  }

  /** The newest signed set, from the first hub that gives one. */
  async #refresh(
    signal: AbortSignal,
  ): Promise<{ upstream: Upstream; release: Awaited<ReturnType<Upstream['refresh']>> }> {
    let first: BranchlineError | undefined;
    for (const upstream of mayBeAsked(this.#options.upstreams)) {
      signal.throwIfAborted();
      try {
        if (!this.#known.has(upstream)) await this.#checkIn(upstream);
        const release = await upstream.refresh(signal);
        upstream.breaker.succeeded();
        return { upstream, release };
      } catch (error) {
        signal.throwIfAborted();
        const known = asBranchlineError(error);
        this.#options.log.warn(
          {
            peer: upstream.peer,
            address: upstream.address,
            code: known.code,
            reason: known.message,
          },
          'hub gave no signed set',
        );
        if (isHubsFault(known)) upstream.breaker.failed();
        first ??= known;
      }
    }
    throw first ?? new BranchlineError('NOT_JOINED', 'there is no hub to ask: join one');
  }

  async #bringAll(
    targets: readonly ReleaseTarget[],
    chosen: Upstream,
    report: RunReporter,
    signal: AbortSignal,
  ): Promise<BranchReport['problems']> {
    const { updates, publisher } = this.#options;
    const here = new Map(updates.all().map((update) => [update.name, update]));
    const outcomes = publisher?.outcomes();
    const wanted = targets.filter((target) =>
      isNews(target, here.get(target.name), chosen, outcomes),
    );
    const refusals = targets.filter(({ name, sha256 }) => outcomes?.refusalOf(name, sha256));
    const lacking = new Set([...wanted, ...refusals].map(({ name }) => name));
    this.#state = { ...this.#state, lacking };
    await this.#sweep(new Set(targets.map(({ sha256 }) => sha256)));
    const problems: { name: string; code: BranchlineError['code']; message: string }[] = [];
    for (const { name, size } of wanted)
      report.file({ name, state: 'pending', bytes: 0, bytesOverall: size });
    for (const target of wanted) {
      signal.throwIfAborted();
      const progress = progressOf(report, target.name, target.size);
      try {
        await this.#bring(target, chosen, progress, signal);
        lacking.delete(target.name);
      } catch (error) {
        signal.throwIfAborted();
        const { code, message, meaning } = asBranchlineError(error);
        progress.ended(meaning.fault === 'archive' ? 'refused' : 'failed', code, message);
        // With no space, or no hub, no file after this one comes either: wait, and go on by ourselves.
        if (code === 'DISK_FULL' || meaning.exit === 11 || meaning.exit === 12) throw error;
        problems.push({ name: target.name, code, message });
      }
    }
    const tried = new Set(wanted.map(({ name }) => name));
    for (const { name, sha256, size } of targets) {
      const refused = tried.has(name) ? undefined : outcomes?.refusalOf(name, sha256);
      if (refused === undefined) continue;
      problems.push({ name, ...refused });
      // Not tried again, but not forgotten either: the run is not whole while it is there.
      report.file({ name, state: 'refused', bytes: 0, bytesOverall: size, ...refused });
    }
    return problems.slice(0, 50);
  }

  async #bring(
    target: ReleaseTarget,
    chosen: Upstream,
    progress: ProgressSink,
    signal: AbortSignal,
  ): Promise<void> {
    const { updates, upstreams, publisher, backoff, reserveBytes, log } = this.#options;
    const name = plainName(target.name);
    if (updates.find(name)?.sha256 !== target.sha256) {
      await requireSpace(updates.folder, target.size, reserveBytes);
      const partial = this.#partialOf(target.sha256);
      const others = upstreams.filter((upstream) => upstream !== chosen);
      await fetchUpdate(target, [chosen, ...others], partial, {
        backoff,
        signal,
        log,
        onBytes: (bytes) => {
          progress.at('fetching', bytes);
        },
      });
      await updates.adopt(partial, {
        name,
        size: target.size,
        sha256: target.sha256,
        publishedAt: target.published,
      });
    }
    progress.ended('fetched');
    if (publisher === undefined) return;
    await publisher.publish(
      { name, sha256: target.sha256, file: updates.pathOf(name) },
      progress,
      signal,
    );
    progress.ended('published');
  }

  #partialOf(sha256: string): string {
    return path.join(this.#options.updates.folder, INTERNAL_FOLDER, `${sha256}${PARTIAL_SUFFIX}`);
  }

  /** Throw away what was begun and is no longer wanted. */
  async #sweep(signed: ReadonlySet<string>): Promise<void> {
    const folder = path.join(this.#options.updates.folder, INTERNAL_FOLDER);
    for (const name of await namesIn(folder)) {
      // Uploads that wait for a decision lie in a folder there.
      if (name.endsWith(PARTIAL_SUFFIX) && !signed.has(name.slice(0, -PARTIAL_SUFFIX.length)))
        await rm(path.join(folder, name), { force: true });
    }
  }

  #report(): BranchReport {
    const { release, state, problems, lacking } = this.#state;
    return { release, state, problems, lacking: lacking && [...lacking] };
  }

  async #checkIn(upstream: Upstream): Promise<void> {
    await upstream.checkIn(this.#report());
    this.#known.set(upstream, this.#options.clock.now());
  }

  /** An unchanged poll costs one small request: only news are told, and now and then that there are none. */
  async #tellNews(upstream: Upstream, before: PullState): Promise<void> {
    const age = Math.abs(this.#options.clock.now() - (this.#known.get(upstream) ?? 0));
    if (sameReport(before, this.#state) && age < tellEveryMs) return;
    // A hub that does not hear us now hears us after the next run: the pull itself has succeeded.
    try {
      await this.#checkIn(upstream);
    } catch (error) {
      const { code, message } = asBranchlineError(error);
      this.#options.log.warn(
        { peer: upstream.peer, code, reason: message },
        'hub not told how things stand',
      );
      this.#known.delete(upstream);
    }
  }
}

const isAboutRelease = (code: ErrorCode): boolean =>
  code.startsWith('RELEASE_') || code === 'CLOCK_WRONG';

const namesIn = async (folder: string): Promise<string[]> => (await ifThere(readdir(folder))) ?? [];

/** What is signed and not here, or here and not yet in the trees; what was refused is not tried again. */
function isNews(
  target: ReleaseTarget,
  here: UpdateRecord | undefined,
  chosen: Upstream,
  outcomes: Outcomes | undefined,
): boolean {
  if (here?.sha256 === target.sha256)
    return outcomes?.isPending(target.name, target.sha256) ?? false;
  // A secondary that lags behind the primary must not bring old bytes back.
  return (
    chosen.peer === 'primary' || here?.origin !== 'upstream' || target.published >= here.publishedAt
  );
}

/** Updates is one flat folder: a name with a slash in it is nobody's mistake. */
function plainName(name: string): string {
  const safe = safeName(name);
  if (safe === name && !name.includes('/')) return name;
  throw new BranchlineError(
    'RELEASE_MALFORMED',
    `the hub signed ${JSON.stringify(name)}, which is not a plain file name`,
  );
}

function sameReport(a: PullState, b: PullState): boolean {
  return (
    a.release === b.release &&
    a.state === b.state &&
    a.upstream === b.upstream &&
    sameProblems(a, b)
  );
}

function sameProblems(a: PullState, b: PullState): boolean {
  return (
    a.problems.length === b.problems.length &&
    a.problems.every(
      ({ name, code }, at) => b.problems[at]?.name === name && b.problems[at]?.code === code,
    )
  );
}
