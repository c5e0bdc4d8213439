import type { ErrorCode } from '#libs/errors';
import type { ReleaseTarget } from '#libs/release';
import type { CircuitBreaker } from './circuit-breaker.ts';

/** The Guide's words for the two hubs that a branch may have (p. 38). */
export type PeerName = 'primary' | 'secondary';

/** What pulling needs of the link to one hub; libs/link provides it. */
export interface HubDownloads {
  /** Bytes of one file from offset `from`; ends after exactly `size - from` bytes or throws. */
  file(
    sha256: string,
    options: { readonly from: number; readonly size: number; readonly signal?: AbortSignal },
  ): AsyncIterable<Buffer>;
}

/** One hub as a branch sees it. */
export interface Upstream {
  readonly peer: PeerName;
  /** For people: host and port. */
  readonly address: string;
  readonly breaker: CircuitBreaker;
  readonly downloads: HubDownloads;
  /** Ask for the newest signed set. `changed` is false when the trusted one is still the newest. */
  refresh(
    signal: AbortSignal,
  ): Promise<{ changed: boolean; version: number; targets: readonly ReleaseTarget[] }>;
  /**
   * Tell the hub how things stand, and learn where it stands itself.
   * @throws BranchlineError LINK_CYCLE when this server is among the hubs above that hub.
   */
  checkIn(report: BranchReport): Promise<void>;
  /** How far the pull is. Returns in how many milliseconds the hub wants to hear it again. */
  tellProgress(progress: PullProgressReport, signal: AbortSignal): Promise<number>;
}

/** A pull that is going on; sizes in bytes. */
export interface PullProgressReport {
  /** What is fetched or unpacked now. */
  readonly file: string | undefined;
  readonly files: number;
  readonly filesDone: number;
  readonly bytes: number;
  readonly bytesOverall: number;
  readonly bytesPerS: number | undefined;
}

/** What a branch says about itself after a run. */
export interface BranchReport {
  readonly release: number | undefined;
  readonly state: 'in-sync' | 'pending' | 'error' | 'waiting-for-space';
  readonly problems: readonly {
    readonly name?: string;
    readonly code: ErrorCode;
    readonly message: string;
  }[];
  /** Updates of the release that are not there whole; undefined before the first pull. */
  readonly lacking: readonly string[] | undefined;
}

/** Those that have not failed lately; all when each has: leaving nobody to ask would help nobody. */
export function mayBeAsked<T extends Pick<Upstream, 'breaker'>>(
  upstreams: readonly T[],
): readonly T[] {
  const closed = upstreams.filter(({ breaker }) => breaker.closed);
  return closed.length > 0 ? closed : upstreams;
}
