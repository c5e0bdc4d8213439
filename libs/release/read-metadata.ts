import { Metadata, MetadataKind, type MetaFile } from '@tufjs/models';
import type { Root, Signature, Snapshot, Timestamp } from '@tufjs/models';
import { refusal } from './refusal.ts';
import { isCount } from './release-target.ts';

/** More keys or signatures than that are not a release but an attempt to keep us busy. */
const MAX_KEYS = 64;
const KEY_ID = /^[0-9a-f]{64}$/;
const EXPIRES = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

export type Json = ReturnType<Metadata<Root>['toJSON']>;

/** A metadata file as parsed, each key's signature once: a repeated one must not count twice (TUF 1.0.34 § 4.2.1). */
export interface OpenedFile {
  readonly signatures: { readonly keyid: string; readonly sig: string }[];
  readonly signed: Json;
}

/** @throws BranchlineError RELEASE_MALFORMED. */
export function openFile(bytes: Uint8Array, where: string): OpenedFile {
  const json = parse(bytes, where);
  const { signatures, signed } = isJsonObject(json) ? json : {};
  if (!Array.isArray(signatures) || signatures.length > MAX_KEYS || !isJsonObject(signed)) {
    throw refusal('RELEASE_MALFORMED', where, 'is not signed metadata');
  }
  const once = new Map<string, string>();
  // Written by hand: this runs in a thread that starts anew each time, and a schema library takes longer to load than all the rest.
  for (const entry of signatures.toReversed()) {
    const { keyid, sig } = isJsonObject(entry) ? entry : {};
    if (typeof keyid !== 'string' || typeof sig !== 'string' || !KEY_ID.test(keyid)) {
      throw refusal('RELEASE_MALFORMED', where, 'has a signature without a proper key id');
    }
    once.set(keyid, sig);
  }
  return { signatures: [...once].map(([keyid, sig]) => ({ keyid, sig })), signed };
}

export function readRoot(bytes: Uint8Array, where: string): Metadata<Root> {
  const root = readAs(where, bytes, (json) => Metadata.fromJSON(MetadataKind.Root, json));
  const { roles, keys, consistentSnapshot } = root.signed;
  const ids = [...Object.keys(keys), ...Object.values(roles).flatMap(({ keyIDs }) => keyIDs)];
  if (ids.length > 5 * MAX_KEYS || !ids.every((id) => KEY_ID.test(id))) {
    throw refusal('RELEASE_MALFORMED', where, 'has keys without proper ids, or too many');
  }
  if (!Object.values(roles).every(({ threshold }) => isCount(threshold) && threshold > 0)) {
    throw refusal('RELEASE_MALFORMED', where, 'does not say how many signatures are needed');
  }
  if (!consistentSnapshot) {
    throw refusal('RELEASE_MALFORMED', where, 'is not made for consistent snapshots');
  }
  return root;
}

export function readTimestamp(bytes: Uint8Array, where: string): Metadata<Timestamp> {
  const timestamp = readAs(where, bytes, (json) => Metadata.fromJSON(MetadataKind.Timestamp, json));
  requireFileInfo(timestamp.signed.snapshotMeta, where);
  return timestamp;
}

export function readSnapshot(bytes: Uint8Array, where: string): Metadata<Snapshot> {
  const snapshot = readAs(where, bytes, (json) => Metadata.fromJSON(MetadataKind.Snapshot, json));
  for (const info of Object.values(snapshot.signed.meta)) requireFileInfo(info, where);
  return snapshot;
}

/** What a file says about the next one. This profile always gives length and SHA-256. */
export interface FileInfo {
  readonly version: number;
  readonly length: number;
  readonly sha256: string;
}

/** @throws BranchlineError RELEASE_MALFORMED. */
export function requireFileInfo(meta: MetaFile | undefined, where: string): FileInfo {
  const sha256 = meta?.hashes?.['sha256'];
  if (
    meta === undefined ||
    sha256 === undefined ||
    !isCount(meta.length) ||
    !isVersion(meta.version)
  ) {
    throw refusal(
      'RELEASE_MALFORMED',
      where,
      'does not give version, length and SHA-256 of the next file',
    );
  }
  return { version: meta.version, length: meta.length, sha256 };
}

/** What all roles have in common. @throws BranchlineError RELEASE_MALFORMED. */
export function requireCommon(
  { version, expires }: { version?: unknown; expires?: unknown },
  where: string,
): { version: number; expires: string } {
  if (!isVersion(version)) throw refusal('RELEASE_MALFORMED', where, 'has no proper version');
  if (typeof expires === 'string' && EXPIRES.test(expires) && !Number.isNaN(Date.parse(expires))) {
    return { version, expires };
  }
  throw refusal('RELEASE_MALFORMED', where, 'has no proper date of expiry');
}

function readAs<
  T extends { signed: Root | Timestamp | Snapshot; signatures: Record<string, Signature> },
>(where: string, bytes: Uint8Array, read: (json: Json) => T): T {
  const { signatures, signed } = openFile(bytes, where);
  let metadata: T;
  try {
    metadata = read({ signatures, signed });
  } catch (error) {
    throw refusal('RELEASE_MALFORMED', where, 'is not the metadata it should be', error);
  }
  requireCommon(metadata.signed, where);
  return metadata;
}

function parse(bytes: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw refusal('RELEASE_MALFORMED', where, 'is not JSON', error);
  }
}

export function isJsonObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isVersion(value: unknown): value is number {
  return isCount(value) && value > 0;
}
