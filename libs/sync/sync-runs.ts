import { randomUUID } from 'node:crypto';
import { asBranchlineError, type ErrorCode } from '#libs/errors';
import type { RunRecord, RunsTable } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import { syncJobs, type Logger, type SyncJob } from '#libs/observe';

export type FileState =
  | 'pending'
  | 'fetching'
  | 'fetched'
  | 'publishing'
  | 'published'
  | 'sending'
  | 'sent'
  | 'refused'
  | 'failed';

/** One file of a run, as people and programs follow it. Sizes in bytes. */
export interface FileProgress {
  /** The job it belongs to: an update and a backup may bear the same name. */
  readonly what: SyncJob;
  readonly name: string;
  readonly state: FileState;
  readonly bytes: number;
  readonly bytesOverall: number;
  readonly code?: ErrorCode;
  readonly message?: string;
}

export type RunState = 'running' | 'done' | 'partly-done' | 'failed';

/** A sync run. Times are Unix milliseconds. */
export interface Run {
  readonly id: string;
  readonly what: SyncJob | 'all';
  readonly state: RunState;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly files: readonly FileProgress[];
  readonly code?: ErrorCode;
  readonly message?: string;
}

/** What a job uses to say how far it is. */
export interface RunReporter {
  file(progress: Omit<FileProgress, 'what'>): void;
}

/** One kind of work; resolves when all it can do is done, throws when it could not. */
export type Job = (report: RunReporter, signal: AbortSignal, options: JobOptions) => Promise<void>;

export interface JobOptions {
  /** True when a person asks: circuit breakers and waiting times do not count. */
  readonly byHand: boolean;
}

export interface SyncRunsOptions {
  readonly jobs: Partial<Record<SyncJob, Job>>;
  readonly table: RunsTable;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Finished runs that can still be asked for. */
const kept = 50;
/** Failed runs that are counted. */
const maxFailures = 20;
/** Files listed in one run: a bound on memory and answers. */
const maxFiles = 2_000;

/** Runs sync jobs, one run at a time: who asks while one is on gets that one. */
export class SyncRuns {
  readonly #options: SyncRunsOptions;
  readonly #runs = new Map<string, MutableRun>();
  readonly #listeners = new Set<(run: Run) => void>();
  readonly #stopped = new AbortController();
  #current: { run: MutableRun; ended: Promise<Run> } | undefined;
  /** What to run once the run that is on has ended. */
  #next: SyncJob | 'all' | undefined;

  constructor(options: SyncRunsOptions) {
    this.#options = options;
  }

  /** What can be synced here. */
  get jobs(): readonly SyncJob[] {
    return this.#jobsOf('all').map(([name]) => name);
  }

  has(what: SyncJob): boolean {
    return this.#options.jobs[what] !== undefined;
  }

  /** Start a run, or join the one that is on. */
  start(what: SyncJob | 'all' = 'all', options: JobOptions = { byHand: false }): Run {
    if (this.#current !== undefined) return snapshot(this.#current.run);
    const run: MutableRun = {
      id: randomUUID(),
      what,
      state: 'running',
      startedAt: this.#options.clock.now(),
      files: new Map(),
    };
    this.#runs.set(run.id, run);
    for (const id of [...this.#runs.keys()].slice(0, -kept)) this.#runs.delete(id);
    this.#save(run);
    this.#current = { run, ended: this.#work(run, options) };
    return snapshot(run);
  }

  /** Something new is there: start a run, or one more after the one that is on, which may have passed it by. */
  startAfresh(what: SyncJob | 'all'): void {
    if (this.#current === undefined) this.start(what);
    else this.#next = what;
  }

  /** The run that is on, else undefined. */
  current(): Run | undefined {
    return this.#current && snapshot(this.#current.run);
  }

  run(id: string): Run | undefined {
    const run = this.#runs.get(id);
    return run && snapshot(run);
  }

  /** Newest first, finished ones included, also those that a full disk kept from being recorded. */
  recent(limit: number): RunRecord[] {
    const own = [...this.#runs.values()].map(recordOf).reverse();
    const earlier = this.#options.table.recent(limit).filter(({ id }) => !this.#runs.has(id));
    return [...own, ...earlier].slice(0, limit);
  }

  /** Runs that failed one after the other, up to the last that ended; one that a stop cut short is neither. */
  failures(): number {
    const ended = this.recent(maxFailures).filter(
      ({ endedAt, code }) => endedAt !== undefined && code !== 'INTERRUPTED',
    );
    const good = ended.findIndex(({ state }) => state !== 'failed');
    return good < 0 ? ended.length : good;
  }

  /** Told at every change of a run. Returns the function that ends it. */
  subscribe(listener: (run: Run) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the run that is on has ended, at once when none is. */
  async settled(): Promise<void> {
    await this.#current?.ended;
  }

  /** End the run that is on; what it has fetched so far is kept. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.settled();
  }

  async #work(run: MutableRun, options: JobOptions): Promise<Run> {
    // The caller gets its answer before the first step.
    await Promise.resolve();
    try {
      await this.#workAll(run, options);
      this.#end(run, outcomeOf(run));
    } catch (error) {
      const known = this.#stopped.signal.aborted
        ? {
            code: 'INTERRUPTED' as const,
            message: 'the server is being stopped; the next start goes on',
          }
        : asBranchlineError(error);
      this.#end(run, { state: 'failed', code: known.code, message: known.message });
    }
    this.#current = undefined;
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined && !this.#stopped.signal.aborted) this.start(next);
    return snapshot(run);
  }

  /** One job that fails keeps no other from its work; the first failure is thrown when all have ended. */
  async #workAll(run: MutableRun, options: JobOptions): Promise<void> {
    const { signal } = this.#stopped;
    let failure: { readonly error: unknown } | undefined;
    for (const [what, job] of this.#jobsOf(run.what)) {
      signal.throwIfAborted();
      try {
        await job(this.#reporter(run, what), signal, options);
      } catch (error) {
        signal.throwIfAborted();
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }

  #reporter(run: MutableRun, what: SyncJob): RunReporter {
    return {
      file: (progress) => {
        const key = `${what} ${progress.name}`;
        if (run.files.size < maxFiles || run.files.has(key)) {
          run.files.set(key, { what, ...progress });
        }
        this.#tell(run);
      },
    };
  }

  #jobsOf(what: SyncJob | 'all'): [SyncJob, Job][] {
    const { jobs } = this.#options;
    return syncJobs
      .filter((name) => what === 'all' || what === name)
      .flatMap((name) => {
        const job = jobs[name];
        return job === undefined ? [] : [[name, job]];
      });
  }

  #end(run: MutableRun, outcome: Outcome): void {
    Object.assign(run, outcome, { endedAt: this.#options.clock.now() });
    this.#save(run);
    const { id, what, state, code, message, startedAt, endedAt = startedAt } = run;
    const facts = {
      run: id,
      what,
      state,
      code,
      reason: message,
      files: run.files.size,
      ms: endedAt - startedAt,
    };
    if (state === 'done') this.#options.log.info(facts, 'sync run ended');
    else this.#options.log.warn(facts, 'sync run ended');
    this.#tell(run);
  }

  #save(run: MutableRun): void {
    try {
      this.#options.table.save(recordOf(run));
    } catch (error) {
      // A full disk under the journal must not keep the run from being told.
      this.#options.log.error({ err: error, run: run.id }, 'run not recorded');
    }
  }

  #tell(run: MutableRun): void {
    const now = snapshot(run);
    for (const listener of this.#listeners) listener(now);
  }
}

interface Outcome {
  state: RunState;
  code?: ErrorCode;
  message?: string;
}

interface MutableRun extends Outcome {
  readonly id: string;
  readonly what: SyncJob | 'all';
  readonly startedAt: number;
  endedAt?: number;
  readonly files: Map<string, FileProgress>;
}

const recordOf = (run: MutableRun): RunRecord => {
  const { id, what, state, startedAt, endedAt, code, message } = run;
  return { id, what, state, startedAt, endedAt, code, message };
};

function snapshot(run: MutableRun): Run {
  return { ...run, files: [...run.files.values()] };
}

function outcomeOf(run: MutableRun): Outcome {
  const bad = [...run.files.values()].filter(
    ({ state }) => state === 'refused' || state === 'failed',
  );
  const [first] = bad;
  if (first === undefined) return { state: 'done' };
  return {
    state: 'partly-done',
    code: 'PARTLY_DONE',
    message: `${bad.length} of ${run.files.size} files were not taken; the first is ${first.name}: ${first.message ?? first.state}`,
  };
}
