import { BranchlineError } from '#libs/errors';
import { systemClock, type Clock } from '#libs/lifecycle';
import { defaultBounds, type ReleaseBounds } from './bounds.ts';
import { InTurn } from './in-turn.ts';
import { readRoot } from './read-metadata.ts';
import { ReleaseUpdate, requireLength, type FetchMetadata } from './release-update.ts';
import type { ReleaseTarget } from './release-target.ts';
import { requireSignatures } from './require-signatures.ts';
import { TrustedFiles, type Trusted } from './trusted-files.ts';

/** A set of files that a hub has signed. */
export interface Release {
  readonly version: number;
  readonly targets: readonly ReleaseTarget[];
}

export interface TrustedReleaseOptions {
  readonly clock?: Clock;
  readonly bounds?: Partial<ReleaseBounds>;
}

/**
 * What a branch believes about a hub's release: it follows the client workflow of TUF 1.0.34 § 5 and nothing less. Each
 * step is on the disk before the next one, so that a crash takes back no protection.
 */
export class TrustedRelease {
  readonly #files: TrustedFiles;
  readonly #clock: Clock;
  readonly #bounds: ReleaseBounds;
  readonly #turn = new InTurn();
  #trusted: Trusted | undefined;

  private constructor(
    files: TrustedFiles,
    trusted: Trusted | undefined,
    options: TrustedReleaseOptions,
  ) {
    this.#files = files;
    this.#trusted = trusted;
    this.#clock = options.clock ?? systemClock;
    this.#bounds = { ...defaultBounds, ...options.bounds };
  }

  /** Load what `folder` says is trusted; nothing in it means that the hub was not joined yet. @throws BranchlineError RELEASE_MALFORMED. */
  static async open(folder: string, options: TrustedReleaseOptions = {}): Promise<TrustedRelease> {
    const files = new TrustedFiles(folder);
    return new TrustedRelease(files, await files.load(), options);
  }

  /**
   * Trust this root, which came with the join, and forget what was trusted before it.
   * @throws BranchlineError RELEASE_MALFORMED, RELEASE_UNSIGNED, RELEASE_STRANGE_KEY, RELEASE_ENDLESS; DISK_FULL, WRITE_FAILED.
   */
  trust(rootBytes: Buffer): Promise<void> {
    return this.#turn.run(async () => {
      const where = 'the root that came with the join';
      requireLength(rootBytes, this.#bounds.root, where);
      const root = readRoot(rootBytes, where);
      requireSignatures(root.signed, 'root', root, where);
      await this.#files.remove(['timestamp', 'snapshot', 'targets']);
      await this.#files.write('root', rootBytes);
      this.#trusted = {
        root: root.signed,
        timestamp: undefined,
        snapshot: undefined,
        targets: undefined,
      };
    });
  }

  /** The release verified last, expired or not; undefined before the first. */
  current(): Release | undefined {
    const targets = this.#trusted?.targets;
    return targets && { version: targets.version, targets: targets.targets };
  }

  /**
   * Ask the hub for its newest release. An unchanged one costs one request, for the timestamp. `hubTimeMs`, the hub's
   * clock where it is known, only improves the words of an error. After a failure `current` is what it was.
   * @throws BranchlineError NOT_JOINED without a root; RELEASE_ROLLED_BACK, RELEASE_FROZEN, RELEASE_MIXED, RELEASE_ENDLESS,
   * RELEASE_UNSIGNED, RELEASE_STRANGE_KEY, RELEASE_MALFORMED, CLOCK_WRONG; PEER_LACKS_FILE; DISK_FULL, WRITE_FAILED; what `fetch` throws.
   */
  refresh(fetch: FetchMetadata, hubTimeMs?: number): Promise<Release & { changed: boolean }> {
    return this.#turn.run(async () => {
      const before = this.#trusted;
      if (before === undefined) throw notJoined();
      const after = await new ReleaseUpdate({
        trusted: before,
        files: this.#files,
        bounds: this.#bounds,
        time: { start: this.#clock.now(), hub: hubTimeMs },
        fetch,
        onStep: (trusted) => {
          this.#trusted = trusted;
        },
      }).run();
      const changed = before.targets?.version !== after.version;
      return { changed, version: after.version, targets: after.targets };
    });
  }
}

function notJoined(): BranchlineError {
  return new BranchlineError(
    'NOT_JOINED',
    'there is no root of a hub to trust yet: join the hub with an invitation',
  );
}
