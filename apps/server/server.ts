import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { isOwnCheck, type Transfer } from '#libs/delivery';
import { Journal, PublicationsTable, UpdatesTable } from '#libs/journal';
import { SingleInstance, startAll, systemClock, type Service } from '#libs/lifecycle';
import {
  Health,
  LoopWatch,
  Metrics,
  Recent,
  RecentErrors,
  type KeptLines,
  type Logger,
} from '#libs/observe';
import { StatusServer } from '#libs/pages';
import { LocalPublishing, Placement, TreePublisher, Updates, UpdatesFolder } from '#libs/sync';
import { auditedTransfers, auditPart } from './audit-part.ts';
import { archivePart } from './archive-part.ts';
import { openApiToken } from './api-token.ts';
import { diskWatch } from './disk-part.ts';
import { openHubAbove, type JoinedHub } from './branch-part.ts';
import { openHubFolders } from './hub-folders.ts';
import { cdrPart } from './cdr-part.ts';
import { hubPart, type HubPart } from './hub-part.ts';
import { watchHealth } from './health-part.ts';
import { inventoryPart, type InventoryPart } from './inventory-part.ts';
import { identityPart } from './identity-part.ts';
import { boundAt, type Listener } from './listeners.ts';
import { accessLook, phoneDelivery } from './phone-delivery.ts';
import { mirroredFolders } from './mirrored-folders.ts';
import { openPair } from './open-pair.ts';
import { phoneServers } from './phone-servers.ts';
import { openPhoneTls } from './phone-tls-part.ts';
import { restorer } from './restore-part.ts';
import type { Runtime } from './runtime.ts';
import { servesPhones, type ServerPlan } from './server-plan.ts';
import { ServerStatus } from './status-source.ts';
import { steeringParts, type SteeringAnswers } from './steering.ts';
import { syncControl } from './sync-control.ts';
import { syncPart, type SyncPart } from './sync-part.ts';

/** How often an update that could not be published here is tried again, in milliseconds. */
const retryMs = 30_000;

/** A server that runs: every enabled listener is bound. */
export interface RunningServer {
  readonly listeners: readonly Listener[];
  /** Read again what may change while the server runs: the telephones' certificates. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** Start one server as planned. @throws BranchlineError, and then nothing is left running. */
export async function startServer(
  plan: ServerPlan,
  output: { readonly log: Logger; readonly lines: KeptLines; readonly version: string },
): Promise<RunningServer> {
  await mkdir(plan.folders.state, { recursive: true, mode: 0o750 });
  // First of all: two servers over one journal would undo each other's work.
  const instance = new SingleInstance(plan.folders.state);
  await instance.start();
  const loop = new LoopWatch(output.log);
  let journal: Journal | undefined;
  try {
    journal = new Journal(path.join(plan.folders.state, 'branchline.db'));
    const { runtime, first } = newRuntime(plan, output, journal, loop);
    const parts = await assemble(plan, runtime);
    const stop = await startAll([...first, ...parts.services]);
    const opened = journal;
    return {
      listeners: parts.listeners,
      reload: parts.reload,
      stop: async () => {
        try {
          await stop();
        } finally {
          opened.close();
          await instance.stop();
        }
      },
    };
  } catch (error) {
    journal?.close();
    await instance.stop();
    throw error;
  }
}

async function assemble(
  plan: ServerPlan,
  runtime: Runtime,
): Promise<{ services: Service[]; listeners: Listener[]; reload: () => Promise<void> }> {
  const { clock, log, journal } = runtime;
  const publisher = treePublisher(plan, runtime);
  const hubFolders = plan.hub && (await openHubFolders(plan.folders, clock));
  await hubFolders?.store.prepare();
  // Changes come only once everything below is there: the folder is watched last.
  const told: { hub?: HubPart; local?: LocalPublishing } = {};
  const updates = new Updates({
    folder: plan.folders.updates,
    table: new UpdatesTable(journal),
    ...(hubFolders && { store: hubFolders.store }),
    clock,
    log: log.child({ service: 'updates' }),
    onChange: (change) => {
      if (change.kind === 'added' && change.replaces !== undefined && !change.meant) {
        runtime.errors.note(
          'RELEASE_NAME_REUSED',
          `${change.update.name} in Updates was replaced by other bytes under the same name`,
        );
      }
      told.hub?.changed();
      told.local?.changed();
    },
  });
  const hubsAbove = await openHubsAbove(plan, runtime, hubFolders?.authority.hubId);
  const { peer, mirror } = await openPair(plan, runtime);
  const hub =
    plan.hub === undefined || hubFolders === undefined
      ? undefined
      : await hubPart({
          plan,
          hub: plan.hub,
          folders: hubFolders,
          updates,
          runtime,
          peer,
          mirror: mirror?.told,
          above: () => hubsAbove[0]?.path() ?? [],
        });
  const archive = archivePart(plan, runtime);
  const sync =
    plan.branch === undefined || hubsAbove.length === 0
      ? undefined
      : syncPart({
          plan,
          branch: plan.branch,
          hubs: hubsAbove,
          updates,
          publisher: servesPhones(plan) ? publisher : undefined,
          archive,
          runtime,
        });
  // A hub without telephones of its own unpacks nothing: its trees would be a second copy for nobody.
  const local = servesPhones(plan)
    ? new LocalPublishing({ updates, publisher, retryMs, onRefused: runtime.refused })
    : undefined;
  if (hub !== undefined) told.hub = hub;
  if (local !== undefined) told.local = local;
  const folder = new UpdatesFolder({
    updates,
    settleMs: plan.publishing.settleMs,
    rescanMs: plan.publishing.rescanMs,
    log: log.child({ service: 'updates' }),
    onRefused: runtime.refused,
  });
  const delivery = phoneDelivery(plan, { log: log.child({ service: 'delivery' }), clock });
  const phoneTls =
    plan.https === undefined && plan.ftp === undefined
      ? undefined
      : await openPhoneTls(plan, runtime);
  const inventory = inventoryPart(runtime);
  const onTransfer = transferSink(plan, runtime, inventory);
  const identity = identityPart(plan, runtime, inventory.proved);
  const identify = identity?.identify;
  const phones = phoneServers({
    ...{ plan, delivery, log, clock, onTransfer, tls: phoneTls, identify },
    restore: restorer(plan.branch?.sends.backup === true ? hubsAbove : [], runtime),
    onSaved: mirror?.onSaved,
    askKeys: mirror?.askKeys,
  });
  const disks = diskWatch(plan, runtime);
  const cdr = cdrPart(plan, runtime);
  const listeners: Listener[] = [...phones.listeners, ...(hub?.listeners ?? []), ...cdr.listeners];
  const status = new ServerStatus({
    plan,
    runtime,
    updates,
    publisher,
    delivery,
    listeners,
    hub,
    mirror,
    sync,
    hubsAbove,
    archive,
    phoneCertificates: phoneTls?.certificates,
    inventory,
    cdr,
    disks,
  });
  const steering = steeringParts({
    ...{ plan, runtime, status, delivery, inventory, sync, hub, updates, publisher },
    store: hubFolders?.store,
  });
  const statusServer =
    plan.status && (await statusPart(plan, plan.status, runtime, status, sync, steering.answers));
  if (statusServer !== undefined) listeners.push(statusServer);
  return {
    services: [
      // Before a telephone is served: what a crash left half done is finished or undone.
      { name: 'recovery', start: () => publisher.recover(), stop: () => Promise.resolve() },
      ...(servesPhones(plan) ? [accessLook(delivery)] : []),
      ...(phoneTls?.services ?? []),
      inventory.service,
      disks,
      ...(identity === undefined ? [] : [identity.service]),
      ...phones.services,
      ...phones.listeners,
      ...(hub?.services ?? []),
      ...cdr.services,
      ...(local === undefined ? [] : [local]),
      folder,
      ...(archive?.services ?? []),
      ...hubsAbove.flatMap(({ services }) => services),
      ...(peer?.services ?? []),
      ...(mirror?.services(
        mirroredFolders({
          plan,
          runtime,
          updates,
          publisher,
          stores: phones.stores,
          passwords: phones.passwords,
        }),
        phones.passwords?.keys,
      ) ?? []),
      ...(sync?.services ?? []),
      ...steering.services,
      ...(statusServer === undefined ? [] : [statusServer]),
      ...phones.late,
      watchHealth({ plan, runtime, listeners, sync }),
    ],
    listeners,
    reload: async () => {
      await phoneTls?.certificates.reload();
    },
  };
}

function newRuntime(
  plan: ServerPlan,
  { log, lines, version }: Parameters<typeof startServer>[1],
  journal: Journal,
  loop: LoopWatch,
): { runtime: Runtime; first: readonly Service[] } {
  const clock = systemClock;
  const errors = new RecentErrors();
  const refused: Runtime['refused'] = (code, sentence) => {
    errors.note(code, sentence);
    log.warn({ code, reason: sentence }, 'refused');
  };
  const { audit, services } = auditPart(plan, refused);
  const runtime: Runtime = {
    audit,
    version,
    startedAt: clock.now(),
    clock,
    log,
    lines,
    journal,
    metrics: new Metrics({ version, loopDelay: () => loop.read() }),
    health: new Health(),
    errors,
    transfers: new Recent(50),
    refused,
  };
  return { runtime, first: [loop, ...services] };
}

function treePublisher(plan: ServerPlan, { journal, clock, log }: Runtime): TreePublisher {
  return new TreePublisher({
    trees: plan.folders.trees,
    placement: new Placement(plan.publishing.patterns46xx),
    publications: new PublicationsTable(journal),
    limits: plan.publishing.limits,
    reserveBytes: plan.publishing.reserveBytes,
    keepPrevious: plan.publishing.keepPrevious,
    clock,
    log: log.child({ service: 'publish' }),
  });
}

async function openHubsAbove(
  plan: ServerPlan,
  runtime: Runtime,
  ownHubId: string | undefined,
): Promise<JoinedHub[]> {
  const { branch } = plan;
  if (branch === undefined) return [];
  const opened = await Promise.all(
    branch.peers.map(({ peer }) => openHubAbove({ plan, branch, peer, runtime, ownHubId })),
  );
  const joined = opened.filter((hub) => hub !== undefined);
  if (joined.length < branch.peers.length) {
    runtime.refused(
      'NOT_JOINED',
      'the settings name a hub that this server has not joined: run `branchline hub invite NAME` there and `branchline join STRING` here',
    );
  }
  return joined;
}

function transferSink(
  plan: ServerPlan,
  { metrics, transfers, clock, audit }: Runtime,
  inventory: InventoryPart,
): (transfer: Transfer) => void {
  const audited = auditedTransfers(plan, audit);
  return (transfer) => {
    if (isOwnCheck(transfer.address, transfer.name)) return;
    inventory.saw(transfer);
    audited(transfer);
    const { server, outcome, bytes, direction } = transfer;
    metrics.transfers.count(server, outcome, bytes, direction);
    transfers.add({ ...transfer, at: clock.now() });
  };
}

async function statusPart(
  plan: ServerPlan,
  { port, refreshS, apiToken }: NonNullable<ServerPlan['status']>,
  runtime: Runtime,
  source: ServerStatus,
  sync: SyncPart | undefined,
  answers: SteeringAnswers,
): Promise<Service & Listener> {
  const server = new StatusServer({
    address: plan.bindAddress,
    port,
    refreshS,
    apiToken: await openApiToken(plan.folders.state, apiToken),
    source,
    ...(sync && { sync: syncControl(sync) }),
    ...answers,
    metrics: runtime.metrics,
    health: runtime.health,
    errors: runtime.errors,
    log: runtime.log.child({ service: 'status' }),
  });
  return {
    name: 'status',
    label: 'Status',
    protocol: 'status',
    start: () => server.start(),
    stop: () => server.stop(),
    addresses: () => boundAt(plan.bindAddress, server.port),
  };
}
