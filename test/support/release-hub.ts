import { createHash, createPrivateKey, sign } from 'node:crypto';
import path from 'node:path';
import { canonicalize } from '@tufjs/canonical-json';
import {
  ReleaseKeys,
  ReleaseRepository,
  TrustedRelease,
  type FetchMetadata,
  type ReleaseTarget,
  type RepositoryOptions,
  type RoleName,
  type TrustedReleaseOptions,
} from '#libs/release';
import { tempTree } from './temp-tree.ts';

/** A clock that stands still until it is set. */
export class TestClock {
  #now: number;

  constructor(now = Date.UTC(2026, 10, 21, 12)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

export const target = (name: string, content = name): ReleaseTarget => ({
  name,
  size: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  published: 1_700_000_000_000,
});

/** The parsed metadata of TUF, loosely, so that tests can write into it what no library would. */
export interface Signed {
  signatures: { keyid: string; sig: string }[];
  signed: Record<string, unknown> & { version: number; expires: string };
}

export interface SigningKey {
  readonly keyId: string;
  readonly pem: string;
}

export const parse = (bytes: Buffer | undefined): Signed => {
  if (bytes === undefined) throw new Error('there is no such file');
  return JSON.parse(bytes.toString()) as Signed;
};

/** Sign anything with any keys: the thief's tool, and written apart from what it attacks. */
export function resign(signed: Signed['signed'], keys: readonly SigningKey[]): Buffer {
  const message = Buffer.from(canonicalize(signed));
  const signatures = keys.map(({ keyId, pem }) => ({
    keyid: keyId,
    sig: sign(undefined, message, createPrivateKey(pem)).toString('hex'),
  }));
  return Buffer.from(JSON.stringify({ signatures, signed }));
}

/** What one file says about the next. */
export const infoOf = (bytes: Buffer, version = parse(bytes).signed.version): object => ({
  version,
  length: bytes.length,
  hashes: { sha256: createHash('sha256').update(bytes).digest('hex') },
});

/** A real repository whose answers a test may replace, and the keys to sign its own. */
export class ReleaseHub {
  readonly clock: TestClock;
  readonly keys: ReleaseKeys;
  readonly repository: ReleaseRepository;
  readonly folder: string;
  /** Served in place of the repository's file; `undefined` is a 404. */
  readonly instead = new Map<string, Buffer | undefined>();
  /** Names that were asked for. */
  readonly asked: string[] = [];

  private constructor(
    clock: TestClock,
    keys: ReleaseKeys,
    repository: ReleaseRepository,
    folder: string,
  ) {
    this.clock = clock;
    this.keys = keys;
    this.repository = repository;
    this.folder = folder;
  }

  static async open(
    clock = new TestClock(),
    root?: string,
    options: RepositoryOptions = {},
  ): Promise<ReleaseHub> {
    const folder = root ?? (await tempTree());
    const keys = await ReleaseKeys.open(path.join(folder, 'keys'));
    const repository = await ReleaseRepository.open(path.join(folder, 'release'), keys, {
      clock,
      ...options,
    });
    return new ReleaseHub(clock, keys, repository, folder);
  }

  readonly fetch: FetchMetadata = async (name) => {
    this.asked.push(name);
    return this.instead.has(name) ? this.instead.get(name) : await this.repository.read(name);
  };

  keysOf(role: RoleName): readonly SigningKey[] {
    return this.keys.madeFor(role);
  }

  async file(name: string): Promise<Buffer> {
    const bytes = await this.repository.read(name);
    if (bytes === undefined) throw new Error(`the hub has no ${name}`);
    return bytes;
  }

  /** The newest metadata of a role, and the name it is served under. */
  async newest(role: RoleName): Promise<{ name: string; signed: Signed['signed'] }> {
    if (role === 'root') {
      const root = parse(this.repository.root());
      return { name: `${root.signed.version}.root.json`, signed: root.signed };
    }
    const timestamp = parse(await this.file('timestamp.json'));
    if (role === 'timestamp') return { name: 'timestamp.json', signed: timestamp.signed };
    const snapshotName = `${versionIn(timestamp, 'snapshot.json')}.snapshot.json`;
    const snapshot = parse(await this.file(snapshotName));
    if (role === 'snapshot') return { name: snapshotName, signed: snapshot.signed };
    const name = `${versionIn(snapshot, 'targets.json')}.targets.json`;
    return { name, signed: parse(await this.file(name)).signed };
  }

  /**
   * Serve other metadata of one role, and sign what names it again with the hub's own keys, as a thief of those keys
   * would: only what is wrong with that role itself is left to find.
   */
  async plant(role: Exclude<RoleName, 'root'>, bytes: Buffer, version?: number): Promise<void> {
    const timestamp = await this.newest('timestamp');
    const snapshot = await this.newest('snapshot');
    let timestampBytes = bytes;
    if (role !== 'timestamp') {
      let snapshotBytes = bytes;
      let snapshotVersion = version;
      if (role === 'targets') {
        const info = infoOf(bytes, version);
        this.instead.set(`${versionOf(info)}.targets.json`, bytes);
        snapshotVersion = snapshot.signed.version + 1;
        const meta = { 'targets.json': info };
        const signed = { ...snapshot.signed, version: snapshotVersion, meta };
        snapshotBytes = resign(signed, this.keysOf('snapshot'));
      }
      const info = infoOf(snapshotBytes, snapshotVersion);
      this.instead.set(`${versionOf(info)}.snapshot.json`, snapshotBytes);
      const meta = { 'snapshot.json': info };
      const signed = { ...timestamp.signed, version: timestamp.signed.version + 1, meta };
      timestampBytes = resign(signed, this.keysOf('timestamp'));
    }
    this.instead.set('timestamp.json', timestampBytes);
  }

  /** A branch that has joined this hub. */
  async branch(options: TrustedReleaseOptions = {}): Promise<TrustedRelease> {
    const release = await TrustedRelease.open(path.join(this.folder, 'branch'), {
      clock: this.clock,
      ...options,
    });
    await release.trust(this.repository.root());
    return release;
  }

  /** The same branch after a restart. */
  async reopened(options: TrustedReleaseOptions = {}): Promise<TrustedRelease> {
    return await TrustedRelease.open(path.join(this.folder, 'branch'), {
      clock: this.clock,
      ...options,
    });
  }
}

/** Keys that no root names. */
export async function strangerKeys(): Promise<ReleaseKeys> {
  return await ReleaseKeys.open(path.join(await tempTree(), 'keys'));
}

function versionIn({ signed }: Signed, file: string): number {
  return versionOf((signed['meta'] as Record<string, object>)[file] ?? {});
}

function versionOf(info: object): number {
  return 'version' in info && typeof info.version === 'number' ? info.version : 0;
}
