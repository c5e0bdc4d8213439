import {
  MetaFile,
  Metadata,
  MetadataKind,
  Root,
  Snapshot,
  Timestamp,
  type Key,
} from '@tufjs/models';
import { sha256Of } from './digest.ts';
import type { FileInfo } from './read-metadata.ts';
import { signatureBy, type ReleaseKey } from './release-keys.ts';
import { SPEC_VERSION } from './spec-version.ts';
import type { Signer } from './targets-file.ts';

interface Dated {
  readonly version: number;
  readonly expires: string;
}

/** What a root says: who may sign for each role. `Root` fits. */
export interface RootTerms {
  readonly keys: Readonly<Record<string, Key>>;
  readonly roles: Readonly<Record<string, RoleTerms>>;
}

export interface RoleTerms {
  readonly keyIDs: readonly string[];
  readonly threshold: number;
}

/** The terms of `root`, with each key given in place of those that its role has now; one signature is needed of it. */
export function withKeys(root: RootTerms, replacements: readonly ReleaseKey[]): RootTerms {
  const roles = { ...root.roles };
  const known = { ...root.keys };
  for (const { role, keyId, publicKey } of replacements) {
    roles[role] = { keyIDs: [keyId], threshold: 1 };
    known[keyId] = publicKey;
  }
  const named = new Set(Object.values(roles).flatMap(({ keyIDs }) => keyIDs));
  const keys = Object.fromEntries(Object.entries(known).filter(([id]) => named.has(id)));
  return { keys, roles };
}

export function signRoot(dated: Dated, terms: RootTerms, signers: readonly Signer[]): Buffer {
  const root = Root.fromJSON({
    _type: MetadataKind.Root,
    spec_version: SPEC_VERSION,
    version: dated.version,
    expires: dated.expires,
    consistent_snapshot: true,
    keys: Object.fromEntries(Object.entries(terms.keys).map(([id, key]) => [id, key.toJSON()])),
    roles: Object.fromEntries(
      Object.entries(terms.roles).map(([role, { keyIDs, threshold }]) => [
        role,
        { keyids: [...keyIDs], threshold },
      ]),
    ),
  });
  return signed(new Metadata(root), signers);
}

export function signSnapshot(dated: Dated, targets: FileInfo, signers: readonly Signer[]): Buffer {
  const meta = { 'targets.json': metaFile(targets) };
  return signed(new Metadata(new Snapshot({ ...dated, specVersion: SPEC_VERSION, meta })), signers);
}

export function signTimestamp(
  dated: Dated,
  snapshot: FileInfo,
  signers: readonly Signer[],
): Buffer {
  const snapshotMeta = metaFile(snapshot);
  const timestamp = new Timestamp({ ...dated, specVersion: SPEC_VERSION, snapshotMeta });
  return signed(new Metadata(timestamp), signers);
}

export function infoOf(version: number, bytes: Buffer): FileInfo {
  return { version, length: bytes.length, sha256: sha256Of(bytes) };
}

function metaFile({ version, length, sha256 }: FileInfo): MetaFile {
  return new MetaFile({ version, length, hashes: { sha256 } });
}

function signed(
  metadata: Metadata<Root | Snapshot | Timestamp>,
  signers: readonly Signer[],
): Buffer {
  for (const signer of signers) metadata.sign(signatureBy(signer));
  return Buffer.from(JSON.stringify(metadata.toJSON()));
}
