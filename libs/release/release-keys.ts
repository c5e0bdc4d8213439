import { createHash, createPrivateKey, createPublicKey, generateKeyPair, sign } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { canonicalize } from '@tufjs/canonical-json';
import { Key, Signature } from '@tufjs/models';
import { BranchlineError } from '#libs/errors';
import { ifThere, writeDurably, writeFolderOnce } from '#libs/files';
import { roleNames, type RoleName } from './role-name.ts';
import type { RoleTerms } from './sign-metadata.ts';
import type { Signer } from './targets-file.ts';

const FILE = /^(root|targets|snapshot|timestamp)\.([0-9a-f]{16})\.pem$/;

/** One private key with the role it was made for. */
export interface ReleaseKey extends Signer {
  readonly role: RoleName;
  readonly publicKey: Key;
}

/**
 * The private keys of a release, one PEM file each (`targets.0123456789abcdef.pem`: role and start of the key's id).
 * Those of root and targets may be moved away: then nothing new can be published from here, and nobody who steals the
 * hub can do it either, while what is published stays fresh.
 */
export class ReleaseKeys {
  readonly folder: string;
  readonly #keys: Map<string, ReleaseKey>;

  private constructor(folder: string, keys: readonly ReleaseKey[]) {
    this.folder = folder;
    this.#keys = new Map(keys.map((key) => [key.keyId, key]));
  }

  /**
   * Load the keys in `folder`, or make one for each role when the folder is missing or empty. What was moved away
   * later is never made again.
   * @throws BranchlineError RELEASE_KEY_MISSING when a file cannot be read; DISK_FULL, WRITE_FAILED.
   */
  static async open(folder: string): Promise<ReleaseKeys> {
    const found = await loadAll(folder);
    if (found !== undefined) return new ReleaseKeys(folder, found);
    const made = await Promise.all(roleNames.map((role) => newKey(role)));
    await writeFolderOnce(
      folder,
      Object.fromEntries(made.map((key) => [fileOf(key), { bytes: key.pem, mode: 0o600 }])),
    );
    return new ReleaseKeys(folder, (await loadAll(folder)) ?? []);
  }

  /** The keys made for a role, whether or not a root names them. */
  madeFor(role: RoleName): ReleaseKey[] {
    return [...this.#keys.values()].filter((key) => key.role === role);
  }

  /** True when enough of the keys that the root names for a role are here. */
  canSign(role: RoleTerms | undefined): boolean {
    return role !== undefined && this.#present(role).length >= role.threshold;
  }

  /** The keys that the root names for `role`. @throws BranchlineError RELEASE_KEY_MISSING when too few are here. */
  signersOf(role: RoleTerms | undefined, name: RoleName): readonly ReleaseKey[] {
    if (role !== undefined && this.canSign(role)) return this.#present(role);
    throw new BranchlineError(
      'RELEASE_KEY_MISSING',
      `the ${name} key is not in ${this.folder}: put it back for as long as it is needed, or sign where it is kept`,
    );
  }

  /** Make a new key for a role, beside the old one; it is used once a root names it. */
  async add(role: RoleName): Promise<ReleaseKey> {
    const key = await newKey(role);
    await writeDurably(path.join(this.folder, fileOf(key)), key.pem, { mode: 0o600 });
    this.#keys.set(key.keyId, key);
    return key;
  }

  #present(role: RoleTerms): ReleaseKey[] {
    return role.keyIDs.flatMap((id) => this.#keys.get(id) ?? []);
  }
}

/** Signs as `Metadata.sign` asks for it. */
export function signatureBy({ keyId, pem }: Signer): (message: Buffer) => Signature {
  const key = createPrivateKey(pem);
  return (message) =>
    new Signature({ keyID: keyId, sig: sign(undefined, message, key).toString('hex') });
}

async function newKey(role: RoleName): Promise<ReleaseKey> {
  const { privateKey } = await promisify(generateKeyPair)('ed25519');
  return keyFrom(role, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

/** @throws Error when it is no Ed25519 key. */
function keyFrom(role: RoleName, pem: string): ReleaseKey {
  const { x, crv } = createPublicKey(createPrivateKey(pem)).export({ format: 'jwk' });
  if (crv !== 'Ed25519' || x === undefined) throw new Error('it is not an Ed25519 key');
  const keyVal = { public: Buffer.from(x, 'base64url').toString('hex') };
  const json = { keytype: 'ed25519', scheme: 'ed25519', keyval: keyVal };
  // TUF 1.0.34 § 4.2.1: a key's id is the digest of its canonical form.
  const keyId = createHash('sha256').update(canonicalize(json)).digest('hex');
  const publicKey = new Key({ keyID: keyId, keyType: 'ed25519', scheme: 'ed25519', keyVal });
  return { role, keyId, pem, publicKey };
}

const fileOf = ({ role, keyId }: ReleaseKey): string => `${role}.${keyId.slice(0, 16)}.pem`;

/** Undefined when there is no folder, or nothing in it. */
async function loadAll(folder: string): Promise<ReleaseKey[] | undefined> {
  const names = await namesIn(folder);
  if (names.length === 0) return undefined;
  const keys: ReleaseKey[] = [];
  for (const name of names) {
    const role = roleNames.find((candidate) => candidate === FILE.exec(name)?.[1]);
    if (role === undefined) continue;
    try {
      keys.push(keyFrom(role, await readFile(path.join(folder, name), 'utf8')));
    } catch (error) {
      throw new BranchlineError(
        'RELEASE_KEY_MISSING',
        `${path.join(folder, name)} is not a readable Ed25519 key: restore it from the backup`,
        { cause: error },
      );
    }
  }
  return keys;
}

const namesIn = async (folder: string): Promise<string[]> => (await ifThere(readdir(folder))) ?? [];
