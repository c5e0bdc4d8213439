import { createPrivateKey, sign } from 'node:crypto';
import { canonicalize } from '@tufjs/canonical-json';
import { Metadata, MetadataKind, Root, Signature, Targets } from '@tufjs/models';
import { asBranchlineError } from '#libs/errors';
import {
  isJsonObject,
  openFile,
  requireCommon,
  type FileInfo,
  type Json,
} from './read-metadata.ts';
import { requireDigest, sha256Of } from './digest.ts';
import { refusal } from './refusal.ts';
import { requireTarget, type ReleaseTarget } from './release-target.ts';
import { requireSignatures } from './require-signatures.ts';
import { SPEC_VERSION } from './spec-version.ts';

/** A private key and the id under which the root knows it. */
export interface Signer {
  readonly keyId: string;
  /** PKCS #8. */
  readonly pem: string;
}

export interface SignTargets {
  readonly targets: readonly ReleaseTarget[];
  readonly version: number;
  readonly expires: string;
  readonly signers: readonly Signer[];
}

export interface OpenTargets {
  readonly bytes: Uint8Array;
  /** The signed part of the root that is trusted. */
  readonly root: Json;
  /** What the snapshot says about these bytes; without it (bytes that were checked before) only the signature is. */
  readonly expected?: FileInfo | undefined;
  /** The file's name, for messages. */
  readonly where: string;
}

export interface OpenedTargets {
  readonly version: number;
  readonly expires: string;
  /** Of the file, lower-case hex. */
  readonly sha256: string;
  readonly targets: ReleaseTarget[];
}

/** The targets role as it stands in its file. The library's own reading and writing of it take quadratic time. */
class WholeTargets extends Targets {
  readonly #json: Json;

  constructor(json: Json, version: number, expires: string) {
    super({ version, expires, specVersion: SPEC_VERSION });
    this.#json = json;
  }

  override toJSON(): Json {
    return this.#json;
  }
}

/** Blocks for as long as it takes: some 5 µs for each target. */
export function signTargetsFile({ targets, version, expires, signers }: SignTargets): Buffer {
  const signed = {
    _type: MetadataKind.Targets,
    spec_version: SPEC_VERSION,
    version,
    expires,
    targets: Object.fromEntries(
      targets.map(({ name, size, sha256, published }) => [
        name,
        { length: size, hashes: { sha256 }, custom: { published } },
      ]),
    ),
  };
  const message = Buffer.from(canonicalize(signed));
  const signatures = signers.map(({ keyId, pem }) => ({
    keyid: keyId,
    sig: sign(undefined, message, createPrivateKey(pem)).toString('hex'),
  }));
  return Buffer.from(JSON.stringify({ signatures, signed }));
}

/**
 * Check bytes against what the snapshot says of them, then their signatures, and read them (TUF 1.0.34 § 5.6.2–5.6.4).
 * Blocks for as long as it takes. Whether they have expired is for the caller to see.
 * @throws BranchlineError RELEASE_MIXED, RELEASE_MALFORMED, RELEASE_UNSIGNED, RELEASE_STRANGE_KEY.
 */
export function openTargetsFile({ bytes, root, expected, where }: OpenTargets): OpenedTargets {
  const sha256 = expected === undefined ? sha256Of(bytes) : requireDigest(bytes, expected, where);
  const { signatures, signed } = openFile(bytes, where);
  const { version, expires } = requireCommon(signed, where);
  if (signed['_type'] !== MetadataKind.Targets) {
    throw refusal('RELEASE_MALFORMED', where, 'is not a list of targets');
  }
  const whole = new WholeTargets(signed, version, expires);
  const signatureMap = Object.fromEntries(
    signatures.map(({ keyid, sig }) => [keyid, new Signature({ keyID: keyid, sig })]),
  );
  requireSignatures(Root.fromJSON(root), 'targets', new Metadata(whole, signatureMap), where);
  if (expected !== undefined && version !== expected.version) {
    throw refusal('RELEASE_MIXED', where, `is version ${version}`);
  }
  return { version, expires, sha256, targets: targetsIn(signed, where) };
}

function targetsIn(signed: Json, where: string): ReleaseTarget[] {
  const { targets, delegations } = signed;
  if (!isJsonObject(targets) || delegations !== undefined) {
    throw refusal('RELEASE_MALFORMED', where, 'has no targets of its own');
  }
  return Object.entries(targets).map(([name, entry]) => targetFrom(name, entry, where));
}

function targetFrom(name: string, entry: unknown, where: string): ReleaseTarget {
  const { length, hashes, custom } = isJsonObject(entry) ? entry : {};
  const sha256 = isJsonObject(hashes) ? hashes['sha256'] : undefined;
  const published = isJsonObject(custom) ? custom['published'] : undefined;
  if (typeof length !== 'number' || typeof sha256 !== 'string' || typeof published !== 'number') {
    throw refusal('RELEASE_MALFORMED', where, `does not describe ${JSON.stringify(name)}`);
  }
  const target = { name, size: length, sha256, published };
  try {
    requireTarget(target);
  } catch (error) {
    const { message } = asBranchlineError(error);
    throw refusal('RELEASE_MALFORMED', where, `has a target that cannot be: ${message}`, error);
  }
  return target;
}
