import { describeCertificate } from '#libs/identity';
import { SqliteHubState, type HubState, type Ledger } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import {
  HubServer,
  JoinServer,
  Renewal,
  type HubTls,
  type ToldMirror,
  type ToldProgress,
} from '#libs/link';
import { LackingUpdates, ReleasePublisher, type Updates } from '#libs/sync';
import { BranchViews } from './branch-view.ts';
import { intakePart } from './intake-part.ts';
import type { HubFolders } from './hub-folders.ts';
import { boundAt, type Listener } from './listeners.ts';
import type { PeerLink } from './peer-link.ts';
import type { Runtime } from './runtime.ts';
import type { HubPlan, ServerPlan } from './server-plan.ts';

/** A hub's own certificate: short, as it renews itself. */
const hubCertificateMs = 90 * 86_400_000;

export interface HubPartOptions {
  readonly plan: ServerPlan;
  readonly hub: HubPlan;
  readonly folders: HubFolders;
  readonly updates: Updates;
  readonly runtime: Runtime;
  /** The other server of a pair; undefined when there is none. */
  readonly peer: PeerLink | undefined;
  readonly mirror: ToldMirror | undefined;
  /** Hubs above this one, nearest first; empty at the root of the chain. */
  readonly above: () => readonly string[];
}

/** Everything that makes a server a hub. */
export interface HubPart {
  readonly services: readonly Service[];
  readonly listeners: readonly Listener[];
  readonly state: HubState;
  readonly ledger: Ledger;
  readonly hubId: string;
  /** The set of updates has changed. */
  changed(): void;
  release(): number;
  /** How it sees its branches. */
  readonly views: BranchViews;
  /** How far the pull of a branch is; undefined while none is going on. */
  progress(branch: string): ToldProgress | undefined;
  /** Have one branch sync now; false when it does not wait here just now. */
  call(branch: string): boolean;
  /** Until when branches accept the signed set as it is, Unix milliseconds. */
  timestampExpires(): number | undefined;
  /** End of life of the hub's own certificate, Unix milliseconds. */
  certificateNotAfter(): number;
}

export async function hubPart(options: HubPartOptions): Promise<HubPart> {
  const { plan, hub, folders, updates, runtime, peer, mirror, above } = options;
  const { authority, release, store } = folders;
  const { clock, log } = runtime;
  const state = new SqliteHubState(runtime.journal);
  const newCertificate = async (): Promise<HubTls> => ({
    ...(await authority.issueHubCertificate({ names: [...hub.names], lifeMs: hubCertificateMs })),
    authorityPem: authority.certificatePem,
  });
  let tls = await newCertificate();
  const shared = {
    address: plan.bindAddress,
    tls,
    state,
    hubId: authority.hubId,
    clock,
    issue: async (csrPem: string, branch: string) => ({
      ...(await authority.issueBranchCertificate({
        csrPem,
        branch,
        lifeMs: hub.branchCertificateMs,
      })),
      issuedAt: clock.now(),
    }),
  };
  const intake = await intakePart(plan, hub, peer, runtime);
  const lacking = new LackingUpdates({
    updates,
    store,
    log: log.child({ service: 'updates' }),
    onRefused: runtime.refused,
    onHeld: ({ wanted }) => {
      publisher.changed();
      // A branch that was told that we lack a file does not ask again by itself.
      if (!wanted) return;
      state
        .branches()
        .then((branches) => {
          for (const { name } of branches) hubServer.call(name);
        })
        .catch((error: unknown) => {
          log.error({ err: error }, 'branches not called');
        });
    },
  });
  const hubServer = new HubServer({
    ...shared,
    port: hub.hubPort,
    release: { read: (name) => release.read(name), version: () => release.version },
    store: {
      open: async (sha256) => {
        const file = await store.open(sha256);
        if (file === undefined) lacking.missed();
        return file;
      },
    },
    intake: intake.intake,
    held: intake.held,
    ledger: intake.told,
    mirror,
    onGiven: (to, name, { branch, sha256, bytes }) => {
      const what = { kind: 'backup', branch, name, size: bytes.length, sha256, result: 'done' };
      runtime.audit.note([{ act: 'fetched', by: `branch ${to}`, ...what }]);
    },
    path: () => [authority.hubId, ...above()],
    version: runtime.version,
    log: log.child({ service: 'hub' }),
  });
  const joinServer = new JoinServer({
    ...shared,
    port: hub.joinPort,
    root: () => Promise.resolve(release.root()),
    onJoined: () => {
      hubServer.recheck().catch((error: unknown) => {
        log.error({ err: error }, 'certificates not looked at again');
      });
    },
    log: log.child({ service: 'join' }),
  });
  const publisher = new ReleasePublisher({
    updates,
    release,
    wake: (version) => {
      state
        .recordRelease({ version, signedAt: clock.now() })
        .then(() => hubServer.wake(version))
        .catch((error: unknown) => {
          log.error({ err: error }, 'branches not woken');
        });
    },
    maySign: (update) => lacking.maySign(update),
    log,
    onFailure: runtime.refused,
  });
  const renewal = new Renewal({
    of: 'hub',
    current: () => tls.certificatePem,
    renew: async () => {
      tls = await newCertificate();
      hubServer.setCertificate(tls);
      joinServer.setCertificate(tls);
    },
    seed: authority.hubId,
    clock,
    log,
  });
  return {
    services: [lacking, publisher, ...intake.services, hubServer, joinServer, renewal],
    listeners: [
      { label: 'Hub', protocol: 'hub', addresses: () => boundAt(plan.bindAddress, hubServer.port) },
      {
        label: 'Joining',
        protocol: 'join',
        addresses: () => boundAt(plan.bindAddress, joinServer.port),
      },
    ],
    state,
    ledger: intake.ledger,
    hubId: authority.hubId,
    changed: () => {
      publisher.changed();
    },
    release: () => release.version,
    views: new BranchViews(),
    progress: (branch) => hubServer.progress(branch),
    call: (branch) => hubServer.call(branch),
    timestampExpires: () => release.timestampExpires,
    certificateNotAfter: () => describeCertificate(tls.certificatePem).notAfterMs,
  };
}
