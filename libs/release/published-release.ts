import type { Metadata, Root, Snapshot, Timestamp } from '@tufjs/models';
import { nameOf, TIMESTAMP, type MetadataFolder } from './metadata-folder.ts';
import { readSnapshot, readTimestamp, requireFileInfo, type FileInfo } from './read-metadata.ts';
import { inOrder, type ReleaseTarget } from './release-target.ts';
import { requireSignatures } from './require-signatures.ts';
import { openTargets } from './targets-work.ts';

/** A signed file as it was published; `expires` in Unix milliseconds, 0 when its signature does not count any more. */
export interface Signed {
  readonly info: FileInfo;
  readonly expires: number;
}

/** What branches see at a hub. */
export interface PublishedRelease {
  readonly targets: Signed & { readonly list: readonly ReleaseTarget[] };
  readonly snapshot: Signed;
  readonly timestamp: { readonly version: number; readonly expires: number };
}

/**
 * Read the release that the timestamp names, or undefined when nothing was ever published.
 * @throws BranchlineError RELEASE_MALFORMED, RELEASE_MIXED and the like when files are missing or damaged.
 */
export async function loadPublished(
  files: MetadataFolder,
  root: Root,
): Promise<PublishedRelease | undefined> {
  const bytes = await files.read(TIMESTAMP);
  if (bytes === undefined) return undefined;
  const timestamp = readTimestamp(bytes, TIMESTAMP);
  const info = requireFileInfo(timestamp.signed.snapshotMeta, TIMESTAMP);
  const name = nameOf('snapshot', info.version);
  const snapshotBytes = await files.need(name);
  const snapshot = readSnapshot(snapshotBytes, name);
  const expected = requireFileInfo(snapshot.signed.meta['targets.json'], name);
  const where = nameOf('targets', expected.version);
  const targetsBytes = await files.need(where);
  const order = { bytes: targetsBytes, root: root.toJSON(), expected, where };
  const opened = await openTargets(order);
  files.keepAtHand(TIMESTAMP, bytes);
  files.keepAtHand(name, snapshotBytes);
  files.keepAtHand(where, targetsBytes);
  return {
    targets: {
      info: expected,
      expires: Date.parse(opened.expires),
      list: await inOrder(opened.targets),
    },
    snapshot: { info, expires: expiryOf(root, 'snapshot', snapshot) },
    timestamp: {
      version: timestamp.signed.version,
      expires: expiryOf(root, 'timestamp', timestamp),
    },
  };
}

/** After a crash between a new root and what its new keys have to sign, the old signatures are as good as expired. */
function expiryOf(
  root: Root,
  role: 'snapshot' | 'timestamp',
  metadata: Metadata<Snapshot | Timestamp>,
): number {
  try {
    requireSignatures(root, role, metadata, role);
    return Date.parse(metadata.signed.expires);
  } catch {
    return 0;
  }
}
