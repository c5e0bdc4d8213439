import type { Root } from '@tufjs/models';
import { BranchlineError } from '#libs/errors';
import type { ReleaseBounds } from './bounds.ts';
import { requireDigest } from './digest.ts';
import { nameOf, TIMESTAMP } from './metadata-folder.ts';
import {
  readRoot,
  readSnapshot,
  readTimestamp,
  requireFileInfo,
  type FileInfo,
} from './read-metadata.ts';
import { refusal } from './refusal.ts';
import { requireSignatures } from './require-signatures.ts';
import type { OpenedTargets } from './targets-file.ts';
import { openTargets } from './targets-work.ts';
import type { Trusted, TrustedFiles } from './trusted-files.ts';
import { requireFresh, type UpdateTime } from './update-time.ts';

/**
 * Gets a metadata file from the hub: its bytes, or undefined when the hub has none of that name. Stops with
 * RELEASE_ENDLESS after `maxBytes`; its failures pass through.
 */
export type FetchMetadata = (name: string, maxBytes: number) => Promise<Buffer | undefined>;

export interface UpdateOptions {
  readonly trusted: Trusted;
  readonly files: TrustedFiles;
  readonly bounds: ReleaseBounds;
  readonly time: UpdateTime;
  readonly fetch: FetchMetadata;
  /** Told after each step, which is on the disk then. */
  readonly onStep: (trusted: Trusted) => void;
}

/** One walk from the trusted root to the newest targets. The numbers are the sections of TUF 1.0.34 § 5. */
export class ReleaseUpdate {
  readonly #options: UpdateOptions;
  #trusted: Trusted;

  constructor(options: UpdateOptions) {
    this.#options = options;
    this.#trusted = options.trusted;
  }

  /** @throws BranchlineError as `TrustedRelease.refresh` says. */
  async run(): Promise<OpenedTargets> {
    const unchanged = await this.#unchanged();
    if (unchanged !== undefined) return unchanged;
    await this.#updateRoot();
    const snapshotInfo = await this.#updateTimestamp();
    const targetsInfo = await this.#updateSnapshot(snapshotInfo);
    return await this.#updateTargets(targetsInfo);
  }

  /**
   * What is trusted already, when the hub's timestamp is byte for byte the trusted one and nothing has expired: it
   * cannot say anything new then. A hub signs a new timestamp with each new root, so none is overlooked for longer than
   * a replayed timestamp could hide it anyway.
   */
  async #unchanged(): Promise<OpenedTargets | undefined> {
    const { root, timestamp, snapshot, targets } = this.#trusted;
    if (timestamp === undefined || snapshot === undefined || targets === undefined)
      return undefined;
    const { snapshotMeta } = timestamp.signed;
    const targetsMeta = snapshot.signed.meta['targets.json'];
    const whole =
      requireFileInfo(snapshotMeta, TIMESTAMP).sha256 === snapshot.sha256 &&
      requireFileInfo(targetsMeta, 'snapshot.json').sha256 === targets.sha256;
    const expiries = [root, timestamp.signed, snapshot.signed, targets].map((part) =>
      Date.parse(part.expires),
    );
    if (!whole || Math.min(...expiries) <= this.#options.time.start) return undefined;
    const bytes = await this.#need(TIMESTAMP, this.#options.bounds.timestamp);
    return bytes.equals(timestamp.bytes) ? targets : undefined;
  }

  /** § 5.3: one root after the other, each signed by the one before it and by itself. */
  async #updateRoot(): Promise<void> {
    const { bounds, files, time } = this.#options;
    for (let rotation = 0; rotation < bounds.rootRotations; rotation += 1) {
      const { root } = this.#trusted;
      const version = root.version + 1;
      const name = nameOf('root', version);
      const bytes = await this.#get(name, bounds.root);
      if (bytes === undefined) break;
      const next = readRoot(bytes, name);
      requireSignatures(root, 'root', next, name);
      requireSignatures(next.signed, 'root', next, name);
      if (next.signed.version !== version) {
        throw refusal(
          'RELEASE_ROLLED_BACK',
          name,
          `says that it is version ${next.signed.version}`,
        );
      }
      const keep =
        sameKeys(root, next.signed, 'timestamp') && sameKeys(root, next.signed, 'snapshot');
      // § 5.3.11, before the root counts: a crash in between must not leave the versions of a thief behind.
      if (!keep) await files.remove(['timestamp', 'snapshot']);
      await files.write('root', bytes);
      this.#step({
        root: next.signed,
        ...(keep ? {} : { timestamp: undefined, snapshot: undefined }),
      });
    }
    requireFresh(this.#trusted.root.expires, time, nameOf('root', this.#trusted.root.version));
  }

  /** § 5.4. Returns what the timestamp says about the snapshot. */
  async #updateTimestamp(): Promise<FileInfo> {
    const { bounds, files, time } = this.#options;
    const { root, timestamp: trusted } = this.#trusted;
    const bytes = await this.#need(TIMESTAMP, bounds.timestamp);
    const metadata = readTimestamp(bytes, TIMESTAMP);
    requireSignatures(root, 'timestamp', metadata, TIMESTAMP);
    const offered = metadata.signed;
    requireNotOlder(offered.version, trusted?.signed.version, TIMESTAMP);
    // The same version again says nothing new, whatever is in it (§ 5.4.3.1).
    const same = trusted?.signed.version === offered.version;
    const timestamp = same ? trusted.signed : offered;
    const info = requireFileInfo(timestamp.snapshotMeta, TIMESTAMP);
    requireNotOlder(info.version, trusted?.signed.snapshotMeta.version, 'its snapshot');
    requireFresh(timestamp.expires, time, TIMESTAMP);
    if (!same) {
      await files.write('timestamp', bytes);
      this.#step({ timestamp: { signed: offered, bytes } });
    }
    return info;
  }

  /** § 5.5. Returns what the snapshot says about the targets. */
  async #updateSnapshot(info: FileInfo): Promise<FileInfo> {
    const { bounds, files, time } = this.#options;
    const { root, snapshot: trusted } = this.#trusted;
    const name = nameOf('snapshot', info.version);
    if (trusted?.sha256 === info.sha256) {
      requireFresh(trusted.signed.expires, time, name);
      return requireFileInfo(trusted.signed.meta['targets.json'], name);
    }
    const bytes = await this.#needExactly(name, info, bounds.snapshot);
    const sha256 = requireDigest(bytes, info, name);
    const metadata = readSnapshot(bytes, name);
    requireSignatures(root, 'snapshot', metadata, name);
    const { signed } = metadata;
    if (signed.version !== info.version) {
      throw refusal('RELEASE_MIXED', name, `says that it is version ${signed.version}`);
    }
    for (const [file, { version }] of Object.entries(trusted?.signed.meta ?? {})) {
      requireNotOlder(signed.meta[file]?.version ?? 0, version, `its ${file}`);
    }
    const targetsInfo = requireFileInfo(signed.meta['targets.json'], name);
    requireFresh(signed.expires, time, name);
    await files.write('snapshot', bytes);
    this.#step({ snapshot: { signed, sha256 } });
    return targetsInfo;
  }

  /** § 5.6, without delegations. */
  async #updateTargets(info: FileInfo): Promise<OpenedTargets> {
    const { bounds, files, time } = this.#options;
    const { root, targets: trusted } = this.#trusted;
    const where = nameOf('targets', info.version);
    if (trusted?.sha256 === info.sha256) {
      requireFresh(trusted.expires, time, where);
      return trusted;
    }
    const bytes = await this.#needExactly(where, info, bounds.targets);
    const targets = await openTargets({ bytes, root: root.toJSON(), expected: info, where });
    requireFresh(targets.expires, time, where);
    await files.write('targets', bytes);
    this.#step({ targets });
    return targets;
  }

  #step(change: Partial<Trusted>): void {
    this.#trusted = { ...this.#trusted, ...change };
    this.#options.onStep(this.#trusted);
  }

  async #get(name: string, maxBytes: number): Promise<Buffer | undefined> {
    const bytes = await this.#options.fetch(name, maxBytes);
    if (bytes !== undefined) requireLength(bytes, maxBytes, name);
    return bytes;
  }

  async #need(name: string, maxBytes: number): Promise<Buffer> {
    const bytes = await this.#get(name, maxBytes);
    if (bytes !== undefined) return bytes;
    throw new BranchlineError(
      'PEER_LACKS_FILE',
      `the hub has no ${name}, which it should: see whether it has signed a release, and its log`,
    );
  }

  /** Of a file whose length is signed, not a byte more is asked for. */
  #needExactly(name: string, { length }: FileInfo, maxBytes: number): Promise<Buffer> {
    if (length <= maxBytes) return this.#need(name, length);
    throw refusal('RELEASE_ENDLESS', name, `has ${length} bytes, and ${maxBytes} are read at most`);
  }
}

/** @throws BranchlineError RELEASE_ENDLESS. */
export function requireLength(bytes: Buffer, maxBytes: number, where: string): void {
  if (bytes.length <= maxBytes) return;
  throw refusal('RELEASE_ENDLESS', where, `is longer than ${maxBytes} bytes`);
}

function requireNotOlder(offered: number, trusted: number | undefined, where: string): void {
  if (trusted === undefined || offered >= trusted) return;
  throw refusal('RELEASE_ROLLED_BACK', where, `is version ${offered} after version ${trusted}`);
}

function sameKeys(a: Root, b: Root, role: 'timestamp' | 'snapshot'): boolean {
  const [before, after] = [a, b].map((root) => root.roles[role]?.keyIDs.toSorted().join());
  return before === after;
}
