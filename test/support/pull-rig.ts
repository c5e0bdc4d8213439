import path from 'node:path';
import { onTestFinished } from 'vitest';
import { Journal, RunsTable, UpdatesTable } from '#libs/journal';
import { systemClock, type Clock } from '#libs/lifecycle';
import { protocolVersion, type HubClient } from '#libs/link';
import { silentLogger } from '#libs/observe';
import { TrustedRelease } from '#libs/release';
import {
  CircuitBreaker,
  PullUpdates,
  SyncRuns,
  Updates,
  type BranchReport,
  type PeerName,
  type Run,
  type Upstream,
} from '#libs/sync';
import type { HubInABox } from './hub-in-a-box.ts';
import { publisherRig, type PublisherRig } from './tree-publisher-rig.ts';

export interface PullRigOptions {
  /** Of the branch. */
  readonly clock?: Clock;
  /** Where the branch finds the hubs, when a relay stands in between. */
  readonly ports?: readonly number[];
}

/** One hub as the branch of a rig sees it. */
export interface RigHub {
  readonly upstream: Upstream;
  readonly client: HubClient;
  /** What the branch has told this hub. */
  readonly reports: readonly BranchReport[];
}

/** A branch in this process that pulls from real hubs over real sockets into real trees. */
export interface PullRig {
  readonly publisher: PublisherRig;
  readonly updates: Updates;
  readonly pull: PullUpdates;
  readonly runs: SyncRuns;
  readonly hubs: readonly RigHub[];
  /** One run to its end. */
  run(byHand?: boolean): Promise<Run>;
}

/** Primary first. */
export async function pullRig(
  boxes: readonly HubInABox[],
  options: PullRigOptions = {},
): Promise<PullRig> {
  const { clock = systemClock, ports = [] } = options;
  const publisher = await publisherRig();
  const journal = new Journal(path.join(publisher.folder, 'pull.db'));
  onTestFinished(() => {
    journal.close();
  });
  const log = silentLogger();
  const updates = new Updates({
    folder: path.join(publisher.folder, 'Updates'),
    table: new UpdatesTable(journal),
    clock,
    log,
    onChange: () => undefined,
  });
  const hubs: RigHub[] = [];
  for (const [at, box] of boxes.entries()) {
    const peer = at === 0 ? 'primary' : 'secondary';
    const identity = await box.enrol('lisbon');
    const client = box.client({ ...identity, hubPort: ports[at] ?? identity.hubPort }, { clock });
    const trusted = await TrustedRelease.open(path.join(publisher.folder, 'trusted', peer), {
      clock,
    });
    await trusted.trust(box.release.root());
    hubs.push(rigHub(peer, client, trusted, clock));
  }
  const pull = new PullUpdates({
    upstreams: hubs.map(({ upstream }) => upstream),
    updates,
    publisher: publisher.publisher,
    backoff: { tries: 3, firstMs: 10, maxMs: 20 },
    reserveBytes: 0,
    clock,
    log,
  });
  const runs = new SyncRuns({
    jobs: { updates: (report, signal, how) => pull.run(report, signal, how) },
    table: new RunsTable(journal),
    clock,
    log,
  });
  onTestFinished(() => runs.stop());
  return {
    publisher,
    updates,
    pull,
    runs,
    hubs,
    run: async (byHand = false) => {
      const { id } = runs.start('updates', { byHand });
      await runs.settled();
      const run = runs.run(id);
      if (run === undefined) throw new Error('the run is forgotten already');
      return run;
    },
  };
}

function rigHub(peer: PeerName, client: HubClient, trusted: TrustedRelease, clock: Clock): RigHub {
  const reports: BranchReport[] = [];
  const upstream: Upstream = {
    peer,
    address: client.address,
    breaker: new CircuitBreaker(clock),
    downloads: client,
    refresh: (signal) =>
      trusted.refresh((name, maxBytes) => client.metadata(name, maxBytes, signal)),
    tellProgress: () => Promise.resolve(60_000),
    checkIn: async (report) => {
      const { release, state } = report;
      await client.checkIn({
        protocol: protocolVersion,
        version: '0.0.0-test',
        state,
        problems: report.problems.map(({ code, message }) => ({ code, message })),
        sentAt: clock.now(),
        ...(release !== undefined && { release }),
      });
      reports.push(report);
    },
  };
  return { upstream, client, reports };
}
