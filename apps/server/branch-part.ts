import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import { freeBytes } from '#libs/files';
import { describeCertificate, IdentityFolder } from '#libs/identity';
import { ScansTable } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import {
  maxLackingNames,
  maxProblems,
  protocolVersion,
  type CheckIn,
  type HubClient,
} from '#libs/link';
import { TrustedRelease } from '#libs/release';
import {
  CircuitBreaker,
  intervalMs,
  type BranchReport,
  type PeerName,
  type Upstream,
} from '#libs/sync';
import { renewedClient } from './renewed-client.ts';
import type { Runtime } from './runtime.ts';
import { scanTold } from './scan-told.ts';
import type { BranchPlan, ServerPlan } from './server-plan.ts';

/** One hub above this server, with everything that belongs to the link. */
export interface JoinedHub {
  readonly upstream: Upstream;
  readonly client: HubClient;
  readonly services: readonly Service[];
  /** Hub ids from that hub up to the root, as it said last. */
  path(): readonly string[];
  branch: string;
  /** Number of the newest release of that hub that was verified, also before this start; each hub counts by itself. */
  release(): number | undefined;
  certificateNotAfter(): number;
  /** Unix milliseconds of its last good answer. */
  lastContact(): number | undefined;
  lastError(): BranchlineError | undefined;
}

export interface JoinHubOptions {
  readonly plan: ServerPlan;
  readonly branch: BranchPlan;
  readonly peer: PeerName;
  readonly runtime: Runtime;
  /** This server's own hub id when it is a hub too. */
  readonly ownHubId: string | undefined;
}

export const identityFolder = (folders: ServerPlan['folders'], peer: PeerName): IdentityFolder =>
  new IdentityFolder(path.join(folders.certificates, peer));

/** Who this hub is towards the other one of a pair. */
export const peerHubFolder = (folders: ServerPlan['folders']): IdentityFolder =>
  new IdentityFolder(path.join(folders.certificates, 'peer-hub'));

export const trustedFolder = (folders: ServerPlan['folders'], peer: PeerName): string =>
  path.join(folders.state, 'trusted', peer);

/** Open the link to a hub that this server has joined; undefined when it has not. */
export async function openHubAbove(options: JoinHubOptions): Promise<JoinedHub | undefined> {
  const { plan, branch, peer, runtime, ownHubId } = options;
  const { clock, version } = runtime;
  const identities = identityFolder(plan.folders, peer);
  const saved = await identities.load();
  if (saved === undefined) return undefined;
  const { client, services, identity } = renewedClient({
    identities,
    saved,
    // The settings say where the hub is today; the identity says where it was when this branch joined.
    place: branch.peers.find((hub) => hub.peer === peer),
    proxy: branch.proxy,
    peer,
    runtime,
  });
  const trusted = await TrustedRelease.open(trustedFolder(plan.folders, peer), { clock });
  const contact = new Contact(() => clock.now());
  const scans = new ScansTable(runtime.journal);
  let hubPath: readonly string[] = [];
  const upstream: Upstream = {
    peer,
    address: client.address,
    breaker: new CircuitBreaker(clock),
    downloads: client,
    refresh: (signal) =>
      contact.watch(async () => {
        const hubTimeMs = hubTime(client, clock.now());
        return await trusted.refresh(
          (name, maxBytes) => client.metadata(name, maxBytes, signal),
          hubTimeMs,
        );
      }),
    checkIn: (report) =>
      contact.watch(async () => {
        const scan = scanTold(scans);
        const answer = await client.checkIn({
          ...bounded(report),
          protocol: protocolVersion,
          version,
          freeBytes: await freeBytes(plan.folders.trees.HTTP),
          sentAt: clock.now(),
          ...(scan !== undefined && { scan }),
          intervalS: Math.round(intervalMs[branch.interval] / 1_000),
          ...(ownHubId !== undefined && { hubId: ownHubId }),
        });
        if (ownHubId !== undefined && answer.path.includes(ownHubId)) throw cycle(client.address);
        hubPath = answer.path;
      }),
    tellProgress: async ({ file, bytesPerS, ...counts }, signal) =>
      await client.progress(
        {
          ...counts,
          protocol: protocolVersion,
          ...(file !== undefined && { file: file.slice(0, 255) }),
          ...(bytesPerS !== undefined && { bytesPerS }),
        },
        signal,
      ),
  };
  return {
    upstream,
    client,
    services,
    path: () => hubPath,
    branch: identity().branch,
    release: () => trusted.current()?.version,
    certificateNotAfter: () => describeCertificate(identity().certificatePem).notAfterMs,
    lastContact: () => contact.at,
    lastError: () => contact.error,
  };
}

/** Remembers how the last request to a hub ended. */
class Contact {
  at: number | undefined;
  error: BranchlineError | undefined;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async watch<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.at = this.#now();
      this.error = undefined;
      return result;
    } catch (error) {
      if (error instanceof BranchlineError) this.error = error;
      throw error;
    }
  }
}

const hubTime = (client: HubClient, now: number): number | undefined => {
  const skew = client.clockSkewMs();
  return skew === undefined ? undefined : now + skew;
};

/** Bytes for the problems of one check-in, whose body may have 64 KiB. */
const problemBytes = 40 * 1_024;

/** What a check-in has room for. */
function bounded({
  release,
  state,
  problems,
  lacking,
}: BranchReport): Pick<CheckIn, 'state' | 'problems' | 'release' | 'lacking'> {
  let room = problemBytes;
  return {
    state,
    problems: problems
      .slice(0, maxProblems)
      .map(({ code, message, name }) => ({
        code,
        message: message.slice(0, 500),
        ...(name !== undefined && { name: name.slice(0, 255) }),
      }))
      .filter((problem) => (room -= Buffer.byteLength(JSON.stringify(problem))) > 0),
    ...(release !== undefined && { release }),
    ...(lacking !== undefined && {
      lacking: {
        files: lacking.length,
        names: lacking.slice(0, maxLackingNames).map((name) => name.slice(0, 255)),
      },
    }),
  };
}

function cycle(address: string): BranchlineError {
  return new BranchlineError(
    'LINK_CYCLE',
    `${address} is itself a branch below this server: the two would feed each other; remove one of the two links (PrimaryIP, SecondaryIP)`,
  );
}
