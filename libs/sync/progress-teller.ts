import { asBranchlineError } from '#libs/errors';
import type { Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { Run, SyncRuns } from './sync-runs.ts';
import type { PullProgressReport, Upstream } from './upstream.ts';

export interface ProgressTellerOptions {
  readonly runs: Pick<SyncRuns, 'subscribe'>;
  /** The hub that the pull asks now; undefined before it has found one. */
  readonly upstream: () => Upstream | undefined;
  readonly log: Logger;
  /** A pull that is over before this is told by its check-in alone, in milliseconds. */
  readonly firstMs?: number;
}

/** After a refusal, or an older hub that has no such address, in milliseconds. */
const refusedMs = 3_600_000;
const failedMs = 30_000;

/** Tells the hub how far the pull is while it goes on, as often as the hub wants to hear it. */
export class ProgressTeller implements Service {
  readonly name = 'progress for the hub';
  readonly #options: ProgressTellerOptions;
  readonly #stopped = new AbortController();
  #unsubscribe: (() => void) | undefined;
  #run: Run | undefined;
  #timer: NodeJS.Timeout | undefined;
  #telling = false;
  #last: { readonly run: string; readonly at: number; readonly bytes: number } | undefined;
  #notBefore = -Infinity;

  constructor(options: ProgressTellerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.#options.runs.subscribe((run) => {
      this.#note(run);
    });
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#stopped.abort();
    this.#rest();
    await Promise.resolve();
  }

  #note(run: Run): void {
    if (run.state !== 'running') {
      this.#rest();
      return;
    }
    this.#run = run;
    if (this.#telling) return;
    this.#plan(this.#options.firstMs ?? 2_000);
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#run = undefined;
  }

  #plan(ms: number): void {
    const wait = Math.max(ms, this.#notBefore - performance.now());
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#tell();
    }, wait).unref();
  }

  async #tell(): Promise<void> {
    const upstream = this.#options.upstream();
    const progress = this.#run && this.#progressOf(this.#run);
    if (upstream === undefined || progress === undefined) return;
    this.#telling = true;
    let nextMs: number;
    try {
      nextMs = await upstream.tellProgress(progress, this.#stopped.signal);
    } catch (error) {
      const { code, message } = asBranchlineError(error);
      nextMs = code === 'PEER_REFUSED' || code === 'LINK_REQUEST_INVALID' ? refusedMs : failedMs;
      this.#options.log.debug(
        { code, reason: message },
        'the hub was not told how far the pull is',
      );
    }
    this.#telling = false;
    this.#notBefore = performance.now() + nextMs;
    if (this.#run !== undefined && !this.#stopped.signal.aborted) this.#plan(nextMs);
  }

  /** Undefined while there is nothing to bring. */
  #progressOf(run: Run): PullProgressReport | undefined {
    const files = run.files.filter(({ what, state }) => what === 'updates' && state !== 'refused');
    const moving = files.filter(({ state }) => state === 'fetching' || state === 'publishing');
    const waiting = files.filter(({ state }) => state === 'pending' || state === 'fetched');
    if (moving.length + waiting.length === 0) return undefined;
    const bytes = files.reduce((sum, file) => sum + bytesHere(file), 0);
    const now = performance.now();
    const since = this.#last?.run === run.id ? this.#last : undefined;
    this.#last = { run: run.id, at: now, bytes };
    return {
      file: moving[0]?.name ?? waiting[0]?.name,
      files: files.length,
      filesDone: files.length - moving.length - waiting.length,
      bytes,
      bytesOverall: files.reduce((sum, { bytesOverall }) => sum + bytesOverall, 0),
      bytesPerS:
        since && Math.max(0, Math.round(((bytes - since.bytes) * 1_000) / (now - since.at))),
    };
  }
}

/** What is being unpacked is here whole. */
const bytesHere = ({ state, bytes, bytesOverall }: Run['files'][number]): number =>
  state === 'fetching' || state === 'pending' ? bytes : bytesOverall;
