import type { TreeDelivery } from '#libs/delivery';
import type { PhoneCertificates } from '#libs/identity';
import type { Publication } from '#libs/journal';
import {
  phoneProtocols,
  transferDirections,
  type PhoneProtocol,
  type PhoneTransfers,
  type TransferTally,
} from '#libs/observe';
import type { Status, StatusSource, SyncStatus, UpdateFileStatus } from '#libs/pages';
import { intervalMs, type FileProgress } from '#libs/sync';
import { accessStatus } from './access-status.ts';
import type { ArchivePart } from './archive-part.ts';
import type { JoinedHub } from './branch-part.ts';
import { iso } from './branch-view.ts';
import type { CdrPart } from './cdr-part.ts';
import type { HubPart } from './hub-part.ts';
import type { InventoryPart } from './inventory-part.ts';
import { intakeStatus } from './intake-status.ts';
import { listenerStatus, type Listener } from './listeners.ts';
import type { MirrorPart } from './mirror-part.ts';
import { mirrorStatus } from './mirror-status.ts';
import { RelayLook } from './relay-look.ts';
import type { Runtime } from './runtime.ts';
import { servesPhones, type ServerPlan } from './server-plan.ts';
import type { SyncPart } from './sync-part.ts';
import type { DiskWatch, TreePublisher, Updates } from '#libs/sync';

/** The parts of a running server, as far as the status looks into them. */
export interface StatusParts {
  readonly plan: ServerPlan;
  readonly runtime: Runtime;
  readonly updates: Updates;
  readonly publisher: TreePublisher;
  readonly delivery: TreeDelivery;
  readonly listeners: readonly Listener[];
  readonly hub: HubPart | undefined;
  readonly mirror: MirrorPart | undefined;
  readonly sync: SyncPart | undefined;
  readonly hubsAbove: readonly JoinedHub[];
  readonly archive: ArchivePart | undefined;
  readonly phoneCertificates: PhoneCertificates | undefined;
  readonly inventory: InventoryPart;
  readonly cdr: CdrPart;
  readonly disks: DiskWatch;
}

/** Reads the whole status out of the running parts; nothing is kept for it but what they keep anyway. */
export class ServerStatus implements StatusSource {
  readonly #parts: StatusParts;
  readonly #relay: RelayLook;

  constructor(parts: StatusParts) {
    this.#parts = parts;
    this.#relay = new RelayLook(parts.plan, parts.runtime.journal, parts.hub?.ledger);
  }

  async status(): Promise<Status> {
    const { plan, runtime, listeners } = this.#parts;
    const now = runtime.clock.now();
    return {
      server: {
        name: plan.name,
        version: runtime.version,
        node: process.versions.node,
        roles: this.#roles(),
        startedAt: new Date(runtime.startedAt).toISOString(),
        uptimeS: Math.max(0, Math.floor((now - runtime.startedAt) / 1_000)),
        clock: new Date(now).toISOString(),
      },
      listeners: listenerStatus(listeners),
      phones: await this.#phones(),
      sync: this.#sync(),
      hub: await this.#hub(now),
      relay: await this.#relay.status(now),
      mirror: mirrorStatus(this.#parts.mirror?.state()),
      intakes: intakeStatus(plan, this.#parts.cdr, runtime.startedAt, now),
      disks: await this.#parts.disks.look(),
      archive: this.#parts.archive?.status() ?? null,
      certificates: this.#certificates(),
      warnings: this.#warnings(),
      recentErrors: runtime.errors.list().map(({ code, sentence, firstAt, at, times }) => ({
        code,
        sentence,
        firstAt: new Date(firstAt).toISOString(),
        at: new Date(at).toISOString(),
        times,
      })),
    };
  }

  #roles(): Status['server']['roles'] {
    const { plan } = this.#parts;
    return [
      ...(plan.hub === undefined ? [] : (['hub'] as const)),
      ...(plan.branch === undefined ? [] : (['branch'] as const)),
      ...(servesPhones(plan) ? (['phones'] as const) : []),
    ];
  }

  async #phones(): Promise<Status['phones']> {
    const { delivery, listeners, runtime, inventory } = this.#parts;
    const { total, today, models } = inventory.totals();
    const { metrics, transfers } = runtime;
    return {
      access: await accessStatus(delivery, listeners),
      known: { total, today, models: [...models] },
      protocols: phoneProtocols.map((protocol) => ({
        protocol,
        ...talliesOf(metrics.transfers, protocol),
      })),
      recent: transfers
        .list()
        .map(
          ({
            at,
            server,
            direction,
            address,
            agent,
            name,
            insteadOf,
            outcome,
            bytes,
            ms,
            code,
          }) => ({
            at: new Date(at).toISOString(),
            protocol: server,
            direction: direction ?? 'download',
            phone: address,
            agent: agent ?? '',
            name,
            insteadOf: insteadOf ?? null,
            outcome,
            bytes,
            ms: Math.max(0, Math.round(ms)),
            code: code ?? null,
          }),
        ),
    };
  }

  #sync(): SyncStatus | null {
    const { plan, sync, hubsAbove } = this.#parts;
    if (plan.branch === undefined) return null;
    const intervalS = Math.round(intervalMs[plan.branch.interval] / 1_000);
    if (sync === undefined) return notJoined(plan.branch.peers[0]?.host ?? '', intervalS);
    const run = sync.runs.current();
    const last = sync.runs.recent(20).filter(({ endedAt }) => endedAt !== undefined);
    const done = last.find(({ state }) => state === 'done' || state === 'partly-done');
    const files = this.#files((run?.files ?? []).filter(({ what }) => what === 'updates'));
    const peer = (name: 'primary' | 'secondary'): SyncStatus['primary'] | null => {
      const hub = hubsAbove.find(({ upstream }) => upstream.peer === name);
      return hub === undefined ? null : peerStatus(hub);
    };
    return {
      state: syncState(sync, last[0]?.code),
      intervalS,
      primary: peer('primary') ?? peer('secondary') ?? unknownPeer(''),
      secondary: peer('primary') === null ? null : peer('secondary'),
      lastRun: lastRunOf(last[0]),
      failures: sync.runs.failures(),
      lastSuccessAt: iso(done?.endedAt),
      nextRunAt: iso(sync.schedule.next()),
      releaseVersion: sync.pull.state.release ?? hubsAbove[0]?.release() ?? null,
      bytesPerS: null,
      filesTotal: files.length,
      files,
    };
  }

  /** What is here, how its publishing ended, and on top what the running sync is at. */
  #files(progress: readonly FileProgress[]): UpdateFileStatus[] {
    const { updates, publisher } = this.#parts;
    const outcomes = publisher.newest();
    const rows = new Map<string, UpdateFileStatus>();
    for (const { name, size, sha256 } of updates.all()) {
      rows.set(name, fileStatus(name, size, sha256, outcomes.get(name)));
    }
    for (const { name, bytes, bytesOverall, state, code, message } of progress) {
      const row = rows.get(name);
      rows.set(name, {
        name,
        size: bytesOverall,
        sha256: row?.sha256 ?? '',
        state,
        bytes,
        code: code ?? null,
        reason: message ?? null,
        at: null,
      });
    }
    return [...rows.values()];
  }

  async #hub(now: number): Promise<Status['hub']> {
    const { hub, updates, runtime } = this.#parts;
    if (hub === undefined) return null;
    const files = updates.all();
    const release = hub.release();
    const branches = (await hub.state.branches()).map((branch) =>
      hub.views.of(branch, release, now),
    );
    runtime.metrics.branches(
      Object.fromEntries(
        [...Map.groupBy(branches, ({ state }) => state)].map(([state, all]) => [state, all.length]),
      ),
    );
    return {
      files: files.length,
      bytes: files.reduce((sum, { size }) => sum + size, 0),
      releaseVersion: release,
      publishedAt: iso(
        files.length === 0 ? undefined : Math.max(...files.map(({ publishedAt }) => publishedAt)),
      ),
      timestampExpiresAt: iso(hub.timestampExpires()),
      invitationsOpen: (await hub.state.openInvitations(now)).length,
      branchesTotal: branches.length,
      branches,
    };
  }

  #warnings(): string[] {
    const { plan, phoneCertificates } = this.#parts;
    const trouble = phoneCertificates?.trouble;
    // First: the list may be cut at its end.
    return [
      ...(trouble === undefined ? [] : [`The old certificates stay in use: ${trouble.message}`]),
      ...plan.warnings,
    ];
  }

  #certificates(): Status['certificates'] {
    const { hub, hubsAbove, phoneCertificates } = this.#parts;
    return [
      ...(phoneCertificates?.expiries() ?? []).map(({ kind, notAfterMs }) => ({
        name: `telephones (${kind === 'rsa' ? 'RSA' : 'ECDSA'})`,
        at: notAfterMs,
      })),
      ...(hub === undefined ? [] : [{ name: 'hub', at: hub.certificateNotAfter() }]),
      ...hubsAbove.map((above) => ({
        name: `branch ${above.branch} (${above.upstream.peer})`,
        at: above.certificateNotAfter(),
      })),
    ].map(({ name, at }) => ({ name, expiresAt: new Date(at).toISOString() }));
  }
}

const rolledBack = 'Rolled back: telephones get what was there before.';

function fileStatus(
  name: string,
  size: number,
  sha256: string,
  last: Publication | undefined,
): UpdateFileStatus {
  const known = last?.sha256 === sha256 ? last : undefined;
  const state =
    known?.state === 'published' || known?.state === 'refused' ? known.state : ('fetched' as const);
  return {
    name,
    size,
    sha256,
    state,
    bytes: size,
    code: known?.code ?? null,
    reason: known?.rolledBack === true ? rolledBack : (known?.reason ?? null),
    at: iso(known?.finishedAt),
  };
}

function syncState({ runs, pull }: SyncPart, lastCode: string | undefined): SyncStatus['state'] {
  if (runs.current() !== undefined) return 'running';
  if (pull.state.state === 'waiting-for-space') return 'waiting-for-space';
  if (lastCode === 'RELEASE_FROZEN') return 'frozen';
  return lastCode === undefined || lastCode === 'PARTLY_DONE' ? 'idle' : 'failed';
}

function peerStatus(hub: JoinedHub): SyncStatus['primary'] {
  const { breaker, address } = hub.upstream;
  const error = hub.lastError();
  const state = error !== undefined ? 'down' : hub.lastContact() === undefined ? 'unknown' : 'up';
  return {
    address,
    state: breaker.closed ? state : 'open-circuit',
    lastContactAt: iso(hub.lastContact()),
    lastError: error === undefined ? null : { code: error.code, sentence: error.message, at: null },
  };
}

const unknownPeer = (address: string): SyncStatus['primary'] => ({
  address,
  state: 'unknown',
  lastContactAt: null,
  lastError: null,
});

const notJoined = (address: string, intervalS: number): SyncStatus => ({
  state: 'not-joined',
  intervalS,
  primary: unknownPeer(address),
  secondary: null,
  lastRun: null,
  failures: 0,
  lastSuccessAt: null,
  nextRunAt: null,
  releaseVersion: null,
  bytesPerS: null,
  filesTotal: 0,
  files: [],
});

function lastRunOf(
  run: ReturnType<SyncPart['runs']['recent']>[number] | undefined,
): SyncStatus['lastRun'] {
  if (run === undefined) return null;
  const { id, startedAt, endedAt, code, message } = run;
  const state = run.state === 'done' || run.state === 'partly-done' ? run.state : 'failed';
  return {
    id,
    what: run.what === 'updates' ? 'updates' : 'all',
    state,
    startedAt: new Date(startedAt).toISOString(),
    endedAt: iso(endedAt),
    code: code ?? null,
    message: message ?? null,
  };
}

/** All directions together, but for the bytes. */
function talliesOf(
  transfers: PhoneTransfers,
  protocol: PhoneProtocol,
): Omit<Status['phones']['protocols'][number], 'protocol'> {
  const tallies = transferDirections.map((direction) => transfers.of(protocol, direction));
  const sum = (of: (tally: TransferTally) => number): number =>
    tallies.reduce((total, tally) => total + of(tally), 0);
  return {
    done: sum(({ done }) => done),
    failed: sum(({ failed }) => failed),
    refused: sum(({ refused }) => refused),
    active: sum(({ active }) => active),
    bytes: transfers.of(protocol, 'download').bytes,
    received: transfers.of(protocol, 'upload').bytes,
  };
}
