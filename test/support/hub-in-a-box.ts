import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { BackupStore } from '#libs/backups';
import { ContentStore } from '#libs/files';
import {
  Authority,
  createBranchRequest,
  createToken,
  dayMs,
  encodeJoinString,
  type BranchIdentity,
} from '#libs/identity';
import { HubPair, Journal, SqliteHubState, SqliteLedger } from '#libs/journal';
import { systemClock, type Clock } from '#libs/lifecycle';
import {
  HubClient,
  HubServer,
  joinHub,
  JoinServer,
  type HubClientOptions,
  type HubLimits,
  type HubTls,
  type JoinedHub,
  type JoinOptions,
  type ToldLedger,
  type ToldMirror,
} from '#libs/link';
import { silentLogger, type Logger } from '#libs/observe';
import { ReleaseKeys, ReleaseRepository, type ReleaseTarget } from '#libs/release';
import { BackupsOfBranches, BackupShelf, Intake, ReceivedFiles, RecordFolder } from '#libs/sync';
import { tempFolder } from './temp-folder.ts';

export interface BoxOptions {
  /** Of the hub listener; any free one when absent. */
  readonly port?: number;
  /** Of the join listener; any free one when absent. */
  readonly joinPort?: number;
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly limits?: Partial<HubLimits>;
  /** Where backups of branches lie; `folder/Backup` when absent. */
  readonly backups?: string;
  /** Largest file that is taken from a branch; 64 MiB when absent. */
  readonly maxUploadBytes?: number;
  /** Of a branch's certificate, milliseconds. */
  readonly branchLifeMs?: number;
  /** Of the hub's own certificate, milliseconds. */
  readonly hubLifeMs?: number;
  /** Hub ids above this one. */
  readonly above?: readonly string[];
  /** The branch that is the other hub of the pair. */
  readonly peer?: string;
  /** What the other hub of the pair is told of what lies here. */
  readonly mirror?: (journal: Journal) => ToldMirror;
}

const version = '0.0.0-test';
const host = '127.0.0.1';

/** A whole hub in this process: real sockets on free ports, real disk in a folder of the test. */
export class HubInABox {
  readonly authority: Authority;
  readonly state: SqliteHubState;
  readonly store: ContentStore;
  readonly release: ReleaseRepository;
  readonly server: HubServer;
  readonly joining: JoinServer;
  readonly folder: string;
  /** What comes up lies in `folder/Backup` and `folder/CDRBackup`. */
  readonly intake: Intake;
  readonly journal: Journal;
  readonly #options: BoxOptions;
  readonly #overridden = new Map<string, Buffer | undefined>();
  readonly #targets = new Map<string, ReleaseTarget>();

  private constructor(parts: BoxParts) {
    const { authority, journal, store, release, folder, tls, options, intake } = parts;
    const clock = options.clock ?? systemClock;
    this.#options = options;
    this.authority = authority;
    this.store = store;
    this.release = release;
    this.folder = folder;
    this.intake = intake;
    this.journal = journal;
    this.state = new SqliteHubState(journal);
    const shared = {
      address: host,
      tls,
      state: this.state,
      hubId: authority.hubId,
      clock,
      log: options.log ?? silentLogger(),
      issue: (csrPem: string, branch: string) =>
        authority.issueBranchCertificate({
          csrPem,
          branch,
          lifeMs: options.branchLifeMs ?? 30 * dayMs,
        }),
    };
    this.server = new HubServer({
      ...shared,
      port: options.port ?? 0,
      release: {
        read: async (name) =>
          this.#overridden.has(name) ? this.#overridden.get(name) : await release.read(name),
        version: () => release.version,
      },
      store,
      intake,
      held: new BackupsOfBranches({
        folder: options.backups ?? path.join(folder, 'Backup'),
        ledger: new SqliteLedger(journal),
        log: silentLogger(),
      }),
      ledger: options.peer === undefined ? undefined : toldLedger(options.peer, parts),
      mirror: options.mirror?.(journal),
      path: () => [authority.hubId, ...(options.above ?? [])],
      version,
      ...(options.limits && { limits: options.limits }),
    });
    this.joining = new JoinServer({
      ...shared,
      port: options.joinPort ?? 0,
      root: () => Promise.resolve(release.root()),
      onJoined: () => void this.server.recheck(),
    });
  }

  /** Started, and stopped when the test has ended. */
  static async start(options: BoxOptions = {}): Promise<HubInABox> {
    const folder = await tempFolder('branchline-hub-');
    const clock = options.clock ?? systemClock;
    const authority = await Authority.open(path.join(folder, 'authority'), { clock });
    const journal = new Journal(path.join(folder, 'hub.db'));
    const store = new ContentStore(path.join(folder, 'store'));
    await store.prepare();
    const keys = await ReleaseKeys.open(path.join(folder, 'keys'));
    const release = await ReleaseRepository.open(path.join(folder, 'release'), keys, { clock });
    const tls = await hubCertificate(authority, options);
    const intake = await openIntake(folder, journal, clock, options);
    const box = new HubInABox({
      ...{ authority, journal, store, release, folder, tls, options, intake },
    });
    onTestFinished(async () => {
      await box.stop();
      journal.close();
    });
    await box.server.start();
    await box.joining.start();
    return box;
  }

  get port(): number {
    return this.server.port ?? 0;
  }

  async stop(): Promise<void> {
    await this.joining.stop();
    await this.server.stop();
  }

  /** Another certificate of the same hub, as its renewal makes it. */
  newCertificate(): Promise<HubTls> {
    return hubCertificate(this.authority, this.#options);
  }

  /** Put a file into the release, sign it and wake who waits: its SHA-256. The same name again replaces it. */
  async publishFile(name: string, bytes: Buffer): Promise<ReleaseTarget> {
    const sha256 = await this.storeBytes(bytes);
    const published = (this.#options.clock ?? systemClock).now();
    const target = { name, size: bytes.length, sha256, published };
    this.#targets.set(name, target);
    const { version: newest } = await this.release.publish([...this.#targets.values()]);
    await this.server.wake(newest);
    return target;
  }

  /** Bytes in the content store alone: their SHA-256. */
  async storeBytes(bytes: Buffer): Promise<string> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const file = path.join(this.folder, `incoming-${sha256}`);
    await writeFile(file, bytes);
    return (await this.store.put(file)).sha256;
  }

  /** Give other bytes away under the name of a metadata file; undefined = pretend that there is none. */
  override(name: string, bytes: Buffer | undefined): void {
    this.#overridden.set(name, bytes);
  }

  /** A join string for a branch; the join port is open when it returns. */
  async invite(branch: string, ttlMs = 60_000): Promise<string> {
    const { token, tokenHash } = createToken();
    const now = (this.#options.clock ?? systemClock).now();
    await this.state.addInvitation({
      tokenHash,
      branch,
      createdAt: now,
      expiresAt: now + ttlMs,
    });
    await this.joining.refresh();
    return this.joinString(branch, token);
  }

  /** What `hub invite` prints for a token. */
  joinString(branch: string, token: string): string {
    return encodeJoinString({
      host,
      joinPort: this.joining.port ?? 1,
      hubPort: this.port,
      branch,
      token,
      pin: this.authority.pin,
      hubId: this.authority.hubId,
    });
  }

  /** A branch that has joined by the front door. */
  async join(branch: string, options: Partial<JoinOptions> = {}): Promise<JoinedHub> {
    return await joinHub(await this.invite(branch), { version, ...options });
  }

  /** A branch that has joined, without the way through the join port. */
  async enrol(branch: string, lifeMs = 30 * dayMs): Promise<BranchIdentity> {
    const { keyPem, csrPem } = await createBranchRequest(branch);
    const issued = await this.authority.issueBranchCertificate({ csrPem, branch, lifeMs });
    const { tokenHash } = createToken();
    const now = Date.now();
    await this.state.addInvitation({ tokenHash, branch, createdAt: now, expiresAt: now + 1_000 });
    await this.state.redeem(
      tokenHash,
      { fingerprint: issued.fingerprint, issuedAt: now, notAfter: issued.notAfter },
      now,
    );
    return {
      branch,
      keyPem,
      host,
      certificatePem: issued.certificatePem,
      authorityPem: this.authority.certificatePem,
      hubId: this.authority.hubId,
      hubPort: this.port,
      joinPort: this.joining.port ?? 1,
      pin: this.authority.pin,
    };
  }

  /** A client of a branch, closed when the test has ended. */
  client(identity: BranchIdentity, options: Partial<HubClientOptions> = {}): HubClient {
    const client = new HubClient({
      identity: { ...identity, port: identity.hubPort },
      version,
      log: silentLogger(),
      ...options,
    });
    onTestFinished(() => client.close());
    return client;
  }

  /** A client of a branch that is enrolled just now. */
  async branch(name: string, options: Partial<HubClientOptions> = {}): Promise<HubClient> {
    return this.client(await this.enrol(name), options);
  }

  /** What another process does: another connection to the same database. */
  async elsewhere(work: (state: SqliteHubState) => Promise<void>): Promise<void> {
    const journal = new Journal(path.join(this.folder, 'hub.db'));
    try {
      await work(new SqliteHubState(journal));
    } finally {
      journal.close();
    }
  }
}

interface BoxParts {
  readonly authority: Authority;
  readonly journal: Journal;
  readonly store: ContentStore;
  readonly release: ReleaseRepository;
  readonly folder: string;
  readonly tls: HubTls;
  readonly options: BoxOptions;
  readonly intake: Intake;
}

async function hubCertificate(
  authority: Authority,
  { hubLifeMs = 90 * dayMs }: BoxOptions,
): Promise<HubTls> {
  const pair = await authority.issueHubCertificate({ names: [host], lifeMs: hubLifeMs });
  return { ...pair, authorityPem: authority.certificatePem };
}

function toldLedger(peer: string, { journal, folder, options }: BoxParts): ToldLedger {
  const ledger = new SqliteLedger(journal);
  const files = new ReceivedFiles(ledger, {
    backup: { root: options.backups ?? path.join(folder, 'Backup') },
    cdr: { root: path.join(folder, 'CDRBackup') },
  });
  const pair = new HubPair(journal, ledger.id);
  return { peer, pair, open: (identity) => files.open(identity) };
}

async function openIntake(
  folder: string,
  journal: Journal,
  clock: Clock,
  { backups = path.join(folder, 'Backup'), maxUploadBytes = 64 * 1024 * 1024 }: BoxOptions,
): Promise<Intake> {
  const store = new BackupStore({
    folder: backups,
    maxBytes: maxUploadBytes,
    maxFiles: 100_000,
    maxTotalBytes: Infinity,
    keepVersions: 5,
    keepBytes: 64 * 1024 * 1024,
    reserveBytes: 0,
    clock,
  });
  await store.prepare();
  return new Intake({
    ledger: new SqliteLedger(journal),
    shelves: {
      backup: new BackupShelf(backups, store),
      cdr: new RecordFolder(path.join(folder, 'CDRBackup')),
    },
    reserveBytes: 0,
    maxBytes: maxUploadBytes,
    clock,
    log: silentLogger(),
    onClash: () => undefined,
  });
}
